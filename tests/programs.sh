#!/usr/bin/env bash
# Real programs, unmodified, under libuaio.so: fio and stress-ng on every engine and filesystem.
#
#   tests/programs.sh                       each once
#   tests/programs.sh --reps 50             each fifty times
#   tests/programs.sh --engines glibc       the same without the library, to know what is normal
#
# A run passes if it ends in time with status 0, if fio says "err= 0" for each job, and if the
# dynamic linker had no complaint. Filesystems are made on loop devices, which takes root; what this
# machine cannot do is skipped, with a line that says so. Exit status: 0 all passed, 1 something
# failed, 2 nothing could be run.
set -u -o pipefail
shopt -s nullglob

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target=${CARGO_TARGET_DIR:-$here/target}

reps=1
engines="auto uring native threads"
filesystems="ext4 xfs btrfs tmpfs"
programs="fio-verify fio-direct stress-ng"
limit=120
library=${UAIO_LIBRARY:-$target/release/libuaio.so}
scratch=${TMPDIR:-/tmp}
image_mib=512
# A cell that fails this often is not tried further: fifty hangs would take hours.
max_failures=3

usage() {
    cat <<'EOF'
usage: tests/programs.sh [OPTION VALUE]...
  --reps N             runs of each program (1)
  --engines LIST       of auto uring native threads glibc (the first four)
  --filesystems LIST   of ext4 xfs btrfs tmpfs here (the first four); here: the scratch directory
  --programs LIST      of fio-verify fio-direct stress-ng (all)
  --limit SECONDS      a run that takes longer hangs (120)
  --library FILE       libuaio.so (target/release/libuaio.so)
  --scratch DIR        where images and files are made (TMPDIR or /tmp)
EOF
}

while [ $# -gt 0 ]; do
    case $1 in
        -h | --help) usage; exit 0 ;;
        --reps | --engines | --filesystems | --programs | --limit | --library | --scratch)
            [ $# -ge 2 ] || { usage >&2; exit 2; }
            printf -v "${1#--}" '%s' "$2"
            shift 2
            ;;
        *) usage >&2; exit 2 ;;
    esac
done
engines=${engines//,/ } filesystems=${filesystems//,/ } programs=${programs//,/ }

work=""
mounted=""
running=""

cleanup() {
    end_running
    unmount
    [ -z "$work" ] || rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# family PID: the process and all its descendants. Neither a process group nor a session would do:
# fio makes each of its jobs the leader of a new session.
family() {
    local -A parent=()
    local stat fields pid ancestor
    for stat in /proc/[0-9]*/stat; do
        pid=${stat#/proc/} pid=${pid%/stat}
        { read -r fields <"$stat"; } 2>/dev/null || continue
        fields=${fields##*) } # state, parent, ...
        fields=${fields#* }
        parent[$pid]=${fields%% *}
    done
    for pid in "${!parent[@]}"; do
        ancestor=$pid
        while [ -n "$ancestor" ] && [ "$ancestor" -gt 1 ] && [ "$ancestor" != "$1" ]; do
            ancestor=${parent[$ancestor]:-}
        done
        [ "$ancestor" != "$1" ] || echo "$pid"
    done
}

# Ends the running program, if any, with all its processes.
end_running() {
    [ -n "$running" ] || return 0
    local pids
    mapfile -t pids < <(family "$running")
    kill -KILL "${pids[@]}" 2>/dev/null
    wait "$running" 2>/dev/null
    running=
}

# The last of the killed processes may hold the filesystem for a moment.
unmount() {
    [ -n "$mounted" ] || return 0
    local try
    for try in {1..50}; do
        umount "$mounted" 2>/dev/null && break
        [ "$try" -lt 50 ] || umount -l "$mounted"
        sleep 0.1
    done
    mounted=
}

have() { command -v "$1" >/dev/null 2>&1; }
now_ms() { local t=${EPOCHREALTIME/[.,]/}; echo "${t%???}"; }
seconds() { printf '%d.%d' $(($1 / 1000)) $(($1 % 1000 / 100)); }

skipped=0
skip() {
    skipped=$((skipped + 1))
    echo "skipped: $*"
}

# mount_filesystem NAME: an empty filesystem of that kind at $place, or the reason in $why.
mount_filesystem() {
    place=$work/$1
    why=
    mkdir -p "$place"
    case $1 in
        here) return 0 ;;
        tmpfs | ext4 | xfs | btrfs) ;;
        *) why="unknown filesystem"; return 1 ;;
    esac
    if [ "$(id -u)" != 0 ]; then
        why="mounting takes root (try --filesystems here)"
        return 1
    fi
    if [ "$1" = tmpfs ]; then
        why=$(mount -t tmpfs -o "size=${image_mib}m" tmpfs "$place" 2>&1) || return 1
        mounted=$place
        return 0
    fi
    have "mkfs.$1" || { why="no mkfs.$1"; return 1; }
    local image=$work/$1.img
    truncate -s "${image_mib}M" "$image" || { why="cannot make an image"; return 1; }
    why=$("mkfs.$1" -q "$image" 2>&1) || return 1
    why=$(mount -o loop "$image" "$place" 2>&1) || return 1
    mounted=$place
}

unmount_filesystem() {
    unmount
    rm -rf "$place" "$place.img"
}

# The command of a program, in $command.
command_of() {
    local fio=(fio --name=t --ioengine=posixaio --rw=randrw --bs=4k --size=32m --iodepth=16
        --verify=crc32c --do_verify=1 --fsync=64)
    case $1 in
        fio-verify) command=("${fio[@]}" "--filename=$place/file") ;;
        fio-direct) command=("${fio[@]}" --thread --numjobs=4 --direct=1 "--directory=$place") ;;
        # It sleeps for 250 ms if all its requests finish before it begins to wait for a signal: some
        # seconds here are no sign of a stall.
        stress-ng) command=(stress-ng --aio 1 --aio-requests 16 --aio-ops 2000 --verify
            --metrics-brief --temp-path "$place") ;;
        *) return 1 ;;
    esac
}

