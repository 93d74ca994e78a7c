#!/usr/bin/env bash
# The C tests under ThreadSanitizer, with the library instrumented, too.
#
#   tests/tsan.sh posix/suspend          arguments as for cargo test --test c_tests --
#
# -Zsanitizer is for nightly compilers; RUSTC_BOOTSTRAP lets a stable one take it. Its standard library stays as it
# is: what is ordered by it alone, as by a std::sync::OnceLock, is reported falsely, and is in tests/tsan.supp. What
# threads of the program share without a lock is in `sys::publish` for that reason, too; the report itself can hang the
# runtime of gcc 12. ThreadSanitizer knows no fences: what `engine::wait` argues with them is for tests/models.rs.
#
# c-tests/tsan.c tells it what the library transfers, so that it sees whether a buffer is handed to a worker and back,
# by the library's own atomics. Therefore not helgrind and drd: they know neither these atomics nor the futexes. Of
# posix/write_then_read on threads helgrind reports 253 places, drd 301; with all suppressed that the library itself
# does to memory, 10 of the first 29 programs of posix still have reports, each of a block or buffer that is used again
# after the end of its request. Annotations in the library would only have them believe what is to be shown.
set -eu
cd "$(dirname "${BASH_SOURCE[0]}")/.."

target=${CARGO_TARGET_DIR:-$PWD/target}
triple=$(rustc -vV | sed -n 's/^host: //p')
RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer" CARGO_TARGET_DIR=$target/tsan \
    cargo build --quiet --lib --target "$triple"
UAIO_TEST_UNDER=tsan UAIO_LIB=$target/tsan/$triple/debug/libuaio.so cargo test --test c_tests -- "$@"
