//! The end of the process: writes that were accepted are finished.
#![allow(unsafe_code)]
// Unsafe here: a function is placed in the section of those that run at exit. A constructor that registers
// one would be work at load time, in every program that never uses AIO.

#[cfg(not(test))]
#[used]
#[unsafe(link_section = ".fini_array")]
static AT_EXIT: extern "C" fn() = at_exit;

#[cfg_attr(test, allow(dead_code))]
extern "C" fn at_exit() {
    let here = 0u8;
    if let Some(engine) = crate::engine::running() {
        let stack = &raw const here as u64;
        super::guard::guarded(|| {
            engine.exit(stack);
            Ok(0)
        });
    }
}
