//! Every call of the launcher that the standard library does not offer.
//!
//! This is the one file of the launcher with `unsafe` in it: the POSIX AIO calls themselves (their
//! control blocks and buffers belong to the library while a request runs, which no Rust type can
//! say), a signal handler, and a few libc calls on plain values.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::cell::UnsafeCell;
use std::ffi::{CStr, CString, OsStr, c_int, c_void};
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr::NonNull;
use std::sync::OnceLock;
use std::time::Duration;

/// Enough for `O_DIRECT` on every filesystem.
const BUFFER_ALIGN: usize = 4096;

/// A fixed number of POSIX AIO requests on one file, each with its own control block and buffer.
///
/// A slot is either idle, and its buffer can be looked at, or in flight, and it cannot.
pub struct Requests<'f> {
    file: &'f File,
    blocks: Box<[UnsafeCell<libc::aiocb>]>,
    /// What `aio_suspend` is given: the control blocks in flight, NULL for idle slots.
    in_flight: Vec<*const libc::aiocb>,
    buffers: NonNull<u8>,
    layout: Layout,
    buffer_len: usize,
}

/// Which call a request is made with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Call {
    Read,
    Write,
}

impl<'f> Requests<'f> {
    pub fn new(file: &'f File, slots: usize, buffer_len: usize) -> io::Result<Self> {
        let too_big = |_| io::Error::from(io::ErrorKind::OutOfMemory);
        let bytes = slots.max(1).saturating_mul(buffer_len.max(1));
        let layout = Layout::from_size_align(bytes, BUFFER_ALIGN).map_err(too_big)?;
        // SAFETY: the layout's size is not 0.
        let Some(buffers) = NonNull::new(unsafe { alloc_zeroed(layout) }) else { handle_alloc_error(layout) };
        let zeroed = || {
            // SAFETY: aiocb is integers, a union and pointers, for all of which zero is valid.
            let block = unsafe { MaybeUninit::<libc::aiocb>::zeroed().assume_init() };
            UnsafeCell::new(block)
        };
        Ok(Self {
            file,
            blocks: std::iter::repeat_with(zeroed).take(slots).collect(),
            in_flight: vec![std::ptr::null(); slots],
            buffers,
            layout,
            buffer_len,
        })
    }

    pub fn is_idle(&self, slot: usize) -> bool {
        self.in_flight[slot].is_null()
    }

    pub fn all_idle(&self) -> bool {
        self.in_flight.iter().all(|block| block.is_null())
    }

    /// The buffer of an idle slot; `None` while the request is in flight.
    pub fn buffer(&mut self, slot: usize) -> Option<&mut [u8]> {
        if !self.is_idle(slot) {
            return None;
        }
        // SAFETY:
        // * slot < slots (the index above), so the range lies inside the allocation, which is
        //   initialised (zeroed) and lives as long as self;
        // * an idle slot's buffer is known to no library and no kernel;
        // * &mut self lends it to one user at a time.
        Some(unsafe {
            std::slice::from_raw_parts_mut(self.buffers.as_ptr().add(slot * self.buffer_len), self.buffer_len)
        })
    }

    /// Submits the idle slot's whole buffer at `offset`. An error leaves the slot idle.
    pub fn submit(&mut self, slot: usize, call: Call, offset: u64) -> io::Result<()> {
        if !self.is_idle(slot) {
            return Err(io::Error::from_raw_os_error(libc::EBUSY));
        }
        let block = self.blocks[slot].get();
        // SAFETY:
        // * the slot is idle, so nobody else uses its control block or buffer;
        // * both stay where they are (boxed) until the request is finished: drop leaks them
        //   otherwise;
        // * SIGEV_NONE: nobody is called back.
        let status = unsafe {
            (*block).aio_fildes = self.file.as_raw_fd();
            (*block).aio_buf = self.buffers.as_ptr().add(slot * self.buffer_len).cast();
            (*block).aio_nbytes = self.buffer_len;
            (*block).aio_offset = offset as libc::off_t;
            (*block).aio_sigevent.sigev_notify = libc::SIGEV_NONE;
            match call {
                Call::Read => libc::aio_read(block),
                Call::Write => libc::aio_write(block),
            }
        };
        if status != 0 {
            return Err(io::Error::last_os_error());
        }
        self.in_flight[slot] = block;
        Ok(())
    }

    /// The result of a request that has finished since the last look; the slot is idle then.
    pub fn finished(&mut self, slot: usize) -> Option<io::Result<usize>> {
        if self.is_idle(slot) {
            return None;
        }
        let block = self.blocks[slot].get();
        // SAFETY: the block was submitted and its result not yet taken.
        match unsafe { libc::aio_error(block) } {
            libc::EINPROGRESS => None,
            // The library does not know its own request: whether the buffer is in use is unknown,
            // so the slot stays in flight.
            -1 => Some(Err(io::Error::last_os_error())),
            error => {
                // SAFETY: finished, and this is the one time that its result is taken.
                let count = unsafe { libc::aio_return(block) };
                self.in_flight[slot] = std::ptr::null();
                Some(match (error, usize::try_from(count)) {
                    (0, Ok(count)) => Ok(count),
                    (0, Err(_)) => Err(io::Error::other(format!("aio_return gave {count}"))),
                    (error, _) => Err(io::Error::from_raw_os_error(error)),
                })
            }
        }
    }

