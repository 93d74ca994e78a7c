"""The programs that make the requests: fio and our own, each run checked before its figures count."""

import json
import os
import resource
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from statistics import median

# Above what a run is to take: preparing, and a machine with other work.
GRACE_SECONDS = 60
SKIPPED_STATUS = 77

LIBURING_PROGRAMS = ("lists_uring", "sparse_uring")
PROGRAMS = ("calls", "lists", "load", "notify", "outstanding", "refuse", "resident", "solaris", "sparse")

# What every fio run has in common. Which blocks a job has visited is the client's bookkeeping, the same
# for each engine: without the map, what differs between them is not diluted. Pages stay in the cache unless a row
# says otherwise.
FIO = ("fio", "--name=bench", "--bs=4k", "--output-format=json", "--output=fio.json", "--group_reporting")
TIMED = ("--time_based", "--norandommap", "--invalidate=0")


class Unusable(Exception):
    """Nothing can be measured."""


class Failed(Exception):
    """A run gives no figure."""


class Skipped(Exception):
    """A run is not possible here."""


@dataclass(frozen=True)
class Command:
    """A client, and how it is started."""

    argv: tuple
    preload: bool = False
    # What the kernel refuses to it: "uring", or "both" (native AIO, too).
    refused: str = ""

    def is_fio(self):
        return self.argv[0] == "fio"


