//! `uaio` takes over POSIX asynchronous I/O in programs that exist: preloaded or linked, it answers
//! `aio_read` and its family in glibc's place, over io_uring and worker threads. Over the same engine
//! it offers the calls of Solaris' libaio, `aioread` and its family.
//!
//! What follows is the protocol. Code that changes it changes this text.
//!
//! # Layers
//!
//! `abi` (exported symbols) → `frontend` (C structures) → `engine` (files, order, completion,
//! waiting) → `backend` (what runs requests) → `request` (the record) → `sys` (system calls). Uses
//! go down only. Upwards a backend knows the engine as `Host`, and the engine a frontend as
//! `Dialect`.
//!
//! # The life of a request
//!
//! One record from the slab (`request::slab`), named by a token of index and generation. It goes in
//! by `Engine::submit` and out by `Engine::complete`; there is no other way. In between exactly one
//! party has it, which its `place` tells (`request::Place`): a lane or barrier of its file, a
//! backend's queue, or a backend that has started it. Whoever takes it out of such a place, under
//! the lock of that place, and only he, completes it: so a request ends once, whatever races.
//!
//! `complete` does, in this order: publish the result in the program's block; send the signal; end
//! the generation; wake who waits; leave the file, which may start a sync or the next of a lane; have
//! a notification by thread made; give the record back; count down the list it belongs to. After the
//! first step the program may free the block, so nothing of it is touched. A sync starts only after
//! the results of all that it covers are published. A wait that has begun ends with the generation,
//! not with the result: so the signal is there before the waiter wakes.
//!
//! # The program's block
//!
//! Its reserved bytes hold a token and a mark, which is keyed by the block's address and a secret
//! (`frontend::cmem`). A block is believed only if the mark fits; "in progress" only if the slab
//! agrees. Blocks that were never submitted, cleared, copied, or inherited from a parent process in
//! flight are told apart by that, and cost nothing to remember.
//!
//! # The program's result structure
//!
//! A Solaris request is known by the address of its `aio_result_t`, in which nothing is the
//! library's. So addresses are remembered: `engine::table` maps each that is in use to its request,
//! from the call until the result is handed out by `aiowait`, dropped or cancelled. Until then the
//! record is kept, also when the request is over: on the done queue (`engine::done`), by its own
//! links, so that a completion needs no memory. The result is shown in the program's memory under
//! the lock of the done queue, at the moment when the request enters it, so that who sees it there
//! finds it everywhere else, too. The sleep of `aiowait` is argued at the head of `engine::done`.
//!
//! `aio_waitn` is about POSIX requests, whose records end with them: `engine::harvest` says how they
//! are found again.
//!
//! # Locks
//!
//! Every lock is a futex (`sys::lock`) that can be taken only where no signal handler can run: the guard
//! demands a `Masked`, so the compiler sees to it. A signal handler therefore never finds a lock
//! held by the thread it interrupted. Where it counts, handlers are kept out at no system call: they are put off until
//! the thread has left its critical section (`sys::critical`), for which the calls that install handlers are the
//! library's (`abi::handlers`). Elsewhere, and where that cannot be had, all signals are blocked. Order:
//!
//! 0. the turn of a context of native AIO (`backend::native`), held while what it has finished is completed;
//! 1. a shard of the files (`engine::files`): everything outstanding on a file, its lanes and syncs,
//!    and the places Lane and Barrier;
//! 2. the inbox of a reactor, or the pool of the workers, and within it a stall (`backend::offers`): their queues,
//!    and the places Queue and Started. A stream's attempt at a transfer, which does not wait, is made under the inbox
//!    lock;
//! 3. a shard of the table of result pointers, and within it the done queue. Neither is taken with
//!    one of the ranks above, nor is one of rank 4 taken with them;
//! 4. the inbox of the notifier, the table of keepers, the growth of the slab, the table of
//!    `aio_waitn`; each by itself;
//! 5. the heap.
//!
//! The lock of the report (`engine::stats`) is taken with none of these, and none is taken with it.
//!
//! No two of a rank are ever held together, those of rank 3 and a stall within the pool excepted. Wake-ups, signals,
//! callbacks and thread starts happen after the unlock; `backend::Wakes` carries them there.
//!
//! # What needs no lock
//!
//! `aio_error`, `aio_return`: one look at the block, for a block in flight a second at the slab. The slab's free
//! lists: stacks of indices with a counter (no ABA). What all threads count: `sys::tally`. Waiting: `engine::wait`,
//! whose head has the argument. A transfer in the calling thread (`engine::caller`): it touches the block, and of a
//! write's file only hints and two words that say whether it is alone. A polling `aiowait` that finds nothing: one
//! load. The pages of the table of descriptors: published once, without waiting (`sys::publish`), as a handler may
//! come in between.
//!
//! # Models
//!
//! `tests/models.rs` builds these files once more with loom's atomics and a futex of its own, and runs each argument
//! under the orders that threads and stores can take, up to a number of preemptions:
//!
//! | argument                                                            | models                   |
//! |---------------------------------------------------------------------|--------------------------|
//! | free lists, generations, two keepers, growth (`request::slab`)       | `slab/…`                 |
//! | counted out first, then in: nothing is nothing (`sys::tally`)       | `tally/…`                |
//! | the lock word (`sys::lock`)                                         | `lock/…`                 |
//! | a list ends once, with all results in sight (`Request::counts_down`) | `countdown/…`            |
//! | watch, look again, sleep (`engine::wait`)                           | `wait/…`                 |
//! | the sleep of `aiowait` (`engine::done`)                             | `done/…`                 |
//! | rest, wake-up and leaving of a worker; taking back what is queued   | `workers/…`              |
//! | what is offered is accepted or taken back once, or run although nobody waits | `offers/…`       |
//! | sleep of the stream reactor in poll(2), its fence, taking back       | `streams/…`              |
//! | leader, drainer, the last event left in the ring, followers         | `native/…`               |
//!
//! A thread that sleeps in a ring goes by the same words as one in poll(2); the kernel is not modelled. Nor is the
//! write in the caller (`engine::caller`), whose two words order nothing between threads.
//!
//! # Threads
//!
//! None until a request needs one. All are detached, block every signal that a program can block
//! (glibc's two internal ones stay open: setuid() waits until every thread has handled one), and
//! all but `uaio-notify` leave when they have been idle.
//!
//! | name          | how many  | what                                                              |
//! |---------------|-----------|-------------------------------------------------------------------|
//! | `uaio-notify` | one       | starts all others; SIGEV_THREAD; signals that found no room       |
//! | `uaio-ring`   | up to two | one owns the ring for files, one that for streams (`backend::reactor`) |
//! | `uaio-N`      | 4 to 256  | workers (`backend::workers`)                                      |
//! | `uaio-native` | up to 8   | attendants: reap native AIO for those who do not (`backend::attendant`) |
//! | `uaio-keeper` | for a close | holds a closed descriptor's file in a table of its own (`engine::keeper`) |
//!
//! What native AIO has finished is completed by the threads of the program, whichever looks or waits: see
//! `backend::native` for how they take turns, `engine::lead` for how they wait.
//!
//! A thread of the program that waits for what workers have takes requests out of their queues as a worker does
//! (`Workers::give`), if they are quick, and runs them (`engine::caller`); and so what is offered by threads for whose
//! requests it waits.
//!
//! What all threads would write is split into parts by home (`sys::thread::home`): free lists, stalls, counts, serials.
//! A request keeps the home of the thread that submits it.
//!
//! Threads are started by `uaio-notify` and not by the caller, who may be a signal handler inside
//! malloc, which pthread_create calls. No thread of the program ever enters a ring: completions
//! would then run as task work of that thread, and its `epoll_wait` would return EINTR.
//!
//! # What a signal handler may call
//!
//! Everything in `abi::posix`, `abi::solaris` and `abi::interpose`, at any instant, also above any
//! call of ours; but above malloc not the call that starts `uaio-notify`, since pthread_create calls malloc: the first
//! of a process that queues something. The library has one handler itself, if the user asks for it by
//! `UAIO_STATS_SIGNAL` and the program leaves that signal alone: it writes the report.
//!
//! A handler that was installed past the library, by a raw system call, may come in a critical section. Its call then
//! fails with EAGAIN (`abi::guard::outside`), and from there on the kernel blocks signals in these sections.
//!
//! # Cancellation
//!
//! `aio_suspend`, `lio_listio(LIO_WAIT)`, `aiowait` and `aio_waitn` are cancellation points, and so is
//! `close`. Where they
//! sleep nothing is locked, nothing needs dropping, and no panic is caught on the stack; what may
//! panic runs before or after under `abi::guard::contained`.
//!
//! A thread may have chosen to be cancelled at any instant (asynchronous cancel type). In these calls and in
//! `close` it cannot be, but where they sleep and just before they return: `abi::guard::deferring`. The
//! other calls are not for such a thread; of all functions POSIX promises only three to it.
//!
//! # close
//!
//! Before a number is given up (`engine::closing`): requests that a ring has started get past a
//! fence, after which the kernel holds the file; those waiting for a worker, and a stream's write in
//! mid-way, go to a keeper, whose own descriptor table holds the file; those a worker is at, those of
//! native AIO, syncs, and what is parked in a lane of a file are waited for; a stream's other requests
//! end with ECANCELED, and so does everything of Solaris' that no ring and no worker has started. Before
//! all that, finished requests on the descriptor leave the done queue.
//!
//! # fork
//!
//! The engine hangs on one pointer in a page that fork empties (`sys::root`), and the heap's state
//! lies in another: a child finds neither, makes its own at its first request, and touches nothing
//! it inherited. Tokens carry the engine's epoch, so that blocks in flight in the parent are not in
//! flight in the child.
//!
//! # exit
//!
//! A function in `.fini_array` waits until accepted writes to files are finished, as long as some
//! still finish. Blocks that lie in the exiting thread's stack are not written to any more, from there on. What ends
//! between the return of `main` and that function still is, and nothing tells of that moment: `atexit` would, but takes
//! a lock of libc that a signal handler may have interrupted, and that a fork leaves held in the child.
//! A `__libc_start_main` of our own, which wraps `main`, would see it: but it would run in every program, also in those
//! that never use AIO (measured: 1.1 µs of each start), stand in every backtrace as the caller of `main`, and be what
//! programs linked with `-luaio` start by.

#![cfg_attr(test, allow(dead_code))] // what only `abi` uses

// Unit tests do without: with our names in it, a test program would lose glibc's.
#[cfg(not(test))]
mod abi;
mod backend;
mod engine;
mod frontend;
mod request;
mod sys;

#[cfg(not(test))]
#[global_allocator]
static HEAP: sys::heap::Heap = sys::heap::Heap;
