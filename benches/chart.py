"""The picture: for each workload, everybody's speed against the best of what a program could use instead."""

import sys

OURS = "#c8401f"
COLOURS = {"uaio": OURS, "io_uring": "#3d6a99", "libaio": "#8fb3d6", "glibc": "#b8b8b8", "psync": "#e6dfc4"}
LABELS = {"psync": "psync (blocks)"}


def speeds(line):
    """Each contestant's speed as a multiple of the best asynchronous peer's, from the same ratios as the table's."""
    ratios = {name: ratio["median"] for name, ratio in line["ratios"].items()}
    if line["best"] not in ratios:
        return {}
    ours = ratios[line["best"]]
    return {"uaio": ours} | {name: ours / ratio for name, ratio in ratios.items() if name in COLOURS}


def draw(result, path):
    """Writes the picture; says on stderr why it cannot."""
    lines = [line for line in result["lines"] if line["charted"] and "uaio" in speeds(line)]
    if not lines:
        print("no picture: none of these rows is in it", file=sys.stderr)
        return False
    try:
        import matplotlib
    except ImportError:
        print("no picture: matplotlib is missing (apt-get install python3-matplotlib)", file=sys.stderr)
        return False
    # Without a display.
    matplotlib.use("Agg")
    from matplotlib import pyplot

    bar = 0.8 / len(COLOURS)
    figure, axes = pyplot.subplots(figsize=(10, 1.6 + 0.62 * len(lines)))
    for place, (name, colour) in enumerate(COLOURS.items()):
        there = [(row, speeds(line)[name]) for row, line in enumerate(lines) if name in speeds(line)]
        if there:
            rows, widths = zip(*there)
            axes.barh([row + place * bar for row in rows], widths, bar, color=colour, label=LABELS.get(name, name))
    # An engine that blocks may run out of the picture; it is not what the others are measured by.
    widest = max(speeds(line)["uaio"] for line in lines) * 1.35
    widest = max(widest, 1.3)
    for row, line in enumerate(lines):
        ours = speeds(line)["uaio"]
        note = f"{ours:.2f} ×"
        if "glibc" in line["ratios"]:
            note += f"   ({line['ratios']['glibc']['median']:.1f} × glibc)"
        axes.text(ours + widest * 0.008, row, note, va="center", fontsize=8, color=OURS, fontweight="bold")
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_yticks([row + 2 * bar for row in range(len(lines))], [line["workload"] for line in lines])
    # From top to bottom, without the empty half row that matplotlib leaves at each end.
    axes.set_ylim(len(lines) - 0.2, -0.4)
    axes.set_xlim(0, widest)
    axes.set_xlabel("speed; 1 = the fastest of io_uring, libaio and glibc at this workload")
    axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle("An unmodified program under libuaio.so, and what it could use instead", fontweight="bold")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncol=len(COLOURS), frameon=False)
    machine = result["machine"]
    axes.set_title(
        f"{machine['processor']}, Linux {machine['kernel']}, {machine['filesystem']}, {machine['date']}"
        + (" – short form, figures say nothing" if result["short"] else ""),
        fontsize=8, loc="left", pad=26,
    )
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    # Without the version of matplotlib, the same result gives the same file.
    figure.savefig(path, format="png", dpi=110, metadata={"Software": None})
    pyplot.close(figure)
    return True
