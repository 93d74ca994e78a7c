#!/usr/bin/env bash
# What `uaio doctor` says, and whether programs still run with the library, in four states: as the machine is, behind a
# seccomp filter that refuses io_uring, while its sysctl disables it, and while fs.aio-max-nr is used up. The programs
# are `uaio demo` and fio, which verify every byte. Needs root; changes both sysctls for some seconds, and puts them
# back. Not part of `cargo test`, since everything else on the machine is touched.
#
#     tests/doctor.sh [LAUNCHER]          (default: target/release/uaio)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

uaio=$(realpath "${1:-target/release/uaio}")
disabled=/proc/sys/kernel/io_uring_disabled
requests=/proc/sys/fs/aio-max-nr
place=$(mktemp -d "$(dirname "$uaio")/doctor-XXXXXX")
old_disabled=
old_requests=
# What refuses something to all that is started behind it.
refusing=()

restore() {
    [ -z "$old_disabled" ] || echo "$old_disabled" >$disabled
    [ -z "$old_requests" ] || echo "$old_requests" >$requests
    old_disabled=
    old_requests=
}
trap 'restore; rm -rf "$place"' EXIT

# expect STATE STATUS FIELD=VALUE...: what the doctor says and how it ends; and two programs do their work.
expect() {
    local status=0 state=$1 wanted=$2
    shift 2
    "${refusing[@]}" "$uaio" doctor --json "$place" >"$place/report" || status=$?
    [ "$status" = "$wanted" ] || { echo "status $status, wanted $wanted"; cat "$place/report"; exit 1; }
    python3 - "$place/report" "$@" <<'END'
import json, sys
report = json.load(open(sys.argv[1]))
for claim in sys.argv[2:]:
    path, wanted = claim.split("=")
    value = report
    for key in path.split("."):
        value = value[int(key)] if isinstance(value, list) else value.get(key)
        if value is None:
            break
    if str(value) != wanted:
        sys.exit(f"{path} is {value}, wanted {wanted}\n{json.dumps(report, indent=2)}")
END
    works demo "${refusing[@]}" "$uaio" demo --size 8M --ops 400 --rounds 1 --dir "$place"
    grep -q 'Differences: 0\.' "$place/demo"
    if command -v fio >/dev/null; then
        works fio "${refusing[@]}" "$uaio" run -- fio --name=t --ioengine=posixaio --filename="$place/file" \
            --rw=randrw --bs=4k --size=8m --iodepth=16 --fsync=64 --verify=crc32c --do_verify=1 --verify_state_save=0
        grep -q 'err= 0' "$place/fio"
    else
        echo "skipped: fio, which is not on this machine"
    fi
    echo "$state: as it should be: status $wanted, $*"
}

# works NAME PROGRAM...: it ends well; what it says is in a file of that name.
works() {
    local log=$place/$1
    shift
    timeout 60 "$@" >"$log" 2>&1 || { cat "$log"; exit 1; }
}

if "$uaio" doctor --json "$place" >/dev/null; then
    expect "normal" 0 status=fine io_uring.state=present native_aio.state=present streams=ring
else
    echo "skipped: the normal state, since this machine refuses something as it is"
fi

gcc -o "$place/refuse" benches/refuse.c
refusing=("$place/refuse" uring)
expect "seccomp" 1 io_uring.state=refused io_uring.error=EPERM status=reduced streams=poll \
    places.0.uses.read.routes.ring=None places.0.uses.direct-read.routes.ring=None
refusing=()

if [ ! -w $disabled ] || ! cat $disabled >$disabled 2>/dev/null; then
    echo "skipped: $disabled cannot be written here"
elif [ "$(cat $disabled)" = 2 ]; then
    echo "skipped: io_uring is disabled already"
else
    old_disabled=$(cat $disabled)
    echo 2 >$disabled
    expect "kernel.io_uring_disabled" 1 io_uring.state=disabled io_uring.errno=1 status=reduced streams=poll \
        places.0.uses.direct-read.routes.ring=None
    restore
fi

if [ ! -w $requests ] || ! cat $requests >$requests 2>/dev/null; then
    echo "skipped: $requests cannot be written here"
else
    old_requests=$(cat $requests)
    cat /proc/sys/fs/aio-nr >$requests
    expect "fs.aio-max-nr" 1 native_aio.state=used-up native_aio.error=EAGAIN native_aio.left=0 status=reduced \
        places.0.uses.direct-read.routes.native=None
    restore
fi
