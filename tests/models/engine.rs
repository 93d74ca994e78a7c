//! Of the engine what needs nothing else of it.

#[path = "../../src/engine/done.rs"]
pub mod done;
#[path = "../../src/engine/wait.rs"]
pub mod wait;
