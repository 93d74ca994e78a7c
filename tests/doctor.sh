#!/usr/bin/env bash
# What `uaio doctor` says, and whether the library still works, while the whole machine refuses something: io_uring by
# its sysctl, native AIO because fs.aio-max-nr is used up. Needs root; changes both sysctls for some seconds, and puts
# them back. Not part of `cargo test`, since everything else on the machine is touched.
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

restore() {
    [ -z "$old_disabled" ] || echo "$old_disabled" >$disabled
    [ -z "$old_requests" ] || echo "$old_requests" >$requests
    old_disabled=
    old_requests=
}
trap 'restore; rm -rf "$place"' EXIT

# expect STATUS FIELD=VALUE...: what the doctor says and how it ends; and one client verifies every byte.
expect() {
    local status=0 wanted=$1
    shift
    "$uaio" doctor --json "$place" >"$place/report" || status=$?
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
    "$uaio" demo --size 8M --ops 400 --rounds 1 --dir "$place" >"$place/demo" 2>&1 || { cat "$place/demo"; exit 1; }
    grep -q 'Differences: 0\.' "$place/demo"
    echo "as it should be: status $wanted, $*"
}

if [ ! -w $disabled ] || ! cat $disabled >$disabled 2>/dev/null; then
    echo "skipped: $disabled cannot be written here"
elif [ "$(cat $disabled)" = 2 ]; then
    echo "skipped: io_uring is disabled already"
else
    old_disabled=$(cat $disabled)
    echo 2 >$disabled
    expect 1 io_uring.state=disabled io_uring.errno=1 status=reduced streams=poll \
        places.0.uses.direct-read.routes.ring=None
    restore
fi

if [ ! -w $requests ] || ! cat $requests >$requests 2>/dev/null; then
    echo "skipped: $requests cannot be written here"
else
    old_requests=$(cat $requests)
    cat /proc/sys/fs/aio-nr >$requests
    expect 1 native_aio.state=used-up native_aio.error=EAGAIN native_aio.left=0 status=reduced \
        places.0.uses.direct-read.routes.native=None
    restore
fi
