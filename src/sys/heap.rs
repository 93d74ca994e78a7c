//! The library's own heap, so that no memory of ours comes from the program's `malloc`.
//!
//! The heap's whole state (its lock included) lies in one page with MADV_WIPEONFORK: in a forked
//! child the kernel shows that page as zero, whichever way the fork was made (`_Fork` and the bare
//! system call run no pthread_atfork handlers). So the child starts with a fresh heap, and never
//! waits for a lock that another thread of its parent held at the fork. What the parent had
//! allocated can still be read there, but is never allocated from nor freed: each allocation bears
//! the number of its heap, and to free one of another heap does nothing. Inherited memory leaks.
//!
//! Before Linux 4.14 there is no such page. Then the child inherits state and lock, and may use us
//! only if no other thread of the parent was inside at the fork, as with many a libc of that age.
//!
//! A signal handler may allocate, and a fork may happen, at any instant: the lock is held with every
//! signal blocked. A vfork child shares page and lock with its parent, which is right.
#![allow(unsafe_code)]
// Unsafe here: an allocator is pointers all the way, and its pages come from raw system calls.

use core::alloc::{GlobalAlloc, Layout};
use core::mem::MaybeUninit;
use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use dlmalloc::Dlmalloc;

use crate::sys::errno::Errno;
use crate::sys::lock::{Lock, Masked};

/// What the page holds. All zero, as fresh and as after a fork, is a free lock and no heap yet.
struct State {
    /// The number of the heap; 0 until there is one.
    number: u64,
    /// Initialised if `number` is not 0.
    heap: MaybeUninit<Dlmalloc<Pages>>,
}

const PAGE_BYTES: usize = 4096;
const _: () = assert!(size_of::<Lock<State>>() <= PAGE_BYTES);

/// NULL or the page; published with release, read with acquire. Never unmapped.
static PAGE: AtomicPtr<Lock<State>> = AtomicPtr::new(ptr::null_mut());

/// The number of the last heap made. Not in the page: a child counts on from its parent, so whatever
/// it inherits bears a lower number than its own heap. (Relaxed: changed under the lock.)
static LAST_NUMBER: AtomicU64 = AtomicU64::new(0);

/// The header in front of each allocation, as long as its alignment but at least this: its last word
/// is the number of the heap. 16 is what dlmalloc aligns to.
const LEAST_HEADER_BYTES: usize = 16;

fn header_bytes(layout: Layout) -> usize {
    layout.align().max(LEAST_HEADER_BYTES)
}

/// The allocator: never panics, answers NULL when there is no memory, leaves errno alone, may be
/// called anywhere (signal handlers and forked children included).
pub struct Heap;

// SAFETY:
// - what `alloc` and `realloc` give is `layout.size()` bytes, aligned, and nobody else's: dlmalloc's
//   promise for the block, of which the header takes a multiple of the alignment;
// - nothing here unwinds: only those functions of dlmalloc are called that assert nothing.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        allocate(layout, false)
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        allocate(layout, true)
    }

    unsafe fn dealloc(&self, allocation: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise: `allocation` came from us with `layout`.
        let (block, number) = unsafe { block_of(allocation, layout) };
        locked(|state| {
            if state.number == number {
                // SAFETY:
                // - not 0 (no allocation bears 0), so there is a heap;
                // - the block came from this very heap, and is not used again.
                unsafe { state.heap.assume_init_mut().c_free(block) }
            }
        });
    }

    unsafe fn realloc(&self, allocation: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller's promise: `allocation` came from us with `layout`.
        let (block, number) = unsafe { block_of(allocation, layout) };
        let header = header_bytes(layout);
        if header == LEAST_HEADER_BYTES {
            let resized = locked(|state| {
                // SAFETY: as in `dealloc`; what dlmalloc aligns to is what the header needs.
                (state.number == number)
                    .then(|| unsafe { state.heap.assume_init_mut().c_realloc(block, header + new_size) })
            });
            match resized.flatten() {
                // The header was moved with the rest.
                // SAFETY: the block has `header + new_size` bytes.
                Some(block) if !block.is_null() => return unsafe { block.add(header) },
                Some(_) => return ptr::null_mut(),
                None => {}
            }
        }
        // Inherited, or aligned by more than dlmalloc keeps when it resizes.
        // SAFETY:
        // - the caller promises that `new_size` makes a valid layout with this alignment;
        // - both allocations have the bytes copied, and are different ones;
        // - the old one is given up only once there is the new one.
        unsafe {
            let new = allocate(Layout::from_size_align_unchecked(new_size, layout.align()), false);
            if !new.is_null() {
                ptr::copy_nonoverlapping(allocation, new, layout.size().min(new_size));
                self.dealloc(allocation, layout);
            }
            new
        }
    }
}

