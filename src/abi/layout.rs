//! Compile-time checks that our view of the C structures is glibc's.

use core::mem::{offset_of, size_of};

use super::posix::Aioinit;
use super::solaris::AioResult;
use super::uaio::*;
use crate::engine::stats::OPERATIONS;
use crate::frontend::cmem::results::ResultWords;
use crate::frontend::cmem::{Aiocb, Sigevent};
use crate::request::{Operation, ROUTES, Route};

const _: () = {
    assert!(size_of::<Aiocb>() == size_of::<libc::aiocb>());
    assert!(offset_of!(Aiocb, aio_fildes) == offset_of!(libc::aiocb, aio_fildes));
    assert!(offset_of!(Aiocb, aio_lio_opcode) == offset_of!(libc::aiocb, aio_lio_opcode));
    assert!(offset_of!(Aiocb, aio_reqprio) == offset_of!(libc::aiocb, aio_reqprio));
    assert!(offset_of!(Aiocb, aio_buf) == offset_of!(libc::aiocb, aio_buf));
    assert!(offset_of!(Aiocb, aio_nbytes) == offset_of!(libc::aiocb, aio_nbytes));
    assert!(offset_of!(Aiocb, aio_sigevent) == offset_of!(libc::aiocb, aio_sigevent));
    assert!(offset_of!(Aiocb, aio_offset) == offset_of!(libc::aiocb, aio_offset));
    assert!(offset_of!(Aiocb, unseen) == 96);
    assert!(offset_of!(Aiocb, serial) == 104);
    assert!(offset_of!(Aiocb, error_code) == 112);
    assert!(offset_of!(Aiocb, return_value) == 120);
    assert!(offset_of!(Aiocb, reserved) == 136);
    assert!(size_of::<Sigevent>() == size_of::<libc::sigevent>());
    assert!(offset_of!(Sigevent, sigev_signo) == offset_of!(libc::sigevent, sigev_signo));
    assert!(offset_of!(Sigevent, sigev_notify) == offset_of!(libc::sigevent, sigev_notify));
    assert!(offset_of!(Sigevent, sigev_notify_function) == offset_of!(libc::sigevent, sigev_notify_thread_id));
    assert!(offset_of!(Sigevent, sigev_notify_attributes) == 24);
    assert!(size_of::<Aioinit>() == 32);
    assert!(size_of::<AioResult>() == 16 && size_of::<ResultWords>() == 16);
    assert!(align_of::<AioResult>() == align_of::<ResultWords>());
    assert!(offset_of!(AioResult, aio_return) == 0 && offset_of!(ResultWords, returned) == 0);
    assert!(offset_of!(AioResult, aio_errno) == 8 && offset_of!(ResultWords, error) == 8);
    // uaio_stats_t keeps room for what is still to come, and numbers it as we do.
    assert!(UAIO_ROUTES >= ROUTES && UAIO_OPERATIONS == OPERATIONS);
    assert!(UAIO_ROUTE_NONE == Route::Unrouted as i32 && UAIO_ROUTE_CALLER == Route::Caller as i32);
    assert!(UAIO_ROUTE_NATIVE == Route::Native as i32 && UAIO_ROUTE_RING == Route::Ring as i32);
    assert!(UAIO_ROUTE_STREAM == Route::Stream as i32 && UAIO_ROUTE_WORKER == Route::Worker as i32);
    assert!(UAIO_OPERATION_READ == Operation::Read as i32 && UAIO_OPERATION_WRITE == Operation::Write as i32);
    assert!(UAIO_OPERATION_FSYNC == Operation::Sync as i32);
    assert!(UAIO_OPERATION_FDATASYNC == Operation::DataSync as i32);
};
