"""The matrix: what each row runs, on which file, against whom, and what it must reach.

A row is a function that gives its lines. The short form takes the first of several cases that differ in numbers
only, so that it goes through the code of every row.
"""

from dataclasses import dataclass

from client import Command
from judge import ASYNCHRONOUS, CPU, IOPS, LATENCY, SPARSE_CPU, Against, Bound, Line, Scales, cost
from place import Place, Unavailable

READ, WRITE = "--rw=randread", "--rw=randwrite"
DIRECT = "--direct=1"
# fio's option for an engine that blocks is the same: it then has one request at a time.
ENGINES = ("io_uring", "libaio", "psync")

TWO_THREADS = "--thread --numjobs=2"
ONE_THREAD = " (1 thread)"


@dataclass(frozen=True)
class Workload:
    """One job and all who do it."""

    name: str
    place: Place
    # Settled before each run; None where the client needs no file.
    file: str | None
    contestants: dict[str, Command]


def must(factor, *peers):
    return Against(factor, peers)


def stretch(factor, *peers):
    return Against(factor, peers, stretch=True)


def must_best(factor):
    """Against the best of what a program could use instead."""
    return Against(factor, ASYNCHRONOUS)


def stretch_best(factor):
    return Against(factor, ASYNCHRONOUS, stretch=True)