# run_once ENGINE PROGRAM: 0 if it passed; else what is wrong is in $why and the output in $log.
run_once() {
    local environment=()
    [ "$1" = glibc ] || environment=("UAIO_ENGINE=$1" "LD_PRELOAD=$library")
    rm -rf "${place:?}"/*
    # Started in the filesystem, since fio leaves files where it is started.
    (cd "$place" && exec env "${environment[@]}" "${command[@]}") >"$log" 2>&1 </dev/null &
    running=$!
    local start status
    start=$(now_ms)
    while kill -0 "$running" 2>/dev/null; do
        if [ $(($(now_ms) - start)) -ge $((limit * 1000)) ]; then
            where_it_hangs >>"$log"
            end_running
            why="no end within $limit s"
            return 1
        fi
        sleep 0.05
    done
    wait "$running"
    status=$?
    running=
    why="exit status $status"
    [ "$status" = 0 ] || return 1
    why="the dynamic linker complains"
    ! grep -q 'ld\.so' "$log" || return 1
    case $2 in
        fio-*)
            why="no 'err= 0'"
            grep -q 'err= 0' "$log" || return 1
            why="a job with an error"
            ! grep 'err=' "$log" | grep -qv 'err= 0' || return 1
            ;;
    esac
}

# What every thread of the running program waits for.
where_it_hangs() {
    echo "=== threads after $limit s"
    local pid task
    for pid in $(family "$running"); do
        for task in "/proc/$pid/task"/*; do
            echo "$pid/${task##*/} $(cat "$task/comm") in $(cat "$task/wchan")"
            sed 's/^/    /' "$task/stack" 2>/dev/null
        done
    done
}

passed_cells=0 failed_cells=0
rows=()

run_cell() {
    local filesystem=$1 engine=$2 program=$3 passed=0 failed=0 rep start took
    local name="$filesystem $engine $program"
    start=$(now_ms)
    for ((rep = 1; rep <= reps; rep++)); do
        [ ! -t 1 ] || printf '\r\033[K%s: %d of %d' "$name" "$rep" "$reps"
        log=$work/log
        if run_once "$engine" "$program"; then
            passed=$((passed + 1))
            continue
        fi
        failed=$((failed + 1))
        mkdir -p "$target/programs"
        local kept="$target/programs/$filesystem-$engine-$program-$rep.log"
        cp "$log" "$kept"
        [ ! -t 1 ] || printf '\r\033[K'
        echo "FAILED: $name, run $rep: $why; the output is in $kept, its end:"
        tail -n 15 "$log" | sed 's/^/    /'
        if [ "$failed" -ge "$max_failures" ] && [ "$rep" -lt "$reps" ]; then
            echo "    $failed failures: the other $((reps - rep)) runs of $name are left out"
            break
        fi
    done
    took=$(seconds $(($(now_ms) - start)))
    [ ! -t 1 ] || printf '\r\033[K'
    echo "$name: $passed/$reps in $took s"
    rows+=("$filesystem $engine $program $passed/$reps $took")
    if [ "$passed" = "$reps" ]; then
        passed_cells=$((passed_cells + 1))
    else
        failed_cells=$((failed_cells + 1))
    fi
}

runnable=
for program in $programs; do
    case $program in
        fio-verify | fio-direct) tool=fio ;;
        stress-ng) tool=stress-ng ;;
        *) echo "unknown program: $program" >&2; exit 2 ;;
    esac
    if have "$tool"; then
        runnable="$runnable $program"
    else
        skip "$program: no $tool here"
    fi
done
for engine in $engines; do
    case $engine in
        glibc) ;;
        auto | uring | native | threads)
            if [ ! -f "$library" ]; then
                echo "$library is not there: cargo build --release" >&2
                exit 2
            fi
            ;;
        *) echo "unknown engine: $engine" >&2; exit 2 ;;
    esac
done

work=$(mktemp -d "$scratch/uaio-programs-XXXXXX") || exit 2
for filesystem in $filesystems; do
    if ! mount_filesystem "$filesystem"; then
        skip "$filesystem: $why"
        continue
    fi
    for engine in $engines; do
        for program in $runnable; do
            command_of "$program"
            run_cell "$filesystem" "$engine" "$program"
        done
    done
    unmount_filesystem
done

echo
printf '%-11s %-8s %-11s %9s %9s\n' filesystem engine program passed seconds
for row in "${rows[@]}"; do
    # shellcheck disable=SC2086  # five words, five columns
    printf '%-11s %-8s %-11s %9s %9s\n' $row
done
echo
echo "$passed_cells passed, $failed_cells failed, $skipped skipped"
[ "$failed_cells" = 0 ] || exit 1
[ "$passed_cells" != 0 ] || exit 2
