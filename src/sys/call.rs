//! The system calls of the engine. Nothing above makes one.
//!
//! Raw calls, so that no function that we export ourselves (`close`) is called by accident, and
//! none of them is a cancellation point. Buffers are the program's: an address and a length all
//! the way down, checked by the kernel alone (EFAULT), never a slice.
#![allow(unsafe_code)]
// Unsafe here: every raw system call. Addresses that belong to the program are passed to the kernel,
// which checks them; addresses of our own are those of live local values.

use core::mem::MaybeUninit;

use crate::sys::errno::Errno;

/// The kernel's MAX_RW_COUNT: no call transfers more.
pub const MAX_TRANSFER_BYTES: usize = 0x7fff_f000;

macro_rules! call {
    ($number:expr $(, $argument:expr)* $(,)?) => {{
        // SAFETY: see the head of the file.
        let result = unsafe { libc::syscall($number $(, $argument)*) };
        if result < 0 { Err(Errno::last()) } else { Ok(result as usize) }
    }};
}

/// pread(2).
pub fn pread(fd: i32, buffer: usize, len: usize, offset: i64) -> Result<usize, Errno> {
    call!(libc::SYS_pread64, fd, buffer, len, offset)
}

/// pwrite(2).
pub fn pwrite(fd: i32, buffer: usize, len: usize, offset: i64) -> Result<usize, Errno> {
    call!(libc::SYS_pwrite64, fd, buffer, len, offset)
}

/// read(2).
pub fn read(fd: i32, buffer: usize, len: usize) -> Result<usize, Errno> {
    call!(libc::SYS_read, fd, buffer, len)
}

/// write(2).
pub fn write(fd: i32, buffer: usize, len: usize) -> Result<usize, Errno> {
    call!(libc::SYS_write, fd, buffer, len)
}

/// A whole word, since it is passed on the stack: of an `int` the upper half would be whatever was there. The kernel
/// does not look at that, but valgrind does.
const NOWAIT: i64 = libc::RWF_NOWAIT as i64;

/// preadv2(2) with RWF_NOWAIT: what is in memory, or EAGAIN. Offset -1 on what cannot seek.
pub fn read_nowait(fd: i32, buffer: usize, len: usize, offset: i64) -> Result<usize, Errno> {
    let iov = [buffer, len];
    call!(libc::SYS_preadv2, fd, iov.as_ptr(), 1usize, offset, offset >> 32, NOWAIT)
}

/// pwritev2(2) with RWF_NOWAIT.
pub fn write_nowait(fd: i32, buffer: usize, len: usize, offset: i64) -> Result<usize, Errno> {
    let iov = [buffer, len];
    call!(libc::SYS_pwritev2, fd, iov.as_ptr(), 1usize, offset, offset >> 32, NOWAIT)
}

/// recv(2) that does not wait.
pub fn receive_nowait(fd: i32, buffer: usize, len: usize) -> Result<usize, Errno> {
    call!(libc::SYS_recvfrom, fd, buffer, len, libc::MSG_DONTWAIT, 0usize, 0usize)
}

/// send(2) that does not wait and raises no SIGPIPE (it would go to a thread that never takes it).
pub fn send_nowait(fd: i32, buffer: usize, len: usize) -> Result<usize, Errno> {
    let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    call!(libc::SYS_sendto, fd, buffer, len, flags, 0usize, 0usize)
}

/// fsync(2), or fdatasync(2).
pub fn sync(fd: i32, data_only: bool) -> Result<usize, Errno> {
    call!(if data_only { libc::SYS_fdatasync } else { libc::SYS_fsync }, fd)
}

/// fcntl(fd, F_GETFL): the flags, EBADF for a number that is not open.
pub fn status_flags(fd: i32) -> Result<i32, Errno> {
    call!(libc::SYS_fcntl, fd, libc::F_GETFL).map(|flags| flags as i32)
}

/// fstat(2).
pub fn stat(fd: i32) -> Result<libc::stat, Errno> {
    let mut out = MaybeUninit::<libc::stat>::uninit();
    call!(libc::SYS_fstat, fd, out.as_mut_ptr())?;
    // SAFETY: the call succeeded, so the kernel has filled it.
    Ok(unsafe { out.assume_init() })
}

/// fstatfs(2): the type of the filesystem.
pub fn filesystem(fd: i32) -> Result<i64, Errno> {
    let mut out = MaybeUninit::<libc::statfs>::uninit();
    call!(libc::SYS_fstatfs, fd, out.as_mut_ptr())?;
    // SAFETY: as in `stat`.
    Ok(unsafe { out.assume_init() }.f_type)
}

/// Whether the descriptor has a position (lseek(2) by nothing).
pub fn can_seek(fd: i32) -> bool {
    call!(libc::SYS_lseek, fd, 0i64, libc::SEEK_CUR).is_ok()
}

/// lseek(2) by nothing: the descriptor's position. `ESPIPE` where there is none.
pub fn position(fd: i32) -> Result<i64, Errno> {
    call!(libc::SYS_lseek, fd, 0i64, libc::SEEK_CUR).map(|position| position as i64)
}

