"""How far chance goes: the figures of one method with several seeds."""

import json
from collections.abc import Mapping
from pathlib import Path
from statistics import mean, stdev

from textkind.report.report import Report

_FILE = "seeds.json"


def spread(reports: Mapping[int, Report]) -> dict:
    """Figures by seed, their mean and their standard deviation, with a sentence.

    Args:
        reports: seed -> its Report, all on the same rows; two at least.
    """
    figures = {
        "accuracy": [report.metrics.accuracy.value or 0.0 for report in reports.values()],
        "macro_f1": [report.metrics.macro_f1.value or 0.0 for report in reports.values()],
    }
    rows = zip(reports, *figures.values(), strict=True)
    each = [dict(zip(("seed", *figures), row, strict=True)) for row in rows]
    summary = {name: {"mean": mean(values), "deviation": stdev(values)} for name, values in figures.items()}
    told = " and ".join(
        f"{name.replace('_', ' ').replace('f1', 'F1')} {one['mean']:.3f} ± {one['deviation']:.3f}"
        for name, one in summary.items()
    )
    return {
        "seeds": each,
        **summary,
        "sentence": f"With {len(each)} seeds: {told} (mean and standard deviation); the first is kept.",
    }


def save_seeds(folder: Path, found: Mapping | None) -> None:
    """Write seeds.json, if there is anything to write."""
    if found:
        (folder / _FILE).write_text(json.dumps(found, indent=2) + "\n", "utf-8")


def load_seeds(folder: Path) -> dict | None:
    """Read what `save_seeds` wrote; None: one seed only."""
    path = folder / _FILE
    return json.loads(path.read_text("utf-8")) if path.exists() else None
