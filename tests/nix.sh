#!/usr/bin/env bash
# The AIO tests of the nix crate, unmodified, on glibc and preloaded with libuaio.so on every engine.
#
#   tests/nix.sh                 each once
#   tests/nix.sh --reps 20       each twenty times
#
# The crate comes from the registry with its own tests in it; nothing of it is in this repository. What nix
# itself leaves out on Linux (it wants a bad descriptor to be refused at the call, which glibc does not do either)
# is counted as ignored. Exit status: 0 all passed on the library, 1 something failed there, 2 it could not be
# built, 77 the crate cannot be had here.
set -u -o pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target=${CARGO_TARGET_DIR:-$here/target}

version=0.31
reps=1
engines="glibc auto uring native threads"
limit=60
library=${UAIO_LIBRARY:-$target/release/libuaio.so}
scratch=${TMPDIR:-/tmp}

usage() {
    cat <<'END'
usage: tests/nix.sh [OPTION VALUE]...
  --reps N           runs of the tests (1)
  --engines LIST     of glibc auto uring native threads (all)
  --version VERSION  of nix (0.31, whichever 0.31.x is newest)
  --limit SECONDS    a run that takes longer hangs (60)
  --library FILE     libuaio.so (target/release/libuaio.so)
  --scratch DIR      where it is built and run (TMPDIR or /tmp)
END
}

while [ $# -gt 0 ]; do
    case $1 in
        -h | --help) usage; exit 0 ;;
        --reps | --engines | --version | --limit | --library | --scratch)
            [ $# -ge 2 ] || { usage >&2; exit 2; }
            printf -v "${1#--}" '%s' "$2"
            shift 2
            ;;
        *) usage >&2; exit 2 ;;
    esac
done
[ -e "$library" ] || { echo "no $library: cargo build --release makes it" >&2; exit 2; }
library=$(realpath "$library")

work=$(mktemp -d "$scratch/uaio-nix-XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
log=$work/log

# A package of nothing but the dependency: `cargo vendor` then unpacks the crate as it was published.
mkdir -p "$work/fetch/src"
touch "$work/fetch/src/lib.rs"
printf '[package]\nname = "fetch"\nedition = "2021"\n[dependencies]\nnix = "%s"\n[workspace]\n' "$version" \
    >"$work/fetch/Cargo.toml"
if ! (cd "$work/fetch" && cargo vendor "$work/vendor") >"$log" 2>&1; then
    tail -n 3 "$log"
    echo "skipped: the crate nix $version cannot be had here"
    exit 77
fi
mv "$work/vendor/nix" "$work/nix"
cd "$work/nix" || exit 2
echo "nix $(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)"

if ! CARGO_TARGET_DIR=$work/target cargo test --all-features --test test --no-run --message-format=json \
    >"$work/messages" 2>"$log"; then
    tail -n 30 "$log"
    exit 2
fi
program=$(sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' "$work/messages" | tail -n 1)
[ -x "$program" ] || { echo "cargo names no test program" >&2; exit 2; }

status=0
printf '%-8s %5s %8s %8s %8s\n' engine runs passed failed ignored
for engine in ${engines//,/ }; do
    environment=()
    [ "$engine" = glibc ] || environment=("UAIO_ENGINE=$engine" "LD_PRELOAD=$library")
    passed=0 failed=0 ignored=0
    for ((run = 0; run < reps; run++)); do
        timeout -k 1 "$limit" env "${environment[@]}" "$program" test_aio >"$log" 2>&1
        ended=$?
        read -r p f i < <(sed -n 's/^test result: .*\. \([0-9]*\) passed; \([0-9]*\) failed; \([0-9]*\) ignored.*/\1 \2 \3/p' \
            "$log") || { p=0 f=1 i=0; }
        # None passed would be a filter that matches nothing; the dynamic linker goes on without the library.
        if [ "$ended" != 0 ] || [ "$p" = 0 ] || grep -q 'cannot be preloaded' "$log"; then
            [ "$f" != 0 ] || f=1
            echo "--- $engine, run $((run + 1)): status $ended"
            tail -n 30 "$log"
            [ "$engine" = glibc ] || status=1
        fi
        passed=$((passed + p)) failed=$((failed + f)) ignored=$((ignored + i))
    done
    printf '%-8s %5s %8s %8s %8s\n' "$engine" "$reps" "$passed" "$failed" "$ignored"
done
exit $status
