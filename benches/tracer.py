"""Counts what a client asks of the kernel while it runs, and where it spends its time."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

SWITCH = "switch"
# The client's own threads, and those of glibc: they have its name.
PROGRAM = "program"
# Where threads are not told apart.
ALL = "all"

# Counting is in the kernel, for what is started by this process and for its descendants. A thread has the number of
# its process here, those with which the kernel serves a ring included: so it is enough to follow new processes.
BPFTRACE = """
    BEGIN { printf("attached\\n") }
    // 0x10000 is CLONE_THREAD.
    tracepoint:task:task_newtask /(pid == PARENT || @tree[pid]) && (args->clone_flags & 0x10000) == 0/ {
        @tree[args->pid] = 1
    }
    tracepoint:raw_syscalls:sys_enter /@tree[pid]/ { @calls[comm, args->id] = count() }
    tracepoint:sched:sched_switch /@tree[pid]/ { @switches[comm] = count() }
    END { clear(@tree) }
"""
HEADER = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
STRACE_LINE = re.compile(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", re.MULTILINE)


class Unusable(Exception):
    """This cannot count here."""


def thread_name(comm):
    """Threads that do the same have one name."""
    if comm.startswith("uaio-"):
        return re.sub(r"\d+$", "N", comm)
    return "kernel" if comm.startswith("iou-") else PROGRAM


class Bpftrace:
    """System calls and context switches by thread, nearly undisturbed."""

    name = "bpftrace"
    # Requests of a short and of a long run of fio, where its clock is of no use.
    requests = (None, None)

    def __init__(self):
        if not shutil.which("bpftrace"):
            raise Unusable("it is not installed")
        defined = re.findall(r"#define __NR_(\w+) (\d+)", HEADER.read_text() if HEADER.exists() else "")
        self.names = {number: name for name, number in defined}
        # In a container the kernel may know this process by another number.
        _, counts = self.count(lambda: subprocess.run(["true"], check=True))
        if not counts:
            raise Unusable("it does not see the processes that are started here")

    def count(self, run):
        """What `run` returns, and the counts of what it started: {(thread, event): times}."""
        source = BPFTRACE.replace("PARENT", str(os.getpid()))
        # It ends with its child, which ends with its input. (A signal it overlooks if it is busy at that moment.)
        argv = ["bpftrace", "-f", "json", "-e", source, "-c", shutil.which("cat")]
        with subprocess.Popen(
            argv, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as tracer:
            try:
                if not any('"attached\\n"' in line for line in iter(tracer.stdout.readline, "")):
                    raise Unusable((tracer.stderr.read().strip().splitlines() or ["it ended"])[-1])
                result = run()
            finally:
                tracer.stdin.close()
            return result, self._parse(tracer.stdout.read())

    def _parse(self, output):
        counts = Counter()
        for line in output.splitlines():
            data = json.loads(line)["data"] if '"map"' in line else {}
            for key, times in data.get("@calls", {}).items():
                comm, _, number = key.rpartition(",")
                counts[thread_name(comm), self.names.get(number, f"call {number}")] += times
            for comm, times in data.get("@switches", {}).items():
                counts[thread_name(comm), SWITCH] += times
        return counts


class Strace:
    """System calls alone. It slows them down, which changes what the library does: where bpftrace cannot be had."""

    name = "strace"
    requests = (2000, 4000)

    def __init__(self, programs):
        if not shutil.which("strace"):
            raise Unusable("it is not installed")
        self.programs = programs

    def count(self, run):
        with tempfile.NamedTemporaryFile("r", suffix=".strace") as summary:
            self.programs.under = ("strace", "-f", "-c", "-o", summary.name)
            try:
                result = run()
            finally:
                self.programs.under = ()
            found = STRACE_LINE.findall(summary.read())
        return result, Counter({(ALL, name): int(times) for times, name in found if name != "total"})


class Perf:
    """Where processor time is spent: samples in the kernel, the library, the clock (whoever reads it) and elsewhere."""

    name = "perf"
    requests = (None, None)
    shares = ("kernel", "library", "clock", "client")

    def __init__(self, programs):
        if not shutil.which("perf"):
            raise Unusable("it is not installed")
        self.programs = programs
        self.places = {"[kernel.kallsyms]": "kernel", programs.library.name: "library", "[vdso]": "clock"}

    def count(self, run):
        with tempfile.TemporaryDirectory() as directory:
            file = f"{directory}/samples"
            self.programs.under = ("perf", "record", "--quiet", "-F", "4999", "-e", "cpu-clock", "-o", file)
            try:
                result = run()
            finally:
                self.programs.under = ()
            argv = ["perf", "report", "--stdio", "--quiet", "-i", file, "--fields", "sample,dso"]
            report = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
        counts = Counter()
        for line in filter(None, map(str.split, report.splitlines())):
            counts[ALL, self.places.get(line[1], "client")] += int(line[0])
        return result, counts
