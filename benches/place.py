"""Where the files are: the given directory, and filesystems that are mounted in it."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

MIB = 1 << 20
IMAGE_MIB = 1024

# Each file is used in one way only: pages that one row leaves in the cache would change another's
# direct I/O. The sizes are those of the full form and of the short one. What is read from the disk is large
# against what a run reads, so that the disk's own cache helps nobody more than others; what is cached must
# stay so, and be written without reaching the limits of dirty memory.
SIZES_MIB = {"direct": (1024, 16), "uncached": (1024, 16), "cached": (256, 8)}


class Unavailable(Exception):
    """Why this machine does not have such a place."""


class Place:
    """A directory with the files of the rows."""

    def __init__(self, path, short):
        self.path = path
        self.short = short

    def file(self, kind):
        """The name of a file with content, on disk and with nothing of it in the cache."""
        path = self.path / kind
        if not path.exists():
            chunk = os.urandom(MIB)
            with open(path, "wb") as file:
                for _ in range(SIZES_MIB[kind][self.short]):
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return kind

    def settle(self, kind):
        """The same state before each run: nothing to be written back; cached if it is to be."""
        if kind is None:
            return
        with open(self.path / kind, "rb+", buffering=0) as file:
            os.fsync(file.fileno())
            if kind == "cached":
                while file.read(MIB):
                    pass


class Places:
    """The places, made when they are asked for and removed at the end."""

    def __init__(self, directory, short):
        self.short = short
        self.mounted = []
        self.made = {}
        directory.mkdir(parents=True, exist_ok=True)
        self.base = Path(tempfile.mkdtemp(prefix="uaio-bench-", dir=directory.resolve()))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for path in reversed(self.mounted):
            # The last of the killed processes may hold the filesystem for a moment.
            for _ in range(50):
                if subprocess.run(["umount", path], capture_output=True).returncode == 0:
                    break
                time.sleep(0.1)
            else:
                subprocess.run(["umount", "-l", path])
        shutil.rmtree(self.base)

    def here(self):
        return self._once("here", lambda: self._directory("here"))

    def tmpfs(self):
        return self._once("tmpfs", lambda: self._mount("tmpfs", "-t", "tmpfs", "tmpfs"))

    def xfs(self):
        return self._once("xfs", self._make_xfs)

    def overlay(self):
        return self._once("overlay", self._make_overlay)

    def _once(self, name, make):
        if name not in self.made:
            try:
                self.made[name] = Place(make(), self.short)
            except Unavailable as why:
                self.made[name] = why
        if isinstance(self.made[name], Unavailable):
            raise self.made[name]
        return self.made[name]

    def _directory(self, name):
        path = self.base / name
        path.mkdir()
        return path

    def _mount(self, name, *arguments):
        path = self._directory(name)
        self._call("mount", *arguments, path)
        self.mounted.append(path)
        return path

    def _make_xfs(self):
        image = self.base / "xfs.img"
        with open(image, "wb") as file:
            file.truncate(IMAGE_MIB * MIB)
        self._call("mkfs.xfs", "-q", image)
        return self._mount("xfs", "-o", "loop", image)

    def _make_overlay(self):
        parts = (f"{part}dir={self._directory(f'overlay-{part}')}" for part in ("lower", "upper", "work"))
        return self._mount("overlay", "-t", "overlay", "-o", ",".join(parts), "overlay")

    @staticmethod
    def _call(*argv):
        if os.geteuid() != 0:
            raise Unavailable("mounting takes root")
        try:
            subprocess.run(argv, check=True, capture_output=True, text=True)
        except FileNotFoundError:
            raise Unavailable(f"there is no {argv[0]} here") from None
        except subprocess.CalledProcessError as error:
            raise Unavailable(error.stderr.strip().splitlines()[0]) from None
