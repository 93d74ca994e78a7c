//! `<uaio.h>`: what is the library's own.
#![allow(unsafe_code)]
// Unsafe here: only the attribute that exports a name.

use core::ffi::c_char;

/// The version of the library that runs, such as "0.1.0". The string is static.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub extern "C" fn uaio_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}