/// The size of a block device (BLKGETSIZE64), whose inode says 0.
pub fn device_bytes(fd: i32) -> Result<u64, Errno> {
    const BLKGETSIZE64: u64 = 0x8008_1272;
    let mut bytes = 0u64;
    call!(libc::SYS_ioctl, fd, BLKGETSIZE64, &raw mut bytes)?;
    Ok(bytes)
}

/// One descriptor to poll.
pub type PollFd = libc::pollfd;

/// poll(2) without end (`None`) or for some milliseconds.
pub fn poll(fds: &mut [PollFd], timeout_ms: Option<i32>) -> Result<usize, Errno> {
    let timeout =
        timeout_ms.map(|ms| libc::timespec { tv_sec: i64::from(ms / 1000), tv_nsec: i64::from(ms % 1000) * 1_000_000 });
    let timeout = timeout.as_ref().map_or(core::ptr::null(), core::ptr::from_ref);
    call!(libc::SYS_ppoll, fds.as_mut_ptr(), fds.len(), timeout, 0usize, 0usize)
}

/// An eventfd, not blocking, as high in the program's range of numbers as it can be. That may take tens of
/// milliseconds: a table of descriptors that threads share grows only after an RCU grace period.
pub fn high_eventfd() -> Result<i32, Errno> {
    let fd = call!(libc::SYS_eventfd2, 0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK)? as i32;
    let mut limit = MaybeUninit::<libc::rlimit>::uninit();
    // SAFETY: getrlimit fills the structure it is given; zero would be a valid value too.
    let soft = unsafe {
        if libc::getrlimit(libc::RLIMIT_NOFILE, limit.as_mut_ptr()) == 0 { limit.assume_init().rlim_cur } else { 0 }
    };
    // Some room below the limit, since other libraries do the same; and not so high that the kernel's table of
    // descriptors grows large.
    const HIGHEST: u64 = 16_384;
    let least = (soft.min(HIGHEST) as i32).saturating_sub(16);
    let high = if least > fd { call!(libc::SYS_fcntl, fd, libc::F_DUPFD_CLOEXEC, least) } else { Ok(fd as usize) };
    match high {
        Ok(high) if high as i32 != fd => {
            let _ = close(fd);
            Ok(high as i32)
        }
        _ => Ok(fd),
    }
}

/// A duplicate of a descriptor of ours, at some lower number near it.
pub fn duplicate_below(fd: i32) -> Result<i32, Errno> {
    const ROOM: i32 = 256;
    call!(libc::SYS_fcntl, fd, libc::F_DUPFD_CLOEXEC, (fd - ROOM).max(0)).map(|other| other as i32)
}

/// Adds one to an eventfd.
pub fn eventfd_raise(fd: i32) {
    let one = 1u64;
    let _ = call!(libc::SYS_write, fd, &raw const one, 8usize);
}

/// Takes an eventfd back to zero.
pub fn eventfd_clear(fd: i32) {
    let mut value = 0u64;
    let _ = call!(libc::SYS_read, fd, &raw mut value, 8usize);
}

/// close(2).
pub fn close(fd: i32) -> Result<usize, Errno> {
    call!(libc::SYS_close, fd)
}

/// dup2(2).
pub fn dup2(old: i32, new: i32) -> Result<usize, Errno> {
    if old == new {
        // dup3 refuses equal numbers; dup2 gives them back when they are open.
        return status_flags(old).map(|_| new as usize);
    }
    call!(libc::SYS_dup3, old, new, 0)
}

/// dup3(2).
pub fn dup3(old: i32, new: i32, flags: i32) -> Result<usize, Errno> {
    call!(libc::SYS_dup3, old, new, flags)
}

/// close_range(2).
pub fn close_range(first: u32, last: u32, flags: u32) -> Result<usize, Errno> {
    call!(libc::SYS_close_range, first, last, flags)
}

/// The process, asked anew: a child made by vfork shares our memory but not our number.
pub fn process_id() -> i32 {
    // SAFETY: cannot fail.
    unsafe { libc::syscall(libc::SYS_getpid) as i32 }
}

/// prlimit(2): `new` and `old` are addresses of the program's, or 0.
pub fn limit(process: i32, resource: i32, new: usize, old: usize) -> Result<usize, Errno> {
    call!(libc::SYS_prlimit64, process, resource, new, old)
}

/// Whether files may grow without limit: RLIMIT_FSIZE is not set.
pub fn file_size_is_unlimited() -> bool {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    let asked = self::limit(0, libc::RLIMIT_FSIZE as i32, 0, &raw mut limit as usize);
    asked.is_ok() && limit.rlim_cur == libc::RLIM_INFINITY
}

/// getrandom(2): eight bytes, or something that differs between processes where that is refused.
pub fn random() -> u64 {
    let mut value = 0u64;
    if call!(libc::SYS_getrandom, &raw mut value, 8usize, libc::GRND_NONBLOCK) == Ok(8) {
        return value;
    }
    crate::sys::clock::now_ns() ^ ((process_id() as u64) << 40) ^ (&raw const value as u64)
}

