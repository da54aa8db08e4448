"""Print what corrections were worth."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from textkind.terminal.report import figure

_NAMES = {"accuracy": "accuracy", "macro_f1": "macro F1"}


def show_repair_report(console: Console, document: Mapping[str, Any]) -> None:
    """Print before, after and the paired difference, what dropping did, and how many labels were wrong."""
    n = document["gain"]["accuracy"]["n"]
    table = Table(title=f"validation rows that were not reviewed, n = {n:,}", title_justify="left")
    table.add_column("")
    for name in ("before", "after", "gain"):
        table.add_column(name, justify="right")
    for key, name in _NAMES.items():
        table.add_row(name, *(figure(document[column][key]) for column in ("before", "after", "gain")))
    console.print(table)
    gain = document["gain"]
    known = document["noise_rate"] is not None
    between = "" if known else ": the rate lies between, if rows in doubt came first"
    told = [
        f"The run with corrections is {gain['verdict']} (McNemar's exact test, p = {gain['p_value']:.3g}).",
        _drops(document),
        _noise(document),
        f"Of the reviewed labels {figure(document['wrong_of_reviewed'])} were wrong, which is "
        f"{figure(document['wrong_of_all'])} of all{between}.",
        "decisions: " + ", ".join(f"{name} {count:,}" for name, count in document["decisions"].items()),
    ]
    for line in told:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _drops(document: Mapping[str, Any]) -> str:
    if document["gain_without_drops"] is None:
        return "No training row was dropped."
    if document["share_from_drops"] is None:
        return "What dropped rows have to do with it cannot be said: there is no gain beyond chance."
    return f"{document['share_from_drops']:.0%} of the gain in accuracy came from dropped rows."


def _noise(document: Mapping[str, Any]) -> str:
    rate, told = document["noise_rate"], document["noise_sample"]["told"]
    if rate is None:
        return f"How many labels are wrong in all cannot be told: {told}."
    return f"Of all labels {figure(rate)} are wrong, n = {rate['n']:,}: {told}."
