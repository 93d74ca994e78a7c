"""How far the runs are, on stderr: one line that is redrawn on a terminal, a line a round elsewhere."""

import sys
import time


class Progress:
    def __init__(self, runs):
        self.runs = runs
        self.done = 0
        self.started = time.monotonic()
        self.terminal = sys.stderr.isatty()
        self.shown = None

    def show(self, text):
        """Before a run, with what it is: `WORKLOAD: ROUND: CONTESTANT`."""
        left = ""
        if self.done:
            seconds = (time.monotonic() - self.started) / self.done * (self.runs - self.done)
            left = f", about {seconds / 60:.0f} min left" if seconds >= 60 else f", about {seconds:.0f} s left"
        line = f"[{self.done + 1}/{self.runs}{left}] "
        self.done += 1
        if self.terminal:
            sys.stderr.write(f"\r\x1b[K{line}{text}")
            sys.stderr.flush()
            return
        turn = text.rsplit(":", 1)[0]
        if turn != self.shown:
            print(line + turn, file=sys.stderr, flush=True)
            self.shown = turn

    def skip(self):
        """A run that is left out."""
        self.done += 1

    def note(self, text):
        """A line that stays."""
        start = "\r\x1b[K" if self.terminal else ""
        print(start + text, file=sys.stderr, flush=True)

    def end(self):
        seconds = time.monotonic() - self.started
        self.note(f"{self.runs} runs in {seconds // 60:.0f} min {seconds % 60:.0f} s")
