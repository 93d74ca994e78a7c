//! What is known about descriptors, and what is outstanding on each file.
//!
//! A **descriptor** has one word with the kind of its file and its flags, so that a transfer needs no system call to
//! find out. The word is forgotten where the number is given up (`abi::interpose`), and none counts any more once
//! `F_SETFL` has changed some flags, which a descriptor may share with others, or setrlimit a limit (`Files::may_grow`
//! is remembered in the same way). What changes unseen, by a system
//! call that the program makes without libc, or in another process that shares the open file, is noticed within a
//! tick of the coarse clock, a few milliseconds: no word is believed for longer (`Descriptor::learnt`). What was
//! submitted meanwhile on a wrong word asked the wrong way: the kernel refuses that (`ESPIPE`), and the request begins
//! anew. And only quick routes believe (`Engine::believes`); streams, misses and syncs ask the kernel each time.
//!
//! A **file** is what a device and an inode name: several descriptors may share it, and a sync covers all
//! of them. It exists here only while something is outstanding. Files are spread over shards; a shard's
//! lock guards everything about its files.

use core::hash::{BuildHasherDefault, Hasher};
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::collections::HashMap;

use crossbeam_utils::CachePadded;

use super::descriptor::{
    APPEND, Descriptor, NONBLOCKING, READABLE, REFUSES_NATIVE, REFUSES_NOWAIT, SYNCHRONOUS, WRITABLE,
};
use crate::request::field::Word;
use crate::request::list::{ByFile, ByQueue, List};
use crate::request::{Kind, Operation};
use crate::sys::errno::Errno;
use crate::sys::lock::{Guard, Lock, Masked};
use crate::sys::publish::Published;
use crate::sys::{call, clock, memory};

const SHARDS: usize = 256;
/// Descriptors in one page of the table, and pages: numbers beyond are asked for each time.
const PAGE: usize = 1024;
const PAGES: usize = 1024;

/// Filesystems whose files are no storage: each request is to be one system call (statfs(2), `f_type`).
const SPECIAL_FILESYSTEMS: [i64; 10] = [
    0x9fa0,      // proc
    0x6265_6572, // sysfs
    0x6573_5546, // FUSE
    0x6462_6720, // debugfs
    0x7472_6163, // tracefs
    0x0027_e0eb, // cgroup
    0x6367_7270, // cgroup2
    0x7363_6673, // securityfs
    0x6165_676c, // pstore
    0xcafe_4a11, // bpf
];

/// The filesystem of tmpfs mounts, memfd_create(2) and shm_open(3) (statfs(2), `f_type`).
const TMPFS: i64 = 0x0102_1994;

/// Names a file. Devices and anonymous inodes, whose instances share an inode, are named by descriptor.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Key {
    device: u64,
    inode: u64,
}

impl Key {
    const BY_DESCRIPTOR: u64 = u64::MAX;

    /// From what fstat(2) says.
    pub fn new(device: u64, inode: u64) -> Key {
        Key { device, inode }
    }

    /// Of a descriptor of that kind.
    fn of(kind: Kind, fd: i32, device: u64, inode: u64) -> Key {
        if kind == Kind::Device { Key::new(Key::BY_DESCRIPTOR, fd as u64) } else { Key::new(device, inode) }
    }

    /// What it names can be told from others only by the descriptor.
    pub fn by_descriptor(self) -> bool {
        self.device == Key::BY_DESCRIPTOR
    }
}

/// The hash of a [`Key`]: inode numbers are no enemy's choice, and this is asked twice per request.
#[derive(Default)]
pub struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }
    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(17) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        // The table takes its place from the lower bits, and the product mixes upwards.
        self.0 ^= self.0 >> 32;
    }
}

/// What the kernel says about a descriptor now.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// What it refers to.
    pub kind: Kind,
    /// The file.
    pub key: Key,
    /// `O_APPEND`.
    pub append: bool,
    /// `O_NONBLOCK`.
    pub nonblocking: bool,
    /// `O_SYNC` or `O_DSYNC`: a write waits for the device.
    pub synchronous: bool,
    /// The file is known not to know RWF_NOWAIT: a ring would wake a thread of the kernel's for each request.
    pub refuses_nowait: bool,
    /// The kernel was not asked.
    pub believed: bool,
    /// The number named this file when it was last asked for, and was not given up since, as far as could be seen.
    pub former: Option<Key>,
}

/// What can be seen of a shard's files without its lock.
#[derive(Default)]
pub struct Presence {
    /// How many requests are outstanding on them.
    pub outstanding: AtomicU32,
    /// A write to one of them was made in the caller, and the program has not looked at it yet.
    pub unseen: AtomicBool,
}

