//! The exported symbols, and nothing else: each function checks, guards, makes one call, and maps the result.

mod exit;
pub mod guard;
pub mod handlers;
pub mod interpose;
mod layout;
pub mod posix;
pub mod solaris;
pub mod uaio;
