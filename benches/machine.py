"""What the figures were measured on. No host name and no path: the result is published."""

import os
import platform
import re
import subprocess
from datetime import datetime, timezone
from pathlib import Path


def output(*argv, cwd=None):
    """The first line that a command prints, or "unknown"."""
    try:
        text = subprocess.run(argv, cwd=cwd, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return (text.splitlines() or ["unknown"])[0].strip()


def field(file, name):
    match = re.search(rf"^{name}\s*[:=]\s*\"?([^\"\n]*)", Path(file).read_text(), re.MULTILINE)
    return match.group(1).strip() if match else "unknown"


def filesystem(path):
    return output("findmnt", "-n", "-o", "FSTYPE", "-T", path)


def describe(directory, repository):
    memory_kib = int(field("/proc/meminfo", "MemTotal").split()[0])
    return {
        "processor": field("/proc/cpuinfo", "model name"),
        "processors": os.cpu_count(),
        "memory_gib": round(memory_kib / 1024**2, 1),
        "kernel": platform.release(),
        "distribution": field("/etc/os-release", "PRETTY_NAME"),
        "glibc": os.confstr("CS_GNU_LIBC_VERSION").split()[-1],
        "fio": output("fio", "--version"),
        "filesystem": filesystem(directory),
        "commit": output("git", "describe", "--always", "--dirty", cwd=repository),
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
    }


def load():
    """The load average of five minutes: others who work on the machine are in the figures, too."""
    return round(os.getloadavg()[1], 2)
