//! checksum: sums up a file's bytes, with several reads in flight, by the C library's POSIX AIO.
//!
//! ```sh
//! cargo build --release --examples
//! target/release/uaio run --stats -- target/release/examples/checksum FILE
//! ```
//!
//! The crate `uaio` is not named here, on purpose: its exported names would replace the C library's inside this very
//! program. What a program in Rust calls is `libc::aio_*`, and who answers is decided when it is started.
#![allow(unsafe_code)]
// Unsafe here: calls of the C library with pointers to blocks and buffers.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::process::ExitCode;
use std::ptr;

const DEPTH: usize = 8;
const PIECE_BYTES: usize = 64 * 1024;

/// A read, boxed: the C library knows it by the address of its block.
struct Read<'a> {
    block: libc::aiocb,
    buffer: Vec<u8>,
    outstanding: bool,
    file: &'a File,
}

impl<'a> Read<'a> {
    fn start(file: &'a File, offset: i64) -> io::Result<Box<Read<'a>>> {
        // SAFETY: a block of zeros is valid.
        let block = unsafe { std::mem::zeroed::<libc::aiocb>() };
        let mut read = Box::new(Read { block, buffer: vec![0; PIECE_BYTES], outstanding: false, file });
        read.block.aio_fildes = read.file.as_raw_fd();
        read.block.aio_offset = offset;
        read.block.aio_buf = read.buffer.as_mut_ptr().cast();
        read.block.aio_nbytes = read.buffer.len();
        read.block.aio_sigevent.sigev_notify = libc::SIGEV_NONE;
        // SAFETY: the block and the buffer live on the heap, and `drop` waits until the request is over.
        if unsafe { libc::aio_read(&raw mut read.block) } != 0 {
            return Err(io::Error::last_os_error());
        }
        read.outstanding = true;
        Ok(read)
    }

    /// Waits; the request's errno, or 0.
    fn wait(&mut self) -> i32 {
        loop {
            // SAFETY: the block was submitted and has not moved.
            let error = unsafe { libc::aio_error(&raw const self.block) };
            if error != libc::EINPROGRESS {
                self.outstanding = false;
                return error;
            }
            let list = [&raw const self.block];
            // SAFETY: a list of one such block.
            unsafe { libc::aio_suspend(list.as_ptr(), 1, ptr::null()) };
        }
    }

    /// The bytes that were read.
    fn finish(&mut self) -> io::Result<&[u8]> {
        let error = self.wait();
        // SAFETY: the request is over, and its result was not taken yet.
        let count = unsafe { libc::aio_return(&raw mut self.block) };
        if error != 0 {
            return Err(io::Error::from_raw_os_error(error));
        }
        Ok(&self.buffer[..count as usize])
    }
}

impl Drop for Read<'_> {
    fn drop(&mut self) {
        if self.outstanding {
            // SAFETY: the block was submitted and has not moved.
            unsafe { libc::aio_cancel(self.block.aio_fildes, &raw mut self.block) };
            self.wait();
        }
    }
}

fn checksum(file: &File) -> io::Result<(u64, u64)> {
    let mut offset = 0;
    let mut start_next = || {
        let read = Read::start(file, offset);
        offset += PIECE_BYTES as i64;
        read
    };
    let mut reads = (0..DEPTH).map(|_| start_next()).collect::<io::Result<Vec<_>>>()?;
    let (mut sum, mut total) = (0, 0);
    for turn in 0.. {
        let read = &mut reads[turn % DEPTH];
        let bytes = read.finish()?;
        sum += bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>();
        total += bytes.len() as u64;
        // Short only at the end of the file.
        if bytes.len() < PIECE_BYTES {
            break;
        }
        *read = start_next()?;
    }
    Ok((sum, total))
}

fn main() -> ExitCode {
    let Some(name) = std::env::args_os().nth(1) else {
        eprintln!("usage: checksum FILE");
        return ExitCode::from(2);
    };
    match File::open(&name).and_then(|file| checksum(&file)) {
        Ok((sum, bytes)) => {
            println!("{sum} {bytes}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("checksum: {}: {error}", Path::new(&name).display());
            ExitCode::FAILURE
        }
    }
}