/// The table of descriptors and the shards.
pub struct Files {
    pages: &'static [Published<[Descriptor; PAGE]>],
    /// Moves with each [`Files::outdate`].
    changes: AtomicU32,
    /// The moment for which there is no limit on the size of files, or 0.
    unlimited: AtomicU64,
    shards: &'static [CachePadded<(Lock<Shard>, Presence)>],
}

/// An ordered lane: one request at a time, in call order.
#[derive(Default)]
pub struct Lane {
    /// Somebody has the lane.
    pub busy: bool,
    /// The others.
    pub parked: List<ByQueue>,
}

/// A file with something outstanding.
pub struct File {
    /// None once the descriptor that named it was closed.
    pub key: Option<Key>,
    /// Everything accepted and not over, in call order.
    pub outstanding: List<ByFile>,
    lanes: [Lane; 2],
    /// The worker that had the last write, plus one; 0 for none.
    pub worker: u32,
}

impl File {
    /// The lane of reads or of writes.
    pub fn lane(&mut self, operation: Operation) -> &mut Lane {
        let [reads, writes] = &mut self.lanes;
        if operation == Operation::Read { reads } else { writes }
    }
}

/// A part of all files.
#[derive(Default)]
pub struct Shard {
    index: HashMap<Key, u32, BuildHasherDefault<Mixed>>,
    files: Vec<File>,
    vacant: Vec<u32>,
}

impl Shard {
    /// The file's number in this shard, if anything is outstanding on it.
    pub fn find(&self, key: Key) -> Option<u32> {
        self.index.get(&key).copied()
    }

    /// The file's number, made if need be.
    ///
    /// # Errors
    /// `EAGAIN` when there is no memory.
    pub fn join(&mut self, key: Key) -> Result<u32, Errno> {
        if let Some(number) = self.find(key) {
            return Ok(number);
        }
        let no_memory = |_| Errno(libc::EAGAIN);
        self.index.try_reserve(1).map_err(no_memory)?;
        // So that giving back never needs memory.
        self.vacant.try_reserve(self.files.len() + 1).map_err(no_memory)?;
        let file = File { key: Some(key), outstanding: List::new(), lanes: Default::default(), worker: 0 };
        let number = match self.vacant.pop() {
            Some(number) => {
                if let Some(slot) = self.files.get_mut(number as usize) {
                    *slot = file;
                }
                number
            }
            None => {
                self.files.try_reserve(1).map_err(no_memory)?;
                self.files.push(file);
                (self.files.len() - 1) as u32
            }
        };
        self.index.insert(key, number);
        Ok(number)
    }

    /// The file with that number.
    pub fn file(&mut self, number: u32) -> Option<&mut File> {
        self.files.get_mut(number as usize)
    }

    /// Forgets a file on which nothing is outstanding.
    pub fn leave(&mut self, number: u32) {
        let Some(file) = self.files.get_mut(number as usize) else { return };
        if file.outstanding.is_empty() {
            if let Some(key) = file.key.take() {
                self.index.remove(&key);
            }
            self.vacant.push(number);
        }
    }

    /// The descriptor that named the file is closed: the number will name another.
    pub fn unname(&mut self, number: u32) {
        if let Some(key) = self.files.get_mut(number as usize).and_then(|file| file.key.take()) {
            self.index.remove(&key);
        }
    }
}

impl Files {
    /// Knows nothing.
    ///
    /// # Errors
    /// `EAGAIN` when there is no memory.
    pub fn new() -> Result<Files, Errno> {
        Ok(Files {
            pages: memory::leaked_slice(PAGES, Published::default)?,
            changes: AtomicU32::new(0),
            unlimited: AtomicU64::new(0),
            shards: memory::leaked_slice(SHARDS, CachePadded::default)?,
        })
    }

    /// The shard's number for a file.
    pub fn shard_of(key: Key) -> u32 {
        let mixed = (key.device ^ key.inode.rotate_left(17)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 56) as u32 % SHARDS as u32
    }

    /// A shard, locked.
    pub fn shard<'a>(&'a self, number: u32, masked: &'a Masked) -> Guard<'a, Shard> {
        self.slot(number).0.lock(masked)
    }

    /// The same shard, from outside.
    pub fn presence(&self, number: u32) -> &Presence {
        &self.slot(number).1
    }

    fn slot(&self, number: u32) -> &(Lock<Shard>, Presence) {
        self.shards.get(number as usize).unwrap_or(&self.shards[0])
    }

