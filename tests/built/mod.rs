//! Where the library of this build lies.

use std::path::PathBuf;

/// `UAIO_LIB`, or what `cargo test` has built, beside the test executable; one directory up lies the library of the
/// last `cargo build`, which may be older.
pub fn library() -> PathBuf {
    if let Some(path) = std::env::var_os("UAIO_LIB") {
        return PathBuf::from(path).canonicalize().unwrap();
    }
    let directory = std::env::current_exe().unwrap().parent().unwrap().to_owned();
    let places = [directory.join("libuaio.so"), directory.join("../libuaio.so")];
    let found = places.iter().find(|path| path.exists());
    found.unwrap_or_else(|| panic!("libuaio.so is in none of {places:?}; UAIO_LIB can name it")).clone()
}
