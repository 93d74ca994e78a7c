"""The table, the JSON file and the README's section."""

import json

COLUMNS = ("glibc", "io_uring", "libaio", "psync")
HEADINGS = ("row", "workload", "uaio", *COLUMNS, "× best", "× glibc", "required (reached)", "met", "spread")
NUMBERS = HEADINGS[2:9]

BEGIN = "<!-- benches/run --readme: begin -->"
END = "<!-- benches/run --readme: end -->"


class Unusable(Exception):
    """A result that is not there or not fit to be shown."""


def number(value):
    """Three digits: 63 214.8 as 63.2 k."""
    for limit, unit, divisor in ((999_500, " M", 1e6), (9_995, " k", 1e3)):
        if abs(value) >= limit:
            return f"{value / divisor:.3g}{unit}"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def has_errors(result):
    return any("error" in problem for line in result["lines"] for problem in line["problems"].values())


def cells(line):
    def ratio(name):
        if line["bounded"] or name not in line["ratios"]:
            return "–"
        return f"{line['ratios'][name]['median']:.3g}"

    def value(name):
        if name in line["medians"]:
            return number(line["medians"][name])
        return next(iter(line["problems"].get(name, {})), "–")

    required = ", ".join(item["text"] for item in line["required"])
    unit = "" if line["figure"] == "iops" else f" [{line['unit']}]"
    errors = any("error" in problem for problem in line["problems"].values())
    return (
        str(line["row"]),
        line["workload"] + unit,
        value(line["subject"]),
        *(value(name) for name in COLUMNS),
        ratio(line["best"]),
        ratio("glibc"),
        required,
        "error" if errors else line["met"],
        spread(line),
    )


def spread(line):
    """Lowest and highest round of what the line is judged by: the ratio to the best peer, or the figure."""
    if not line["bounded"] and line["best"] in line["ratios"]:
        ratio = line["ratios"][line["best"]]
        return f"{ratio['lowest']:.3g}–{ratio['highest']:.3g}"
    rounds = [run[line["figure"]] for run in line["rounds"].get(line["subject"], [])]
    return f"{number(min(rounds))}–{number(max(rounds))}" if rounds else "–"


def machine_text(result):
    machine = result["machine"]
    return (
        f"{machine['processor']}, {machine['processors']} processors, {machine['memory_gib']} GiB; "
        f"Linux {machine['kernel']}, {machine['distribution']}, glibc {machine['glibc']}, {machine['fio']}; "
        f"{machine['filesystem']}; commit {machine['commit']}; {machine['date']}; "
        f"medians of {result['reps']} rounds of {result['seconds']:g} s."
    )


LEGEND = (
    "Requests per second unless a unit is given; 4 KiB, random. best: the best of glibc, io_uring and libaio "
    "(io_uring/libaio: the better of these). Ratios above 1: uaio is faster; of costs (CPU), below 1: it is cheaper. "
    "They are medians over the rounds, each between runs that followed each other; spread: lowest and highest round. "
    "met: “?” where a peer could not run."
)


def table(result):
    rows = [HEADINGS] + [cells(line) for line in result["lines"]]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    text = [""]
    for row in rows:
        columns = zip(row, widths, HEADINGS)
        aligned = (cell.rjust(width) if name in NUMBERS else cell.ljust(width) for cell, width, name in columns)
        text.append("  ".join(aligned).rstrip())
    text += ["", machine_text(result), LEGEND]
    text += [f"load average {result['machine']['load_at_end']} at the end"]
    if result["short"]:
        text.append("Short form: it shows that every row runs; its figures say nothing.")
    text += [f"skipped: {why}" for why in result["skipped"]]
    told = set()
    for line in result["lines"]:
        for name, problem in line["problems"].items():
            for kind, why in problem.items():
                message = f"{kind}: row {line['row']}: {name}: {why}"
                if message not in told:
                    told.add(message)
                    text.append(message)
    return "\n".join(text)


def save(result, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")


def load(path):
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        raise Unusable(f"{path} is not there: benches/run writes it") from None
    except ValueError as why:
        raise Unusable(f"{path}: {why}") from None


def write_readme(result, path, all_rows):
    if set(result["rows"]) != all_rows:
        raise Unusable("a result of some rows only is not for the README")
    if result["short"] or has_errors(result):
        raise Unusable("a result of the short form, or one with errors, is not for the README")
    shown = [cells(line) for line in result["lines"]]
    rule = ["--:" if name in NUMBERS else "---" for name in HEADINGS]
    lines = ["| " + " | ".join(row) + " |" for row in (HEADINGS, rule, *shown)]
    picture = "![Speed against the best asynchronous peer, by workload](benches/matrix.png)"
    skipped = [f"Skipped: {why}" for why in result["skipped"]]
    fill(path, BEGIN, END, (picture, "\n".join(lines), machine_text(result), LEGEND, *skipped))


def fill(path, begin, end, paragraphs):
    """Replaces what is between two lines of a page."""
    before, begun, rest = path.read_text().partition(begin)
    _, ended, after = rest.partition(end)
    if not begun or not ended:
        raise Unusable(f"{path.name} does not have the lines {begin} and {end}")
    path.write_text("\n\n".join((before + begin, *paragraphs, end)) + after)
    print(f"written: {path}")