fn allocate(layout: Layout, zeroed: bool) -> *mut u8 {
    let header = header_bytes(layout);
    locked(|state| {
        let number = state.number;
        let heap = heap_of(state);
        // Cannot overflow: sizes in a Layout are below isize::MAX, and header no more than that.
        let (size, align) = (header + layout.size(), header);
        // SAFETY: dlmalloc takes any size and a power of two; the block, if any, has `size` bytes and
        // its header ends, aligned to 16, where the allocation begins.
        unsafe {
            let block = if zeroed { heap.calloc(size, align) } else { heap.c_memalign(align, size) };
            if block.is_null() {
                return block;
            }
            let allocation = block.add(header);
            allocation.cast::<u64>().sub(1).write(number);
            allocation
        }
    })
    .unwrap_or(ptr::null_mut())
}

/// The block that an allocation is the tail of, and the number of its heap.
///
/// # Safety
/// The allocation came from [`allocate`] with this layout.
unsafe fn block_of(allocation: *mut u8, layout: Layout) -> (*mut u8, u64) {
    // SAFETY: `allocate` left a header of this size, with the number at its end.
    unsafe { (allocation.sub(header_bytes(layout)), allocation.cast::<u64>().sub(1).read()) }
}

fn heap_of(state: &mut State) -> &mut Dlmalloc<Pages> {
    if state.number == 0 {
        state.number = LAST_NUMBER.fetch_add(1, Ordering::Relaxed) + 1;
        state.heap.write(Dlmalloc::new_with_allocator(Pages));
    }
    // SAFETY: written above, now or when the number became what it is.
    unsafe { state.heap.assume_init_mut() }
}

/// Runs `body` under the lock, with every signal blocked and errno kept. `None`: no page to be had.
fn locked<R>(body: impl FnOnce(&mut State) -> R) -> Option<R> {
    let errno = Errno::last();
    let result = page().map(|page| {
        let masked = Masked::section();
        body(&mut page.lock(&masked))
    });
    errno.store();
    result
}

fn page() -> Option<&'static Lock<State>> {
    // Pairs with the release below: the page is mapped and will be wiped.
    let mut page = PAGE.load(Ordering::Acquire);
    if page.is_null() {
        page = publish(map(PAGE_BYTES).cast());
    }
    // SAFETY:
    // - NULL, or a page that is never unmapped, zero at first and again after a fork;
    // - zero is a valid `Lock<State>`, and the page is large and aligned enough for one.
    unsafe { page.as_ref() }
}

#[cold]
fn publish(fresh: *mut Lock<State>) -> *mut Lock<State> {
    if fresh.is_null() {
        return fresh;
    }
    // Before it is published, so that no child ever sees another thread's use of it. A kernel that
    // refuses (before 4.14): see the head of the file.
    // SAFETY: advice on a page of ours.
    unsafe { libc::syscall(libc::SYS_madvise, fresh, PAGE_BYTES, libc::MADV_WIPEONFORK) };
    match PAGE.compare_exchange(ptr::null_mut(), fresh, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => fresh,
        Err(first) => {
            unmap(fresh.cast(), PAGE_BYTES);
            first
        }
    }
}

/// Where dlmalloc has its memory from: the kernel, by raw system calls, since mmap(2) is a function
/// that other preloaded libraries replace.
struct Pages;

const PRIVATE: i32 = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;

/// Zeroed memory, or NULL.
fn map(len: usize) -> *mut u8 {
    let access = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: a new mapping at an address that the kernel chooses.
    let address = unsafe { libc::syscall(libc::SYS_mmap, 0usize, len, access, PRIVATE, -1isize, 0usize) };
    if address == -1 { ptr::null_mut() } else { address as *mut u8 }
}

fn unmap(address: *mut u8, len: usize) -> bool {
    // SAFETY: callers pass mappings that only they use, and give them up.
    unsafe { libc::syscall(libc::SYS_munmap, address, len) == 0 }
}

// SAFETY: memory that `alloc` gives is mapped, ours alone, and zero, until it is freed.
unsafe impl dlmalloc::Allocator for Pages {
    fn alloc(&self, size: usize) -> (*mut u8, usize, u32) {
        (map(size), size, 0)
    }