class Matrix:
    def __init__(self, programs, places, short):
        self.programs = programs
        self.places = places
        self.short = short
        # By name: two rows that look at the same job share its runs.
        self.workloads = {}
        self.skipped = []

    def lines(self, row):
        """The lines of a row; none if this machine cannot have it, and then `skipped` says why."""
        try:
            return list(ROWS[row](self))
        except Unavailable as why:
            self.skipped.append(f"row {row}: {why}")
            return []

    # ---- building blocks ----

    def cases(self, *cases):
        """Cases that differ in numbers only."""
        return cases[:1] if self.short else cases

    def share(self, name, make):
        if name not in self.workloads:
            self.workloads[name] = make()
        return self.workloads[name]

    def fio_contestants(self, file, job, engines=ENGINES, refused="", **options):
        """The library, glibc, and those engines of fio that are there."""
        fio = self.programs.fio
        contestants = {
            "uaio": fio("posixaio", file, job, preload=True, refused=refused, **options),
            "glibc": fio("posixaio", file, job, refused=refused, **options),
        }
        for engine in engines:
            if self.programs.has(engine):
                contestants[engine] = fio(engine, file, job, refused=refused, **options)
        return contestants

    def fio_workload(self, name, kind, job, place=None, **options):
        place = place or self.places.here()
        make = lambda: Workload(name, place, kind, self.fio_contestants(place.file(kind), job, **options))
        return self.share(name, make)

    def pair(self, name, kind, program, *arguments, **peers):
        """One of our programs under the library and on glibc, and peers: programs that may be missing."""
        place = self.places.here()
        argv = (place.file(kind), *arguments)
        contestants = {
            "uaio": self.programs.program(program, *argv, preload=True),
            "glibc": self.programs.program(program, *argv),
        }
        for peer, other in peers.items():
            if self.programs.has(other):
                contestants[peer] = self.programs.program(other, *argv)
        return Workload(name, place, kind, contestants)

    def direct_file(self):
        if not self.programs.has("O_DIRECT"):
            raise Unavailable("the directory's filesystem has no O_DIRECT")
        return "direct"

    # ---- jobs that more than one row looks at ----

    def direct_read(self, depth):
        return self.fio_workload(
            f"direct read, depth {depth}", self.direct_file(), f"{READ} {DIRECT} --iodepth={depth}"
        )

    def cached_read(self, depth):
        return self.fio_workload(f"cached read, depth {depth}", "cached", f"{READ} --iodepth={depth}")

    def buffered_write(self, depth):
        return self.fio_workload(f"buffered write, depth {depth}", "cached", f"{WRITE} --iodepth={depth}")

    # ---- the rows ----

    def row_1(self):
        required = (must(1.0, "io_uring"), must(1.3, "glibc"), stretch(1.1, "io_uring"))
        yield Line(1, self.direct_read(1), IOPS, required, charted=True)

    def row_2(self):
        required = (must(1.0, "io_uring", "libaio"), must(4.5, "glibc"), stretch(1.05, "io_uring", "libaio"))
        yield Line(2, self.direct_read(32), IOPS, required, charted=True)

    def row_3(self):
        required = (must_best(0.97), must(5, "glibc"), stretch_best(1.0))
        yield Line(3, self.direct_read(128), IOPS, required, charted=True)

    def row_4(self):
        job = f"{WRITE} {DIRECT} --iodepth=32"
        workload = self.fio_workload("direct write, depth 32", self.direct_file(), job)
        required = (must_best(1.0), must(5, "glibc"), stretch_best(1.05))
        yield Line(4, workload, IOPS, required, charted=True)

    def row_5(self):
        required = (must(1.2, "io_uring"), must(10, "glibc"), stretch(0.98, "psync"))
        yield Line(5, self.cached_read(1), IOPS, required, charted=True)

    def row_6(self):
        required = (must(1.2, "io_uring"), stretch(1.4, "io_uring"))
        yield Line(6, self.cached_read(32), IOPS, required, charted=True)

    def row_7(self):
        # Each block at most once, which takes fio's map: after that it is cached, and the faster an engine,
        # the sooner it would be measured on cached blocks. The job ends early if all blocks are read.
        job = f"{READ} --iodepth=32 --invalidate=1"
        workload = self.fio_workload("uncached buffered read, depth 32", "uncached", job, timed=())
        required = (must(0.95, "io_uring"), must(4, "glibc"), stretch(1.0, "io_uring"))
        yield Line(7, workload, IOPS, required, charted=True)

    def row_8(self):
        required = (must(10, "io_uring", "glibc"), must(1.2, "libaio"), stretch(0.85, "psync"))
        yield Line(8, self.buffered_write(1), IOPS, required, charted=True)

    def row_9(self):
        required = (must_best(1.05), stretch_best(1.25))
        yield Line(9, self.buffered_write(32), IOPS, required, charted=True)

    def row_10(self):
        place = self.places.tmpfs()
        cases = (("read", READ, 1), ("read", READ, 32), ("write", WRITE, 1), ("write", WRITE, 32))
        for name, way, depth in self.cases(*cases):
            workload = self.fio_workload(f"tmpfs {name}, depth {depth}", "cached", f"{way} --iodepth={depth}", place)
            required = [must_best(1.0), stretch(0.95, "psync")]
            if depth == 1:
                required.append(must(10, "glibc", "io_uring"))
            yield Line(10, workload, IOPS, tuple(required), charted=True)

    def row_11(self):
        same_as = (
            (self.row_2, "direct", f"{READ} {DIRECT} --iodepth=32"),
            (self.row_5, "cached", f"{READ} --iodepth=1"),
            (self.row_9, "cached", f"{WRITE} --iodepth=32"),
        )
        for row, kind, job in self.cases(*same_as):
            (single,) = row()
            place = single.workload.place
            file = place.file(kind)
            contestants = self.fio_contestants(file, f"{job} {TWO_THREADS}")
            # One thread in the same rounds: what is compared must have been measured side by side.
            alone = self.fio_contestants(file, f"{job} --thread", engines=("io_uring", "libaio"))
            contestants |= {name + ONE_THREAD: command for name, command in alone.items()}
            workload = Workload(f"{single.workload.name}, 2 threads", place, kind, contestants)
            yield Line(11, workload, IOPS, single.required)
            yield Line(11, workload, IOPS, (Scales(1.8, ONE_THREAD),), what="scaling")

    def row_12(self):
        workload = self.pair(
            "lio_listio of 32 direct reads", self.direct_file(), "lists", self.programs.seconds, io_uring="lists_uring"
        )
        yield Line(12, workload, IOPS, (must(1.0, "io_uring"), must(5, "glibc")), charted=True)

    def row_13(self):
        for how, name in (("signal", "SIGEV_SIGNAL"), ("thread", "SIGEV_THREAD")):
            title = f"{name}, direct read, depth 32"
            workload = self.pair(title, self.direct_file(), "notify", how, self.programs.seconds)
            # Not in the picture: no engine of the kernel's does this, and times glibc is another scale.
            yield Line(13, workload, IOPS, (must(3, "glibc"),))

    def row_14(self):
        place = self.places.here()
        for refused, name, engines, required in (
            ("uring", "io_uring refused", ("libaio",), must(1.0, "libaio")),
            ("both", "io_uring and native AIO refused", (), must(3, "glibc")),
        ):
            for way, what in self.cases((READ, "read"), (WRITE, "write")):
                job = f"{way} {DIRECT} --iodepth=32"
                title = f"direct {what}, depth 32, {name}"
                workload = self.fio_workload(title, self.direct_file(), job, place, engines=engines, refused=refused)
                yield Line(14, workload, IOPS, (required,))

    def row_15(self):
        job = f"{WRITE} --iodepth=32 --fsync=32"
        workload = self.fio_workload("write and aio_fsync, one per 32", "cached", job, engines=("io_uring", "libaio"))
        yield Line(15, workload, IOPS, (must(1.0, "glibc"), must(0.95, "io_uring")), charted=True)

    def row_16(self):
        place = self.places.here()
        file = place.file(self.direct_file())
        posix = self.programs.fio("posixaio", file, f"{READ} {DIRECT} --iodepth=32", preload=True)
        contestants = {"row 2": posix}
        for how in ("preset", "plain"):
            contestants[how] = self.programs.program("solaris", file, how, self.programs.seconds, preload=True)
        workload = Workload("Solaris loop, direct read, depth 32", place, "direct", contestants)
        for how in ("preset", "plain"):
            yield Line(16, workload, IOPS, (must(0.95, "row 2"),), what=how, subject=how)

    def row_17(self):
        for workload in (self.direct_read(32), self.cached_read(1), self.buffered_write(32)):
            yield Line(17, workload, CPU, (must(1.1, "io_uring"),), what="cost")

    def row_18(self):
        program = self.programs.program("outstanding", preload=True)
        workload = Workload("10 000 reads waiting on pipes", self.places.here(), None, {"uaio": program})
        # What is outstanding grows a hundredfold, what is cancelled tenfold; a little growth is the processor's cache.
        for figure, limit, what in (
            (cost("bytes_per_request", "bytes per request"), 1024, "memory"),
            (cost("growth_outstanding", "× for 100 × as many outstanding"), 3, "aio_cancel of one"),
            (cost("growth_cancelled", "× per request for 10 × as many cancelled"), 2, "aio_cancel of a queue"),
        ):
            yield Line(18, workload, figure, (Bound(limit),), what=what)

    def row_19(self):
        workload = self.pair("single calls", "cached", "calls")
        yield Line(19, workload, cost("aio_error_ns", "ns"), (Bound(5),), what="aio_error, finished")
        extra = cost("close_extra_ns", "ns over the system call")
        yield Line(19, workload, extra, (Bound(20),), what="close without AIO")

    def row_20(self):
        place = self.places.here()
        turns = 20 if self.short else 500
        loader = self.programs.program("load", self.programs.library, self.programs.empty, turns)
        workload = Workload("load into `true`", place, None, {"uaio": loader})
        yield Line(20, workload, cost("load_percent", "% longer"), (Bound(2),))
        # What no library can be below.
        yield Line(20, workload, cost("empty_percent", "% longer"), (), what="a library with nothing in it")
        for what in ("file", "pipe"):
            workload = self.pair(f"resident memory after the first request, {what}", "cached", "resident", what)
            yield Line(20, workload, cost("resident_kib", "KiB"), (Bound(1024),))

    def row_21(self):
        for what, kind, name in (("read", "uncached", "uncached read"), ("write", "cached", "buffered write")):
            for interval in self.cases(200, 1000):
                pace = (what, interval, self.programs.seconds)
                workload = self.pair(f"{name} every {interval} µs", kind, "sparse", *pace, io_uring="sparse_uring")
                yield Line(21, workload, LATENCY, (must(1.0, "glibc", "io_uring"),), what="latency")
                yield Line(21, workload, SPARSE_CPU, (must(1.2, "glibc", "io_uring"),), what="CPU")

    def row_22(self):
        for name, find in (("overlayfs", self.places.overlay), ("XFS", self.places.xfs)):
            try:
                place = find()
            except Unavailable as why:
                self.skipped.append(f"row 22: {name}: {why}")
                continue
            for what, job in (
                ("cached read, depth 1", f"{READ} --iodepth=1"),
                ("buffered write, depth 32", f"{WRITE} --iodepth=32"),
            ):
                workload = self.fio_workload(f"{name}, {what}", "cached", job, place, engines=("io_uring", "libaio"))
                yield Line(22, workload, IOPS, (must_best(1.0),))


ROWS = {number: getattr(Matrix, f"row_{number}") for number in range(1, 23)}