    /// What is known of a descriptor, if it was ever used.
    pub fn known(&self, fd: i32) -> Option<&Descriptor> {
        let at = usize::try_from(fd).ok()?;
        self.pages.get(at / PAGE)?.get()?.get(at % PAGE)
    }

    fn entry(&self, fd: i32) -> Option<&Descriptor> {
        let at = usize::try_from(fd).ok()?;
        let page = self.pages.get(at / PAGE)?;
        page.get_or_make()?.get(at % PAGE)
    }

    /// Whether the descriptor was used since it was opened, as far as can be told without asking the kernel.
    pub fn touched(&self, fd: i32) -> bool {
        if usize::try_from(fd).is_ok_and(|at| at >= PAGE * PAGES) {
            return true;
        }
        self.known(fd).is_some_and(|entry| entry.word.load(Ordering::Relaxed) != 0)
    }

    /// Calls `with` for every descriptor in a range that may have been used.
    pub fn each_touched(&self, first: u32, last: u32, mut with: impl FnMut(i32)) {
        for (number, page) in self.pages.iter().enumerate() {
            let from = number * PAGE;
            if page.get().is_none() || from > last as usize || from + PAGE <= first as usize {
                continue;
            }
            for fd in from.max(first as usize)..(from + PAGE).min(last as usize + 1) {
                if self.touched(fd as i32) {
                    with(fd as i32);
                }
            }
        }
    }

    /// The number is given up.
    pub fn forget(&self, fd: i32) {
        if let Some(entry) = self.known(fd) {
            entry.word.store(0, Ordering::Relaxed);
            entry.learnt.store(0, Ordering::Relaxed);
            entry.reset_ways(false);
        }
    }

