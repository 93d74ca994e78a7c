//! The filesystems that are mounted.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// Types that need no device and hold files all the same.
const WITHOUT_DEVICE: [&str; 5] = ["tmpfs", "overlay", "zfs", "bcachefs", "btrfs"];

#[derive(Debug, PartialEq, Eq)]
pub struct Mount {
    pub point: PathBuf,
    pub kind: String,
    device: String,
    read_only: bool,
}

/// All, in the order in which they were mounted.
pub fn all() -> Vec<Mount> {
    let text = fs::read("/proc/self/mountinfo").unwrap_or_default();
    text.split(|byte| *byte == b'\n').filter_map(parse).collect()
}

/// Those that keep files on this machine and can be written to: one for each device, and one tmpfs.
pub fn local(mounts: &[Mount]) -> Vec<&Mount> {
    let known = fs::read_to_string("/proc/filesystems").unwrap_or_default();
    let on_devices: HashSet<_> = known.lines().filter_map(|line| line.strip_prefix('\t')).collect();
    let is_local = |kind: &str| on_devices.contains(kind) || WITHOUT_DEVICE.contains(&kind);
    let mut seen = HashSet::new();
    let mut found: Vec<_> = mounts.iter().filter(|mount| is_local(&mount.kind) && !mount.read_only).collect();
    found.sort_by_key(|mount| mount.point.as_os_str().len());
    // The control groups' directory is a tmpfs, too.
    found.retain(|mount| !mount.point.starts_with("/sys") && !mount.point.starts_with("/run"));
    found.retain(|mount| seen.insert(if mount.kind == "tmpfs" { &mount.kind } else { &mount.device }));
    found
}

/// The mount that a path, absolute and without links, lies on.
pub fn of<'m>(mounts: &'m [Mount], path: &Path) -> Option<&'m Mount> {
    // The last one at a place covers those before.
    mounts.iter().filter(|mount| path.starts_with(&mount.point)).max_by_key(|mount| mount.point.as_os_str().len())
}

/// A line of proc_pid_mountinfo(5).
fn parse(line: &[u8]) -> Option<Mount> {
    let fields: Vec<_> = line.split(|byte| *byte == b' ').collect();
    let after = fields.iter().position(|field| *field == b"-")? + 1;
    Some(Mount {
        point: PathBuf::from(unescaped(fields.get(4)?)),
        kind: String::from_utf8_lossy(fields.get(after)?).into_owned(),
        device: String::from_utf8_lossy(fields.get(2)?).into_owned(),
        read_only: fields.get(5)?.split(|byte| *byte == b',').any(|option| option == b"ro"),
    })
}

/// Blanks and the like are written as a backslash and three octal digits.
fn unescaped(field: &[u8]) -> OsString {
    let mut bytes = Vec::new();
    let mut rest = field;
    while let Some((first, tail)) = rest.split_first() {
        let octal = tail.get(..3).filter(|_| *first == b'\\').and_then(|digits| std::str::from_utf8(digits).ok());
        match octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[3..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    OsString::from_vec(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mount_of_a_path() -> Result<(), &'static str> {
        let text = [
            "25 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw",
            "26 25 0:22 / /a\\040b rw master:2 shared:3 - tmpfs none rw",
            "27 25 7:0 / /snap ro,nodev - squashfs /dev/loop0 ro",
        ];
        let mounts: Vec<_> = text.iter().filter_map(|line| parse(line.as_bytes())).collect();
        let kind = |path: &str| of(&mounts, Path::new(path)).map(|mount| mount.kind.as_str()).ok_or("none");
        assert_eq!(kind("/a b/c")?, "tmpfs");
        assert_eq!(kind("/a bc")?, "ext4");
        assert!(mounts[2].read_only && !mounts[0].read_only);
        assert_eq!(parse(b"no line of that sort"), None);
        Ok(())
    }
}
