"""What a line of the table must reach, and whether it does.

A ratio is taken within each round, between runs that followed each other; what counts is the median of the
rounds. Above 1 the library is faster; for costs (CPU time), below 1 it is cheaper.
"""

from dataclasses import dataclass, field
from statistics import median

# What a program that does asynchronous I/O could use instead. psync is not among them: it blocks.
ASYNCHRONOUS = ("glibc", "io_uring", "libaio")

YES, NO, NOT_ASKED, UNKNOWN = "yes", "no", "not asked", "?"


@dataclass(frozen=True)
class Figure:
    """Something that is measured: a key of what the clients report."""

    key: str
    unit: str
    # "more": as many as possible; "less": the ratio is turned round, so that above 1 is faster;
    # "cost": a ratio of costs, as small as possible.
    wanted: str

    def ratio(self, ours, theirs):
        return theirs / ours if self.wanted == "less" else ours / theirs

    def best(self, values):
        return (max if self.wanted == "more" else min)(values)


IOPS = Figure("iops", "requests/s", "more")
LATENCY = Figure("latency_us", "µs", "less")
CPU = Figure("cpu_s_per_million", "CPU s per million", "cost")
SPARSE_CPU = Figure("cpu_us_per_request", "CPU µs per request", "cost")


def cost(key, unit):
    """A figure with a bound of its own."""
    return Figure(key, unit, "cost")


@dataclass(frozen=True)
class Line:
    """A line of the table."""

    row: int
    workload: object
    figure: Figure
    required: tuple
    # The figure, where the workload's name does not tell it.
    what: str = ""
    charted: bool = False
    # Whose figures these are.
    subject: str = "uaio"

    @property
    def title(self):
        return f"{self.workload.name}: {self.what}" if self.what else self.workload.name


class Measured:
    """The rounds of one line, by contestant; one that gave no figure is not there."""

    def __init__(self, line, runs):
        self.line = line
        self.values = {name: [run[line.figure.key] for run in rounds] for name, rounds in runs.items() if rounds}

    def has(self, name):
        return name in self.values

    def median(self, name):
        return median(self.values[name])

    def best(self, names):
        """The best of those that are there, or None."""
        there = {name: self.median(name) for name in names if self.has(name)}
        return next((name for name in there if there[name] == self.line.figure.best(there.values())), None)

    def ratios(self, ours, theirs):
        """Round by round."""
        pairs = zip(self.values[ours], self.values[theirs])
        return [self.line.figure.ratio(our, their) for our, their in pairs if our > 0 and their > 0]

    def ratio(self, ours, theirs):
        rounds = self.ratios(ours, theirs)
        return median(rounds) if rounds else None


@dataclass(frozen=True)
class Against:
    """At least (costs: at most) so many times the best of some contestants."""

    factor: float
    peers: tuple
    stretch: bool = False

    def judge(self, measured):
        at_most = measured.line.figure.wanted == "cost"
        names = "best" if self.peers == ASYNCHRONOUS else "/".join(self.peers)
        text = f"{'stretch ' if self.stretch else ''}{'≤' if at_most else '≥'} {self.factor:g} × {names}"
        best = measured.best(self.peers)
        ratio = measured.ratio(measured.line.subject, best) if best and measured.has(measured.line.subject) else None
        if ratio is None:
            return text, UNKNOWN
        text += f" ({ratio:.3g})"
        met = ratio <= self.factor if at_most else ratio >= self.factor
        if met and not all(measured.has(peer) for peer in self.peers):
            return text, UNKNOWN
        return text, YES if met else NO


@dataclass(frozen=True)
class Bound:
    """At most so much."""

    limit: float
    stretch: bool = field(default=False, init=False)

    def judge(self, measured):
        text = f"≤ {self.limit:g} {measured.line.figure.unit}"
        subject = measured.line.subject
        if not measured.has(subject):
            return text, UNKNOWN
        return text, YES if measured.median(subject) <= self.limit else NO


@dataclass(frozen=True)
class Scales:
    """At least so many times one thread, where the best asynchronous peer does so."""

    factor: float
    # What the name of a contestant is continued with when it has one thread only.
    alone: str
    stretch: bool = field(default=False, init=False)

    def judge(self, measured):
        text = f"≥ {self.factor:g} × one thread, if the peers do"
        peer = measured.best(ASYNCHRONOUS)
        if not peer or not all(measured.has(name) for name in ("uaio", "uaio" + self.alone, peer + self.alone)):
            return text, UNKNOWN
        ours, theirs = (measured.ratio(name, name + self.alone) for name in ("uaio", peer))
        text += f" ({ours:.2f}; {peer} {theirs:.2f})"
        if ours >= self.factor:
            return text, YES
        return text, NO if theirs >= self.factor else NOT_ASKED


def met(judged):
    """One word for a line with several requirements: [(stretch, answer)]."""
    must = [answer for stretch, answer in judged if not stretch]
    for word in (NO, UNKNOWN):
        if word in must:
            return word
    if all(answer == NOT_ASKED for answer in must):
        return NOT_ASKED
    stretches = [answer for stretch, answer in judged if stretch]
    return "yes, stretch" if stretches and all(answer == YES for answer in stretches) else YES


def judge(line, runs, problems):
    """A line of the result, as it is written to JSON."""
    measured = Measured(line, runs)
    judged = [(requirement, *requirement.judge(measured)) for requirement in line.required]
    best = measured.best(ASYNCHRONOUS)
    ratios = {}
    if measured.has(line.subject):
        for name in measured.values:
            rounds = measured.ratios(line.subject, name) if name != line.subject else []
            if rounds:
                ratios[name] = {"median": median(rounds), "lowest": min(rounds), "highest": max(rounds)}
    return {
        "row": line.row,
        "workload": line.title,
        "figure": line.figure.key,
        "unit": line.figure.unit,
        "wanted": line.figure.wanted,
        "charted": line.charted,
        "subject": line.subject,
        "medians": {name: measured.median(name) for name in measured.values},
        "rounds": {name: rounds for name, rounds in runs.items() if rounds},
        "best": best,
        "ratios": ratios,
        "bounded": any(isinstance(requirement, Bound) for requirement in line.required),
        "required": [
            {"text": text, "met": answer, "stretch": requirement.stretch} for requirement, text, answer in judged
        ],
        "met": met([(requirement.stretch, answer) for requirement, _, answer in judged]),
        "problems": problems,
    }
