//! The little of an ELF file that tells whether a preload can work in it, and whether it would matter.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;

use object::elf::{FileHeader32, FileHeader64};
use object::read::elf::{ElfFile, FileHeader, ProgramHeader};
use object::read::{Object, ObjectSymbol, ReadCache, ReadRef};
use object::{Endianness, elf};

/// What <aio.h> declares, and `aio_init`; each also with 64 at its end.
const POSIX_AIO: [&str; 9] = [
    "aio_read",
    "aio_write",
    "aio_fsync",
    "aio_error",
    "aio_return",
    "aio_cancel",
    "aio_suspend",
    "aio_init",
    "lio_listio",
];

/// Machines that people have, by `e_machine`.
const MACHINES: &[(u16, &str)] = &[
    (elf::EM_386.0, "x86"),
    (elf::EM_ARM.0, "ARM"),
    (elf::EM_X86_64.0, "x86-64"),
    (elf::EM_AARCH64.0, "AArch64"),
    (elf::EM_RISCV.0, "RISC-V"),
    (elf::EM_S390.0, "s390"),
];

/// The interpreter line of a script is not longer: the kernel reads no more.
const SCRIPT_HEAD_BYTES: u64 = 256;

/// What a file says about itself.
#[derive(Debug, PartialEq, Eq)]
pub enum Program {
    Elf(Elf),
    /// `#!`, and what follows up to the first blank.
    Script(String),
    /// Neither; the kernel will say what it thinks of it.
    Other,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Elf {
    pub kind: Kind,
    /// The dynamic linker; `None` in a static program and in a library.
    pub interpreter: Option<String>,
    /// The calls of POSIX AIO that it imports.
    pub imports: Vec<String>,
}

impl Elf {
    /// Whether musl is its C library, as its dynamic linker tells.
    pub fn is_for_musl(&self) -> bool {
        self.interpreter.as_ref().is_some_and(|linker| linker.contains("ld-musl"))
    }
}

/// Programs and libraries fit together only if this is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    is_64: bool,
    is_little_endian: bool,
    machine: u16,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bits = if self.is_64 { 64 } else { 32 };
        match MACHINES.iter().find(|(number, _)| *number == self.machine) {
            Some((_, name)) => write!(f, "{bits}-bit {name}"),
            None => write!(f, "{bits}-bit, machine {}", self.machine),
        }
    }
}

/// The kind of this launcher, and so of the library beside it.
pub fn own_kind() -> Kind {
    let machine = if cfg!(target_arch = "aarch64") { elf::EM_AARCH64.0 } else { elf::EM_X86_64.0 };
    Kind { is_64: cfg!(target_pointer_width = "64"), is_little_endian: cfg!(target_endian = "little"), machine }
}

/// Reads only the parts that matter, however large the file.
pub fn read(path: &Path) -> io::Result<Program> {
    let mut file = File::open(path)?;
    let mut head = Vec::new();
    (&mut file).take(SCRIPT_HEAD_BYTES).read_to_end(&mut head)?;
    if let Some(rest) = head.strip_prefix(b"#!") {
        let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let line = String::from_utf8_lossy(line);
        let interpreter = line.split_ascii_whitespace().next().unwrap_or_default();
        return Ok(Program::Script(interpreter.to_owned()));
    }
    if !head.starts_with(&elf::ELFMAG) {
        return Ok(Program::Other);
    }
    file.rewind()?;
    Ok(parse(&ReadCache::new(file), head.get(4) == Some(&elf::ELFCLASS64.0)))
}

fn parse<'data, R: ReadRef<'data>>(data: R, is_64: bool) -> Program {
    let found =
        if is_64 { header::<FileHeader64<Endianness>, R>(data) } else { header::<FileHeader32<Endianness>, R>(data) };
    found.map_or(Program::Other, Program::Elf)
}

/// `None`: the file only begins like one. Sections that are damaged or stripped away count as empty.
fn header<'data, H: FileHeader<Endian = Endianness>, R: ReadRef<'data>>(data: R) -> Option<Elf> {
    let header = H::parse(data).ok()?;
    let endian = header.endian().ok()?;
    let kind = Kind {
        is_64: header.is_class_64(),
        is_little_endian: endian == Endianness::Little,
        machine: header.e_machine(endian).0,
    };
    let segments = header.program_headers(endian, data).unwrap_or_default();
    let interpreter = segments.iter().find_map(|segment| segment.interpreter(endian, data).ok().flatten());
    let interpreter = interpreter.map(|name| String::from_utf8_lossy(name).into_owned());
    let mut imports: Vec<_> = ElfFile::<H, R>::parse(data)
        .iter()
        .flat_map(|file| file.dynamic_symbols())
        .filter(|symbol| symbol.is_undefined())
        .filter_map(|symbol| symbol.name().ok().filter(|name| is_posix_aio(name)).map(str::to_owned))
        .collect();
    imports.sort();
    imports.dedup();
    Some(Elf { kind, interpreter, imports })
}

fn is_posix_aio(name: &str) -> bool {
    POSIX_AIO.contains(&name.strip_suffix("64").unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_test_itself() -> io::Result<()> {
        let Program::Elf(elf) = read(&std::env::current_exe()?)? else {
            return Err(io::Error::other("not ELF"));
        };
        assert!(elf.interpreter.is_some_and(|name| name.contains("ld-linux")));
        Ok(())
    }

    #[test]
    fn names_that_only_begin_alike_are_others() {
        assert!(is_posix_aio("aio_read64") && is_posix_aio("lio_listio"));
        assert!(!is_posix_aio("aio_context_new") && !is_posix_aio("aio_readv") && !is_posix_aio("64"));
    }

    #[test]
    fn damaged_files_are_survived() -> io::Result<()> {
        let whole = std::fs::read(std::env::current_exe()?)?;
        for len in (0..256).chain([whole.len() / 2, whole.len() - 1]) {
            parse(&whole[..len], true);
            parse(&whole[..len], false);
        }
        let mut wild = whole[..64].to_vec();
        wild[32..64].fill(0xff);
        assert!(!matches!(parse(&wild[..], true), Program::Elf(Elf { interpreter: Some(_), .. })));
        Ok(())
    }

    #[test]
    fn scripts_name_their_interpreter() -> io::Result<()> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("file");
        std::fs::write(&path, "#! /bin/sh -e\nhello")?;
        assert_eq!(read(&path)?, Program::Script("/bin/sh".into()));
        std::fs::write(&path, "hello")?;
        assert_eq!(read(&path)?, Program::Other);
        std::fs::write(&path, "")?;
        assert_eq!(read(&path)?, Program::Other);
        Ok(())
    }
}
