//! Where `libuaio.so` is, and how a program is made to load it.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Names a library to use instead of looking for one.
pub const LIBRARY_VARIABLE: &str = "UAIO_LIBRARY";
pub const PRELOAD_VARIABLE: &str = "LD_PRELOAD";

const FILE_NAME: &str = "libuaio.so";

/// Where to look, relative to the directory of this executable. The first place that has the
/// library counts; within one place the newest file, because a build and a test run of cargo each
/// refresh only one of the two.
/// A prefix that follows Debian has its libraries in a directory named after the machine.
const PLACES: &[&[&str]] = &[
    &["libuaio.so", "deps/libuaio.so"],
    &["../lib/libuaio.so.1", "../lib/libuaio.so"],
    &["../lib64/libuaio.so.1", "../lib64/libuaio.so"],
    &["../lib/x86_64-linux-gnu/libuaio.so.1", "../lib/x86_64-linux-gnu/libuaio.so"],
];

pub enum Error {
    /// `UAIO_LIBRARY` names something that is not a file.
    NotThere(PathBuf),
    NotFound(Vec<PathBuf>),
    /// The dynamic linker separates the names in LD_PRELOAD at these characters.
    Unusable(PathBuf),
    NoExecutable(std::io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotThere(path) => {
                write!(f, "{LIBRARY_VARIABLE} names {}, which is not a file", path.display())
            }
            Self::NotFound(looked) => {
                write!(f, "{FILE_NAME} was not found; looked at")?;
                for path in looked {
                    write!(f, "\n  {}", path.display())?;
                }
                write!(f, "\n`./install --prefix DIR` puts both in place; or name the library in {LIBRARY_VARIABLE}")
            }
            Self::Unusable(path) => write!(
                f,
                "{} cannot be preloaded: the dynamic linker splits names at spaces and colons; \
                 copy it elsewhere and name the copy in {LIBRARY_VARIABLE}",
                path.display()
            ),
            Self::NoExecutable(error) => write!(f, "cannot tell where this program lies: {error}"),
        }
    }
}

/// The absolute path of the library.
pub fn find() -> Result<PathBuf, Error> {
    let found = if let Some(name) = env::var_os(LIBRARY_VARIABLE).filter(|name| !name.is_empty()) {
        let path = PathBuf::from(name);
        if !path.is_file() {
            return Err(Error::NotThere(path));
        }
        path
    } else {
        let exe = env::current_exe().map_err(Error::NoExecutable)?;
        find_beside(exe.parent().unwrap_or(Path::new("/")))?
    };
    let path = found.canonicalize().unwrap_or(found);
    if path.as_os_str().as_bytes().iter().any(|byte| b" :".contains(byte)) {
        return Err(Error::Unusable(path));
    }
    Ok(path)
}

fn find_beside(dir: &Path) -> Result<PathBuf, Error> {
    let mut looked = Vec::new();
    for place in PLACES {
        let files = place.iter().map(|name| dir.join(name));
        if let Some(path) = files.clone().filter(|p| p.is_file()).max_by_key(|p| modified(p)) {
            return Ok(path);
        }
        looked.extend(files);
    }
    Err(Error::NotFound(looked))
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().ok()?.modified().ok()
}

/// The value of LD_PRELOAD that adds `library` to what `current` has. A libuaio that is already
/// there gives way: two of them in one process would each take some of the calls.
pub fn preload_with(library: &Path, current: Option<&OsStr>) -> OsString {
    let mut names = others(current);
    names.push(library.as_os_str().as_bytes().to_vec());
    OsString::from_vec(names.join(&b':'))
}

/// The value of LD_PRELOAD without any libuaio; `None` if nothing is left.
pub fn preload_without(current: Option<&OsStr>) -> Option<OsString> {
    let names = others(current);
    (!names.is_empty()).then(|| OsString::from_vec(names.join(&b':')))
}

fn others(current: Option<&OsStr>) -> Vec<Vec<u8>> {
    let names = current.unwrap_or_default().as_bytes().split(|byte| b" :".contains(byte));
    names.filter(|name| !name.is_empty() && !is_ours(name)).map(<[u8]>::to_vec).collect()
}

fn is_ours(name: &[u8]) -> bool {
    let file = Path::new(OsStr::from_bytes(name)).file_name().unwrap_or_default().as_bytes();
    file == FILE_NAME.as_bytes() || file.starts_with(b"libuaio.so.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn appends_and_replaces() {
        let lib = Path::new("/x/libuaio.so");
        let with = |current: &str| preload_with(lib, Some(OsStr::new(current)));
        assert_eq!(preload_with(lib, None), "/x/libuaio.so");
        assert_eq!(with(""), "/x/libuaio.so");
        assert_eq!(with("/a.so /b.so"), "/a.so:/b.so:/x/libuaio.so");
        assert_eq!(with("/old/libuaio.so.1:/b.so"), "/b.so:/x/libuaio.so");
        assert_eq!(preload_without(Some(OsStr::new("libuaio.so"))), None);
        assert_eq!(preload_without(Some(OsStr::new("/b.so:libuaio.so"))), Some("/b.so".into()));
    }
}