    /// Sleeps until at least one request in flight has finished, or a signal came.
    pub fn suspend(&self) -> io::Result<()> {
        let count = self.in_flight.len() as c_int;
        // SAFETY: the list has `count` entries, each NULL or a block in flight; no timeout.
        let status = unsafe { libc::aio_suspend(self.in_flight.as_ptr(), count, std::ptr::null()) };
        if status == 0 {
            return Ok(());
        }
        match io::Error::last_os_error() {
            error if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            error => Err(error),
        }
    }
}

impl Drop for Requests<'_> {
    fn drop(&mut self) {
        if self.all_idle() {
            // SAFETY: allocated by new with this layout, and no request uses it any more.
            unsafe { dealloc(self.buffers.as_ptr(), self.layout) };
        } else {
            // Requests in flight may still write to their buffers and blocks.
            std::mem::forget(std::mem::take(&mut self.blocks));
        }
    }
}

/// The shared object that this process's `aio_read` comes from.
pub fn object_of_aio_read() -> Option<PathBuf> {
    let mut info = MaybeUninit::<libc::Dl_info>::zeroed();
    let address = libc::aio_read as *const c_void;
    // SAFETY: dladdr takes any address and fills info if it returns non-zero.
    let info = unsafe {
        if libc::dladdr(address, info.as_mut_ptr()) == 0 {
            return None;
        }
        info.assume_init()
    };
    if info.dli_fname.is_null() {
        return None;
    }
    // SAFETY: a string of the dynamic linker, alive as long as the object is loaded.
    let name = unsafe { CStr::from_ptr(info.dli_fname) };
    Some(PathBuf::from(OsStr::from_bytes(name.to_bytes())))
}

/// Processor time, user and system, of all threads of this process so far.
pub fn cpu_time() -> Duration {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: usage is a rusage to write to; it is valid (zeroed) even if the call failed.
    let usage = unsafe {
        libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr());
        usage.assume_init()
    };
    let time = |t: libc::timeval| {
        Duration::from_secs(t.tv_sec.unsigned_abs()) + Duration::from_micros(t.tv_usec.unsigned_abs())
    };
    time(usage.ru_utime) + time(usage.ru_stime)
}

/// Asks the kernel to forget the cached pages of `file` that are already on the disk, and to cache
/// what is read through it from now on page by page. Read ahead, it would come back in large
/// folios, in which small writes are slow; then neither library would be what is measured.
pub fn drop_cache(file: &File) {
    for advice in [libc::POSIX_FADV_DONTNEED, libc::POSIX_FADV_RANDOM] {
        // SAFETY: an advice about an open descriptor; no memory is involved. A filesystem that
        // ignores it is as good as one that follows it, so the result does not matter.
        unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, advice) };
    }
}

/// This process is killed when the thread that started it ends.
pub fn die_with_parent(parent: u32) -> io::Result<()> {
    // SAFETY: PR_SET_PDEATHSIG takes one number.
    if unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) } != 0 {
        return Err(io::Error::last_os_error());
    }
    if std::os::unix::process::parent_id() != parent {
        return Err(io::Error::other("the parent process is gone"));
    }
    Ok(())
}

/// Real user and group of this process.
pub fn user_and_group() -> (u32, u32) {
    // SAFETY: these calls take nothing and cannot fail.
    unsafe { (libc::getuid(), libc::getgid()) }
}

/// Whether the file has capabilities of its own, which make the dynamic linker drop preloads.
pub fn has_file_capabilities(path: &Path) -> bool {
    let Ok(path) = CString::new(path.as_os_str().as_bytes()) else {
        return false;
    };
    // SAFETY: two strings that end in NUL, and no buffer: only the size is asked for.
    let size = unsafe { libc::getxattr(path.as_ptr(), c"security.capability".as_ptr(), std::ptr::null_mut(), 0) };
    size > 0
}

/// statfs(2): the type of the filesystem that has the path.
pub fn filesystem_type(path: &Path) -> io::Result<i64> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    let mut found = MaybeUninit::<libc::statfs>::zeroed();
    // SAFETY: a string that ends in NUL, and room for the structure, which is valid zeroed.
    unsafe {
        if libc::statfs(path.as_ptr(), found.as_mut_ptr()) != 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(found.assume_init().f_type)
    }
}

/// Whether the files of such a filesystem are stored nowhere: /proc and /sys.
pub fn is_made_up(filesystem_type: i64) -> bool {
    const SYSFS_MAGIC: i64 = 0x6265_6572;
    [libc::PROC_SUPER_MAGIC, SYSFS_MAGIC].contains(&filesystem_type)
}