class Programs:
    def __init__(self, library, places, sources, seconds, short):
        self.library = library
        self.seconds = seconds
        self.short = short
        self.runs = 0
        # What each client is started by: a program that looks at it.
        self.under = ()
        self.idle = Usage(0, 0)
        self.built = places.base / "programs"
        self.built.mkdir()
        self.peers_missing = []
        if not library.is_file():
            raise Unusable(f"{library} is not there: cargo build --release")
        if not shutil.which("fio"):
            raise Unusable("there is no fio here")
        self._compile(sources)
        self._probe(places.here())

    # ---- what can be run ----

    def fio(self, engine, file, job, preload=False, refused="", timed=TIMED):
        argv = (*FIO, f"--ioengine={engine}", f"--filename={file}", f"--runtime={self.seconds * 1000:.0f}ms")
        return Command((*argv, *timed, *job.split()), preload, refused)

    def program(self, name, *arguments, preload=False, refused=""):
        return Command((str(self.built / name), *map(str, arguments)), preload, refused)

    def has(self, name):
        """Whether that engine of fio, or that program of ours, can be run here."""
        return name in self.available

    # ---- running ----

    def run(self, command, directory):
        """The figures of one run."""
        self.runs += 1
        argv = list(command.argv)
        if command.is_fio():
            # Each run has its own random sequence: nobody walks in the tracks of the one before.
            argv.append(f"--randseed={self.runs}")
        argv = [*self.under, *argv]
        if command.refused:
            argv = [str(self.built / "refuse"), command.refused] + argv
        if not command.is_fio():
            return json.loads(self._execute(argv, command.preload, directory))
        report = directory / "fio.json"
        report.unlink(missing_ok=True)
        before = Usage.of_children()
        try:
            self._execute(argv, command.preload, directory)
        except Failed as why:
            # fio tells its reasons there.
            notes = report.read_text().partition("{")[0].strip() if report.exists() else ""
            raise Failed(f"{why}; {notes.splitlines()[0]}" if notes else str(why)) from None
        return fio_figures(report, Usage.of_children() - before - self.idle)

    def _execute(self, argv, preload, directory, **variables):
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("UAIO_", "LD_"))}
        environment.update(variables)
        if preload:
            environment["LD_PRELOAD"] = str(self.library)
        limit = self.seconds * 2 + GRACE_SECONDS
        process = subprocess.Popen(
            argv, cwd=directory, env=environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        try:
            output, complaints = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            raise Failed(f"no end within {limit:.0f} s") from None
        finally:
            if process.poll() is None:
                kill_family(process.pid)
                process.wait()
        # The dynamic linker says "cannot be preloaded ... ignored", and the program runs on without.
        linker = [line for line in complaints.splitlines() if "ld.so" in line]
        if linker:
            raise Failed(linker[0])
        if process.returncode == SKIPPED_STATUS:
            raise Skipped(output.strip())
        if process.returncode != 0:
            last = (complaints or output).strip().splitlines()[-1:]
            raise Failed(": ".join([Path(argv[0]).name, f"status {process.returncode}", *last]))
        return output

    # ---- getting ready ----

    def _compile(self, sources):
        compiler = shutil.which("cc") or shutil.which("gcc")
        if not compiler:
            raise Unusable("there is no C compiler here")
        self.available = set()
        self.empty = self.built / "empty.so"
        nothing = [compiler, "-shared", "-fPIC", "-x", "c", "/dev/null", "-o", self.empty]
        subprocess.run(nothing, check=True, capture_output=True)
        for name in PROGRAMS + LIBURING_PROGRAMS:
            link = ["-luring"] if name in LIBURING_PROGRAMS else []
            if link and not Path("/usr/include/liburing.h").exists():
                self.peers_missing.append(f"{name}: liburing is not installed (apt-get install liburing-dev)")
                continue
            flags = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-pthread", f"-I{sources}"]
            argv = [compiler, *flags, "-o", self.built / name, sources / f"{name}.c", "-ldl", *link]
            done = subprocess.run(argv, capture_output=True, text=True)
            if done.returncode != 0:
                raise Unusable(f"{name}.c does not compile:\n{done.stderr}")
            self.available.add(name)

    def _probe(self, place):
        """Which engines this kernel and fio have, and whether the library is in the way of fio's requests at all."""
        job = "--rw=randread --number_ios=8 --iodepth=4 --thread"
        file = place.file("cached")
        for engine in ("psync", "libaio", "io_uring"):
            try:
                self.run(self.fio(engine, file, job, timed=()), place.path)
                self.available.add(engine)
            except Failed as why:
                self.peers_missing.append(f"fio's engine {engine}: {why}")
        self.idle = self._idle(self.fio("psync", file, job, timed=()), place.path)
        statistics = place.path / "statistics"
        try:
            command = self.fio("posixaio", file, job, timed=())
            self._execute(list(command.argv), True, place.path, UAIO_STATS=str(statistics))
            if not statistics.exists() or sum(json.loads(statistics.read_text())["routes"].values()) == 0:
                raise Failed("its statistics count no request")
        except Failed as why:
            raise Unusable(f"fio does not make its requests through {self.library}: {why}") from None
        try:
            os.close(os.open(place.path / place.file("direct"), os.O_RDWR | os.O_DIRECT))
            self.available.add("O_DIRECT")
        except OSError as why:
            self.peers_missing.append(f"direct rows: the directory's filesystem has no O_DIRECT ({why.strerror})")

    def _idle(self, command, directory):
        """What fio takes to start and to end, a tenth of a second: it measures its clock first."""
        taken = []
        for _ in range(1 if self.short else 5):
            before = Usage.of_children()
            self._execute(list(command.argv), False, directory)
            taken.append(Usage.of_children() - before)
        return Usage(median(usage.cpu_s for usage in taken), median(usage.switches for usage in taken))


@dataclass(frozen=True)
class Usage:
    """What processes took of the machine, with all their threads."""

    cpu_s: float
    switches: float

    @classmethod
    def of_children(cls):
        """Of all that were started here and have ended."""
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return cls(usage.ru_utime + usage.ru_stime, usage.ru_nvcsw + usage.ru_nivcsw)

    def __sub__(self, other):
        return Usage(self.cpu_s - other.cpu_s, self.switches - other.switches)


def fio_figures(path, usage):
    """What a run of fio measured; its jobs are reported as one group. fio's own figures of processor time and
    context switches are those of the thread that submits: what a library's threads take is not in them."""
    text = path.read_text()
    try:
        # Notes of fio may stand before the object.
        result = json.loads(text[text.index("{"):])
        (job,) = result["jobs"]
        ways = [job[way] for way in ("read", "write") if job[way]["total_ios"] > 0]
        if job["error"] or not ways:
            raise Failed(f"fio reports error {job['error']} after {sum(way['total_ios'] for way in ways)} requests")
        (way,) = ways
        requests = way["total_ios"]
        return {
            "requests": requests,
            "iops": way["iops"],
            "latency_us": way["clat_ns"]["percentile"]["50.000000"] / 1000,
            "p99_us": way["clat_ns"]["percentile"]["99.000000"] / 1000,
            "cpu_s_per_million": usage.cpu_s / requests * 1e6,
            "switches_per_request": usage.switches / requests,
        }
    except (ValueError, KeyError) as why:
        raise Failed(f"fio's report cannot be read: {why!r}") from None


def kill_family(pid):
    """Ends a process and all its descendants: fio makes each of its jobs the leader of a session."""
    children = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    pending = [pid]
    for member in pending:
        pending += children.get(member, [])
    for member in pending:
        try:
            os.kill(member, signal.SIGKILL)
        except ProcessLookupError:
            pass