    /// The flags of some open file have been changed, or the limit on the size of files: what was learnt of them does
    /// not count any more.
    pub fn outdate(&self) {
        self.changes.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether files may grow without limit, as the kernel said a moment ago.
    pub fn may_grow(&self) -> bool {
        // As in `ask`.
        let moment = self.moment();
        let known = self.unlimited.load(Ordering::Relaxed) == moment;
        if !known && call::file_size_is_unlimited() {
            self.unlimited.store(moment, Ordering::Relaxed);
            return true;
        }
        known
    }

    /// What a descriptor is, as the kernel said a moment ago, if it did.
    ///
    /// # Errors
    /// `EBADF` when it is not open, or not for this operation.
    pub fn facts(&self, fd: i32, operation: Operation) -> Result<Facts, Errno> {
        let believed = self.known(fd).and_then(|entry| entry.recall(self.moment()));
        match believed.and_then(|(word, key)| facts(word, key, operation)) {
            Some(facts) => Ok(Facts { believed: true, ..facts }),
            None => self.ask(fd, operation),
        }
    }

    /// The same, as the kernel says now.
    ///
    /// # Errors
    /// As [`Files::facts`].
    pub fn ask(&self, fd: i32, operation: Operation) -> Result<Facts, Errno> {
        // Before the kernel is asked: what changes meanwhile is asked for again.
        let moment = self.moment();
        let believed = self.known(fd).and_then(Descriptor::learnt_key);
        let (word, key) = self.identify(fd, call::status_flags(fd)?, Some(moment))?;
        let former = believed.filter(|former| *former != key);
        Ok(Facts { former, ..facts(word, key, operation).ok_or(Errno(libc::EBADF))? })
    }

    /// What is learnt in one moment holds in it.
    fn moment(&self) -> u64 {
        u64::from(self.changes.load(Ordering::Relaxed)) << 32 | u64::from(clock::tick())
    }

    /// The word and the name of an open descriptor, remembered as those of a moment if there is one.
    fn identify(&self, fd: i32, flags: i32, moment: Option<u64>) -> Result<(u64, Key), Errno> {
        let stat = call::stat(fd)?;
        let entry = if moment.is_some() { self.entry(fd) } else { self.known(fd) };
        let cached = entry.and_then(|entry| {
            let word = entry.word.load(Ordering::Relaxed);
            let same = entry.device.load(Ordering::Relaxed) == stat.st_dev
                && entry.inode.load(Ordering::Relaxed) == stat.st_ino;
            (word != 0 && same && is_of_type(Descriptor::kind(word), stat.st_mode)).then_some(word)
        });
        let found = match cached.map(Descriptor::kind) {
            // Anonymous inodes share a number: an eventfd may have become an epoll instance.
            Some(kind) if kind != Kind::Device => kind,
            _ => classify(fd, &stat),
        };
        let direct = flags & libc::O_DIRECT != 0;
        let kind = if found.is_file() && direct {
            Kind::Direct
        } else if found.is_file() {
            Kind::Buffered
        } else {
            found
        };
        let word = kind.into_word() | flag_bits(flags) | cached.unwrap_or(0) & (REFUSES_NOWAIT | REFUSES_NATIVE);
        if let (Some(entry), Some(moment)) = (entry, moment) {
            if cached != Some(word) {
                entry.device.store(stat.st_dev, Ordering::Relaxed);
                entry.inode.store(stat.st_ino, Ordering::Relaxed);
                entry.reset_ways(kind == Kind::Buffered && call::filesystem(fd) == Ok(TMPFS));
                entry.word.store(word, Ordering::Relaxed);
            }
            entry.learnt.store(if kind.is_file() { moment } else { 0 }, Ordering::Release);
        }
        Ok((word, Key::of(kind, fd, stat.st_dev, stat.st_ino)))
    }

    /// The name of an open descriptor's file. Where the kernel does not say, for want of memory, it is the one that the
    /// descriptor's last request went to: who gives up or cancels must find what is outstanding.
    ///
    /// # Errors
    /// As the kernel's, and nothing is remembered.
    pub fn key(&self, fd: i32, flags: i32) -> Result<Key, Errno> {
        self.identify(fd, flags, None).map(|(_, key)| key).or_else(|error| {
            let entry = self.known(fd).ok_or(error)?;
            let word = entry.word.load(Ordering::Relaxed);
            let (device, inode) = (entry.device.load(Ordering::Relaxed), entry.inode.load(Ordering::Relaxed));
            if word == 0 { Err(error) } else { Ok(Key::of(Descriptor::kind(word), fd, device, inode)) }
        })
    }
}

/// What a descriptor's word says, unless it is not open for the operation.
fn facts(word: u64, key: Key, operation: Operation) -> Option<Facts> {
    let needed = match operation {
        Operation::Read => READABLE,
        Operation::Write => WRITABLE,
        // Only what has a path alone allows neither.
        _ => READABLE | WRITABLE,
    };
    (word & needed != 0).then(|| Facts {
        kind: Descriptor::kind(word),
        key,
        append: word & APPEND != 0,
        nonblocking: word & NONBLOCKING != 0,
        synchronous: word & SYNCHRONOUS != 0,
        refuses_nowait: word & REFUSES_NOWAIT != 0,
        believed: false,
        former: None,
    })
}

/// What a descriptor's word takes over of its flags.
fn flag_bits(flags: i32) -> u64 {
    let access = match flags & libc::O_ACCMODE {
        _ if flags & libc::O_PATH != 0 => 0,
        libc::O_RDONLY => READABLE,
        libc::O_WRONLY => WRITABLE,
        _ => READABLE | WRITABLE,
    };
    let bit = |flag, bit| if flags & flag != 0 { bit } else { 0 };
    access | bit(libc::O_APPEND, APPEND) | bit(libc::O_NONBLOCK, NONBLOCKING) | bit(libc::O_DSYNC, SYNCHRONOUS)
}

/// Whether a file of that type may be of that kind: a deleted file's inode number is given to another. What the type
/// alone does not tell is asked for anew.
fn is_of_type(kind: Kind, mode: libc::mode_t) -> bool {
    match mode & libc::S_IFMT {
        libc::S_IFREG => kind.is_file() || kind == Kind::Special,
        libc::S_IFBLK => kind.is_file(),
        libc::S_IFIFO => kind == Kind::Pipe,
        libc::S_IFSOCK => matches!(kind, Kind::Socket | Kind::Datagram),
        libc::S_IFDIR => kind == Kind::Special,
        _ => false,
    }
}

fn classify(fd: i32, stat: &libc::stat) -> Kind {
    match stat.st_mode & libc::S_IFMT {
        libc::S_IFREG => match call::filesystem(fd) {
            Ok(kind) if !SPECIAL_FILESYSTEMS.contains(&kind) => Kind::Buffered,
            // A filesystem that does not even answer this is none to count on.
            _ => Kind::Special,
        },
        libc::S_IFBLK => Kind::Buffered,
        libc::S_IFIFO => Kind::Pipe,
        libc::S_IFSOCK if call::is_stream_socket(fd) => Kind::Socket,
        libc::S_IFSOCK => Kind::Datagram,
        libc::S_IFDIR => Kind::Special,
        // /dev/zero and the like read at any offset; a terminal does not.
        libc::S_IFCHR if call::can_seek(fd) => Kind::Special,
        // Anonymous inodes (eventfd, inotify…) accept lseek and know no offset all the same.
        _ => Kind::Device,
    }
}
