//! uaio
mod abi;
mod backend;
mod engine;
mod frontend;
mod request;
mod sys;

#[cfg(not(test))]
#[global_allocator]
static HEAP: sys::heap::Heap = sys::heap::Heap;

const _: () = assert!(size_of::<engine::Engine>() < 3000);