    fn remap(&self, address: *mut u8, old_size: usize, new_size: usize, can_move: bool) -> *mut u8 {
        let flags = if can_move { libc::MREMAP_MAYMOVE } else { 0 };
        // SAFETY: dlmalloc remaps what it had from `alloc`.
        let moved = unsafe { libc::syscall(libc::SYS_mremap, address, old_size, new_size, flags, 0usize) };
        if moved == -1 { ptr::null_mut() } else { moved as *mut u8 }
    }

    fn free_part(&self, address: *mut u8, old_size: usize, new_size: usize) -> bool {
        unmap(address.wrapping_add(new_size), old_size - new_size)
    }

    fn free(&self, address: *mut u8, size: usize) -> bool {
        unmap(address, size)
    }

    fn can_release_part(&self, _flags: u32) -> bool {
        true
    }

    fn allocates_zeros(&self) -> bool {
        true
    }

    fn page_size(&self) -> usize {
        // SAFETY: reads a value that libc has from the kernel since the start.
        usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(PAGE_BYTES)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::undocumented_unsafe_blocks)]
mod tests {
    use super::*;
    use core::sync::atomic::{AtomicBool, AtomicU32};
    use std::time::{Duration, Instant};

    /// A little random walk of allocations, each filled with its own byte and checked when freed.
    struct Walk {
        seed: u64,
        live: [(*mut u8, usize, usize, u8); 32],
    }

    impl Walk {
        fn new(seed: u64) -> Walk {
            Walk { seed, live: [(ptr::null_mut(), 0, 1, 0); 32] }
        }

        fn random(&mut self) -> usize {
            self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (self.seed >> 33) as usize
        }

        fn holds(memory: *mut u8, len: usize, byte: u8) -> bool {
            // Every byte of small ones; the debug build is slow.
            let step = len / 4_000 + 1;
            (0..len).step_by(step).all(|i| unsafe { memory.add(i).read() } == byte)
        }

        /// False if an allocation failed, was misaligned or lost its contents. Allocates nothing itself.
        fn step(&mut self) -> bool {
            let (slot, what, byte) = (self.random() % 32, self.random() % 4, self.random() as u8);
            let size = if what == 3 { self.random() % 70_000 } else { self.random() % 3_000 } + 1;
            let (memory, len, align, old) = self.live[slot];
            let layout = Layout::from_size_align(len.max(1), align).unwrap();
            if memory.is_null() {
                let align = 1 << (self.random() % 9);
                let layout = Layout::from_size_align(size, align).unwrap();
                let fresh = unsafe { if what == 0 { Heap.alloc_zeroed(layout) } else { Heap.alloc(layout) } };
                let fine =
                    !fresh.is_null() && fresh as usize % align == 0 && (what != 0 || Walk::holds(fresh, size, 0));
                unsafe { fresh.write_bytes(byte, size) };
                self.live[slot] = (fresh, size, align, byte);
                return fine;
            }
            let fine = Walk::holds(memory, len, old);
            if what == 1 {
                let moved = unsafe { Heap.realloc(memory, layout, size) };
                let fine = fine && !moved.is_null() && moved as usize % align == 0;
                let fine = fine && Walk::holds(moved, len.min(size), old);
                unsafe { moved.write_bytes(byte, size) };
                self.live[slot] = (moved, size, align, byte);
                return fine;
            }
            unsafe { Heap.dealloc(memory, layout) };
            self.live[slot].0 = ptr::null_mut();
            fine
        }

        fn end(&mut self) {
            for (memory, len, align, _) in &mut self.live {
                if !memory.is_null() {
                    unsafe { Heap.dealloc(*memory, Layout::from_size_align(*len, *align).unwrap()) };
                    *memory = ptr::null_mut();
                }
            }
        }
    }

