//! The little of an ELF file that tells whether a preload can work in it.

use std::fs;
use std::io;
use std::path::Path;

const MAGIC: &[u8] = b"\x7fELF";
const CLASS_64: u8 = 2;
const LITTLE_ENDIAN: u8 = 1;
const PT_INTERP: u32 = 3;
const SHT_DYNSYM: u32 = 11;

/// Machines that people have, by `e_machine`.
const MACHINES: &[(u16, &str)] =
    &[(3, "x86"), (40, "ARM"), (62, "x86-64"), (183, "AArch64"), (243, "RISC-V"), (22, "s390")];

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
    /// The dynamic linker; `None` in a static program. Only known for the kind of this launcher.
    pub interpreter: Option<String>,
    /// Whether it imports `aio_*` or `lio_listio`; `None` if it has no section headers.
    pub imports_aio: Option<bool>,
}

/// Programs and libraries fit together only if this is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    class: u8,
    order: u8,
    machine: u16,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bits = if self.class == CLASS_64 { 64 } else { 32 };
        match MACHINES.iter().find(|(number, _)| *number == self.machine) {
            Some((_, name)) => write!(f, "{bits}-bit {name}"),
            None => write!(f, "{bits}-bit, machine {}", self.machine),
        }
    }
}

pub fn read(path: &Path) -> io::Result<Program> {
    let bytes = fs::read(path)?;
    Ok(parse(&bytes))
}

fn parse(bytes: &[u8]) -> Program {
    if let Some(rest) = bytes.strip_prefix(b"#!") {
        let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let line = String::from_utf8_lossy(line);
        let interpreter = line.split_ascii_whitespace().next().unwrap_or_default();
        return Program::Script(interpreter.to_owned());
    }
    if !bytes.starts_with(MAGIC) {
        return Program::Other;
    }
    let file = Bytes(bytes);
    let (Some(&class), Some(&order), Some(machine)) = (bytes.get(4), bytes.get(5), file.u16(18)) else {
        return Program::Other;
    };
    let kind = Kind { class, order, machine };
    let mut elf = Elf { kind, interpreter: None, imports_aio: None };
    if class == CLASS_64 && order == LITTLE_ENDIAN {
        elf.interpreter = interpreter(file);
        elf.imports_aio = imports_aio(file);
    }
    Program::Elf(elf)
}

fn interpreter(file: Bytes<'_>) -> Option<String> {
    let (at, size, count) = (file.u64(32)?, file.u16(54)?, file.u16(56)?);
    let header = table(file, at, size, count).find(|header| header.u32(0) == Some(PT_INTERP))?;
    let text = file.part(header.u64(8)?, header.u64(32)?)?;
    Some(String::from_utf8_lossy(text.0).trim_end_matches('\0').to_owned())
}

fn imports_aio(file: Bytes<'_>) -> Option<bool> {
    let (at, size, count) = (file.u64(40)?, file.u16(58)?, file.u16(60)?);
    if at == 0 || count == 0 {
        return None;
    }
    let symbols = table(file, at, size, count).find(|s| s.u32(4) == Some(SHT_DYNSYM))?;
    let names = table(file, at, size, count).nth(symbols.u32(40)? as usize)?;
    let names = file.part(names.u64(24)?, names.u64(32)?)?;
    let entries = file.part(symbols.u64(24)?, symbols.u64(32)?)?;
    let imported = |entry: &[u8]| {
        let entry = Bytes(entry);
        let undefined = entry.u16(6) == Some(0);
        let name = entry.u32(0).and_then(|at| names.0.get(at as usize..)).unwrap_or_default();
        undefined && (name.starts_with(b"aio_") || name.starts_with(b"lio_listio"))
    };
    Some(entries.0.chunks_exact(24).any(imported))
}

fn table(file: Bytes<'_>, at: u64, size: u16, count: u16) -> impl Iterator<Item = Bytes<'_>> {
    (0..u64::from(count)).map_while(move |index| file.part(at.checked_add(index * u64::from(size))?, u64::from(size)))
}

#[derive(Clone, Copy)]
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn part(self, at: u64, len: u64) -> Option<Self> {
        let at = usize::try_from(at).ok()?;
        let end = at.checked_add(usize::try_from(len).ok()?)?;
        self.0.get(at..end).map(Bytes)
    }

    fn array<const N: usize>(self, at: usize) -> Option<[u8; N]> {
        self.0.get(at..at.checked_add(N)?)?.try_into().ok()
    }

    fn u16(self, at: usize) -> Option<u16> {
        self.array(at).map(u16::from_le_bytes)
    }

    fn u32(self, at: usize) -> Option<u32> {
        self.array(at).map(u32::from_le_bytes)
    }

    fn u64(self, at: usize) -> Option<u64> {
        self.array(at).map(u64::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_test_itself() -> io::Result<()> {
        let Program::Elf(elf) = read(&std::env::current_exe()?)? else {
            return Err(io::Error::other("not ELF"));
        };
        assert!(elf.interpreter.is_some_and(|path| path.contains("ld")));
        // Which way depends on what the linker kept; tests/launcher.rs has both cases.
        assert!(elf.imports_aio.is_some());
        Ok(())
    }

    #[test]
    fn cut_off_and_foreign_files_do_no_harm() -> io::Result<()> {
        let whole = std::fs::read(std::env::current_exe()?)?;
        for len in (0..256).chain([whole.len() / 2, whole.len() - 1]) {
            parse(&whole[..len]);
        }
        let mut wild = whole[..64].to_vec();
        wild[32..64].fill(0xff);
        assert!(matches!(parse(&wild), Program::Elf(Elf { interpreter: None, .. })));
        assert_eq!(parse(b"#! /bin/sh -e\n"), Program::Script("/bin/sh".into()));
        assert_eq!(parse(b"hello"), Program::Other);
        Ok(())
    }
}
