"""64 writes and 64 reads by pyaio, which is told of each by SIGEV_THREAD; checks itself.

The thread takes Python's lock and has the callback called by the main thread, between two steps of the interpreter: so
the main thread must keep stepping while it waits.

usage: pyaio_callbacks.py FILE
"""

import os
import sys
import time
import warnings

import pyaio

BLOCK = 64 * 1024
COUNT = 64
# A lost callback would be waited for.
LIMIT_S = 30
STEP_S = 0.0005


def content(number):
    return bytes((number * 37 + at * 11) % 251 for at in range(256)) * (BLOCK // 256)


class Pending:
    """What the callbacks said."""

    def __init__(self, what):
        self.what = what
        self.results = {}
        self.doubled = set()

    def callback(self, number):
        def called(*said):
            if number in self.results:
                self.doubled.add(number)
            self.results[number] = said

        return called

    def wait(self):
        ends_at = time.monotonic() + LIMIT_S
        while len(self.results) < COUNT:
            if time.monotonic() > ends_at:
                sys.exit(f"{COUNT - len(self.results)} of {COUNT} {self.what} were never notified")
            time.sleep(STEP_S)
        if self.doubled:
            sys.exit(f"{self.what} {sorted(self.doubled)} were notified twice")
        return sorted(self.results.items())


def main():
    warnings.simplefilter("ignore", DeprecationWarning)
    fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    writes = Pending("writes")
    for number in range(COUNT):
        pyaio.aio_write(fd, content(number), number * BLOCK, writes.callback(number))
    for number, said in writes.wait():
        if said != (BLOCK, 0):
            sys.exit(f"write {number}: count and errno are {said}")
    reads = Pending("reads")
    for number in range(COUNT):
        pyaio.aio_read(fd, number * BLOCK, BLOCK, reads.callback(number))
    for number, (data, count, error) in reads.wait():
        if (count, error) != (BLOCK, 0) or bytes(data) != content(number):
            sys.exit(f"read {number}: count {count}, errno {error}, or its {len(data)} bytes are wrong")
    os.close(fd)
    print(f"{COUNT} writes and {COUNT} reads: each notified once, every byte right")


main()