    /// Runs `body` in a forked child; whether it was true there. A child that hangs is killed.
    fn in_child(bare: bool, body: impl FnOnce() -> bool) -> bool {
        let child = unsafe {
            if bare { libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0) as i32 } else { libc::fork() }
        };
        assert!(child >= 0);
        if child == 0 {
            let fine = body();
            unsafe { libc::_exit(if fine { 0 } else { 1 }) };
        }
        let (mut status, start) = (0, Instant::now());
        while unsafe { libc::waitpid(child, &raw mut status, libc::WNOHANG) } != child {
            if start.elapsed() > Duration::from_secs(20) {
                // No lesser signal: what hangs may hang with all signals blocked.
                unsafe { libc::kill(child, libc::SIGKILL) };
            }
            std::thread::sleep(Duration::from_micros(100));
        }
        status == 0
    }

    #[test]
    fn contents_survive_in_several_threads() {
        std::thread::scope(|scope| {
            for seed in 1..=4 {
                scope.spawn(move || {
                    let mut walk = Walk::new(seed);
                    for _ in 0..8_000 {
                        assert!(walk.step());
                    }
                    walk.end();
                });
            }
        });
    }

    #[test]
    fn exhaustion_is_null_and_errno_stays() {
        Errno(1234).store();
        let layout = Layout::from_size_align(isize::MAX as usize - 4096, 1).unwrap();
        assert!(unsafe { Heap.alloc(layout) }.is_null());
        let layout = Layout::from_size_align(1 << 50, 1 << 13).unwrap();
        assert!(unsafe { Heap.alloc_zeroed(layout) }.is_null());
        let small = Layout::new::<[u8; 10]>();
        let memory = unsafe { Heap.alloc(small) };
        assert!(unsafe { Heap.realloc(memory, small, 1 << 50) }.is_null());
        unsafe { Heap.dealloc(memory, small) };
        assert_eq!(Errno::last(), Errno(1234));
    }

    #[test]
    fn child_has_a_fresh_heap_while_threads_allocate() {
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for seed in 1..=2 {
                let stop = &stop;
                scope.spawn(move || {
                    let mut walk = Walk::new(seed);
                    while !stop.load(Ordering::Relaxed) {
                        assert!(walk.step());
                    }
                    walk.end();
                });
            }
            let failed = (0..500).find(|&round| {
                !in_child(round % 2 == 0, || {
                    let mut walk = Walk::new(round);
                    (0..200).all(|_| walk.step())
                })
            });
            stop.store(true, Ordering::Relaxed);
            assert_eq!(failed, None);
        });
    }

    #[test]
    fn child_frees_inherited_memory_without_damage() {
        let mut inherited = Walk::new(77);
        for _ in 0..1_000 {
            assert!(inherited.step());
        }
        for round in 0..10 {
            let fine = in_child(true, || {
                // Before the child has a heap, and after; then frees and resizes what it inherited,
                // and its own child does the same with both.
                let mut own = Walk::new(round);
                let first = round % 2 == 0 || (0..100).all(|_| own.step());
                first
                    && (0..300).all(|_| inherited.step() && own.step())
                    && in_child(true, || (0..300).all(|_| inherited.step() && own.step()))
                    && (0..300).all(|_| own.step())
            });
            assert!(fine, "round {round}");
        }
        inherited.end();
    }

    static HANDLED: AtomicU32 = AtomicU32::new(0);
    static SPOILED: AtomicU32 = AtomicU32::new(0);

    extern "C" fn handler(_signal: i32) {
        let mut walk = Walk::new(u64::from(HANDLED.fetch_add(1, Ordering::Relaxed)));
        for _ in 0..8 {
            if !walk.step() {
                SPOILED.fetch_add(1, Ordering::Relaxed);
            }
        }
        walk.end();
    }

    #[test]
    fn signal_handlers_allocate() {
        let signal = libc::SIGRTMIN() + 7;
        let mut timer: libc::timer_t = ptr::null_mut();
        unsafe {
            let mut action: libc::sigaction = core::mem::zeroed();
            action.sa_sigaction = handler as *const () as usize;
            action.sa_flags = libc::SA_RESTART;
            assert_eq!(libc::sigaction(signal, &raw const action, ptr::null_mut()), 0);
            let mut event: libc::sigevent = core::mem::zeroed();
            event.sigev_notify = libc::SIGEV_THREAD_ID;
            event.sigev_signo = signal;
            event.sigev_notify_thread_id = libc::syscall(libc::SYS_gettid) as i32;
            assert_eq!(libc::timer_create(libc::CLOCK_MONOTONIC, &raw mut event, &raw mut timer), 0);
            let period = libc::timespec { tv_sec: 0, tv_nsec: 100_000 };
            let spec = libc::itimerspec { it_interval: period, it_value: period };
            assert_eq!(libc::timer_settime(timer, 0, &raw const spec, ptr::null_mut()), 0);
        }
        let (mut walk, start) = (Walk::new(5), Instant::now());
        while start.elapsed() < Duration::from_secs(2) {
            assert!(walk.step());
        }
        unsafe { libc::timer_delete(timer) };
        walk.end();
        assert!(HANDLED.load(Ordering::Relaxed) > 100);
        assert_eq!(SPOILED.load(Ordering::Relaxed), 0);
    }
}
