//! Has `unwinder.c` and `start.c`, of which build.rs makes a static library, linked into the shared library: `-bundle`
//! keeps them out of the others. Named here and not by a linker flag, it comes before std: GNU ld goes through
//! libraries in their order, and what is not defined by the time it meets rustc's `--as-needed -lgcc_s` makes libgcc_s
//! needed.
#![allow(unsafe_code)]
// Unsafe here: a block that could declare foreign functions, and declares none.

#[link(name = "uaio_c", kind = "static", modifiers = "+whole-archive,-bundle")]
unsafe extern "C" {}