/// Asks for an io_uring as the library does at first, and gives it back.
pub fn try_ring() -> io::Result<()> {
    const ENTRIES: u32 = 256;
    // struct io_uring_params: 120 bytes, all of which may be zero.
    let mut params = [0u64; 15];
    // SAFETY: the kernel fills the structure that it is given; the descriptor is ours, and closed once.
    unsafe {
        let fd = libc::syscall(libc::SYS_io_uring_setup, ENTRIES, params.as_mut_ptr());
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        libc::close(fd as c_int);
    }
    Ok(())
}

/// Asks for a context of native AIO with room for so many requests, and gives it back.
pub fn try_native(requests: u32) -> io::Result<()> {
    let mut context = 0usize;
    // SAFETY: io_setup fills the word, which io_destroy takes back; nothing was submitted to it.
    unsafe {
        if libc::syscall(libc::SYS_io_setup, requests, &raw mut context) != 0 {
            return Err(io::Error::last_os_error());
        }
        libc::syscall(libc::SYS_io_destroy, context);
    }
    Ok(())
}

/// preadv2(2) or pwritev2(2) with RWF_NOWAIT of some bytes at the beginning of a file.
pub fn try_nowait(file: &File, call: Call) -> io::Result<usize> {
    let mut bytes = [0u8; 512];
    let iov = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() };
    // SAFETY: one buffer, alive during the call, which the kernel reads or fills.
    let count = unsafe {
        match call {
            Call::Read => libc::preadv2(file.as_raw_fd(), &iov, 1, 0, libc::RWF_NOWAIT),
            Call::Write => libc::pwritev2(file.as_raw_fd(), &iov, 1, 0, libc::RWF_NOWAIT),
        }
    };
    usize::try_from(count).map_err(|_| io::Error::last_os_error())
}

/// A limit of this process that is in force; `None`: there is none.
pub fn limit(resource: libc::__rlimit_resource_t) -> Option<u64> {
    let mut found = MaybeUninit::<libc::rlimit>::zeroed();
    // SAFETY: room for the structure, which is valid zeroed.
    let found = unsafe {
        libc::getrlimit(resource, found.as_mut_ptr());
        found.assume_init()
    };
    (found.rlim_cur != libc::RLIM_INFINITY).then_some(found.rlim_cur)
}

/// The name of an error number, such as EPERM.
pub fn error_name(error: &io::Error) -> String {
    unsafe extern "C" {
        fn strerrorname_np(number: c_int) -> *const std::ffi::c_char;
    }
    let number = error.raw_os_error().unwrap_or(0);
    // SAFETY: takes any number and gives NULL or a static string that ends in NUL.
    let name = unsafe {
        let name = strerrorname_np(number);
        if name.is_null() { None } else { CStr::from_ptr(name).to_str().ok() }
    };
    name.map_or_else(|| error.to_string(), str::to_owned)
}

/// What the handler of [`remove_on_signal`] deletes: files, then the directory they are in.
static LEFTOVERS: OnceLock<(Vec<CString>, CString)> = OnceLock::new();

/// From now on SIGINT, SIGTERM and SIGHUP delete `files` and the directory `dir` before they end
/// this process as usual. Only the first call counts.
pub fn remove_on_signal(files: &[PathBuf], dir: &Path) -> io::Result<()> {
    let name = |path: &Path| CString::new(path.as_os_str().as_bytes());
    let files = files.iter().map(|file| name(file)).collect::<Result<_, _>>()?;
    if LEFTOVERS.set((files, name(dir)?)).is_err() {
        return Ok(());
    }
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        let handler: extern "C" fn(c_int) = remove_leftovers;
        // SAFETY: a zeroed sigaction is one without flags and with an empty mask; the handler has
        // the signature for no SA_SIGINFO and calls only async-signal-safe functions.
        let status = unsafe {
            let mut action = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
            libc::sigaction(signal, std::ptr::null(), &mut action);
            if action.sa_sigaction == libc::SIG_IGN {
                continue; // nohup, or a shell's background job
            }
            action = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
            action.sa_sigaction = handler as libc::sighandler_t;
            action.sa_flags = libc::SA_RESETHAND;
            libc::sigaction(signal, &action, std::ptr::null_mut())
        };
        if status != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

/// Paths are kept relative as given: the launcher never changes its working directory.
extern "C" fn remove_leftovers(signal: c_int) {
    // OnceLock::get is one atomic load once it is set, and it is set before the handler.
    if let Some((files, dir)) = LEFTOVERS.get() {
        // SAFETY: strings that end in NUL and are never freed; unlink and rmdir are
        // async-signal-safe.
        unsafe {
            for file in files {
                libc::unlink(file.as_ptr());
            }
            libc::rmdir(dir.as_ptr());
        }
    }
    // SAFETY: raise is async-signal-safe. SA_RESETHAND put the default action back: it ends the
    // process when this handler returns, with the status that the parent expects.
    unsafe { libc::raise(signal) };
}