/// Sets the I/O priority of the calling thread: a level of the best-effort class, or none (0).
pub fn set_io_priority(value: u16) {
    const IOPRIO_WHO_PROCESS: i32 = 1;
    let _ = call!(libc::SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, i32::from(value));
}

/// The processors that this process may run on.
pub fn processors() -> usize {
    let mut set = [0u64; 16];
    match call!(libc::SYS_sched_getaffinity, 0, size_of_val(&set), set.as_mut_ptr()) {
        Ok(_) => set.iter().map(|word| word.count_ones() as usize).sum::<usize>().max(1),
        Err(_) => 1,
    }
}

unsafe extern "C" {
    fn secure_getenv(name: *const libc::c_char) -> *mut libc::c_char;
}

/// The value of an environment variable; nothing in a set-user-id program.
pub fn environment(name: &core::ffi::CStr) -> Option<&'static [u8]> {
    // SAFETY: a NUL-terminated name; the result is NULL or a string of the environment, which
    // lives on unless the program changes that very variable while we copy it out.
    unsafe {
        let value = secure_getenv(name.as_ptr());
        (!value.is_null()).then(|| core::ffi::CStr::from_ptr(value).to_bytes())
    }
}

/// write(2) of our own bytes to a descriptor, as far as it goes: for statistics and messages.
pub fn print(fd: i32, text: &[u8]) {
    let mut rest = text;
    while !rest.is_empty() {
        match call!(libc::SYS_write, fd, rest.as_ptr(), rest.len()) {
            Ok(n) if n > 0 => rest = rest.get(n..).unwrap_or(&[]),
            Err(Errno(libc::EINTR)) => {}
            _ => return,
        }
    }
}

/// Creates (or empties) a file that only its owner may read, for statistics.
pub fn create(path: &core::ffi::CStr) -> Result<i32, Errno> {
    let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_TRUNC | libc::O_CLOEXEC | libc::O_NOFOLLOW;
    call!(libc::SYS_openat, libc::AT_FDCWD, path.as_ptr(), flags, 0o600).map(|fd| fd as i32)
}

/// Whether a socket carries a stream of bytes (SO_TYPE).
pub fn is_stream_socket(fd: i32) -> bool {
    let mut kind = 0i32;
    let mut len = size_of::<i32>() as libc::socklen_t;
    let asked = call!(libc::SYS_getsockopt, fd, libc::SOL_SOCKET, libc::SO_TYPE, &raw mut kind, &raw mut len);
    asked.is_ok() && kind == libc::SOCK_STREAM
}

/// The time after which a socket's calls end, if SO_RCVTIMEO or SO_SNDTIMEO is set.
pub fn timeout_ns(fd: i32, option: i32) -> Option<u64> {
    let mut time = [0u64; 2];
    let mut len = size_of_val(&time) as libc::socklen_t;
    call!(libc::SYS_getsockopt, fd, libc::SOL_SOCKET, option, time.as_mut_ptr(), &raw mut len).ok()?;
    let [seconds, microseconds] = time;
    let span_ns = seconds.saturating_mul(1_000_000_000).saturating_add(microseconds.saturating_mul(1_000));
    (span_ns != 0).then_some(span_ns)
}

/// Whether a read of this terminal may end without a byte: not by lines, and VMIN is 0 (termios(3)).
pub fn is_terminal_without_minimum(fd: i32) -> bool {
    // The kernel's structure, which is not glibc's: four words of flags, the line discipline, then the characters.
    let mut termios = [0u8; 64];
    const LOCAL_FLAGS: usize = 12;
    const CHARACTERS: usize = 17;
    if call!(libc::SYS_ioctl, fd, libc::TCGETS, termios.as_mut_ptr()).is_err() {
        return false;
    }
    let lines = u32::from(termios[LOCAL_FLAGS]) & libc::ICANON != 0;
    !lines && termios[CHARACTERS + libc::VMIN] == 0
}

/// Gives the calling thread a descriptor table of its own, in which only `keep` (ascending) are open. Locks of
/// the program on those files are not touched: they belong to the table that it still has.
pub fn own_descriptors(keep: &[i32]) -> Result<(), Errno> {
    const CLOSE_RANGE_UNSHARE: u32 = 2;
    let last = keep.last().copied().unwrap_or(-1);
    close_range((last + 1) as u32, u32::MAX, CLOSE_RANGE_UNSHARE)?;
    let mut from = 0;
    for fd in keep {
        if *fd > from {
            close_range(from as u32, (*fd - 1) as u32, 0)?;
        }
        from = *fd + 1;
    }
    Ok(())
}

/// One more than the highest descriptor number that can be opened now.
pub fn descriptor_limit() -> u32 {
    // SAFETY: sysconf takes any name.
    u32::try_from(unsafe { libc::sysconf(libc::_SC_OPEN_MAX) }).unwrap_or(1024)
}
