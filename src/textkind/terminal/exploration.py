"""Print what exploring a data set found."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from textkind.terminal.plain import plain
from textkind.terminal.report import show_findings

_SHOWN_LABELS = 40
_MARKS = 5  # words that mark a label


def show_exploration(console: Console, document: Mapping[str, Any]) -> None:
    """Print the labels of each split, their lengths and words, what would be cut, and the findings."""
    columns = ", ".join(f"{role}: {plain(name)}" for role, name in document["columns"].items() if name)
    console.print(Text(f"{plain(document['source'])}   {columns}", "bold"), soft_wrap=True)
    console.print(_labels(document))
    for split, cut in document["truncation"].items():
        if cut["limit"]:
            console.print(f"{split}: {cut['tokens']:,} tokens, {cut['rows_cut']:,} texts over {cut['limit']}")
    for split, words in document["vocabulary"].items():
        unknown = "" if split == "train" else f", {words['unknown']:.1%} of the words are not in train"
        console.print(f"{split}: {words['words']:,} distinct words{unknown}")
    show_findings(console, document["findings"])
    if "fixed" in document:
        fixed = document["fixed"]
        console.print(
            Text(f"{fixed['dropped']:,} rows left out of the copy in {fixed['folder']}"), soft_wrap=True
        )
    if not document["findings"]:
        console.print("No check found anything.")


def _labels(document: Mapping[str, Any]) -> Table:
    splits = document["label_counts"]
    table = Table(
        title="rows, words per text (quartiles, most) and marking words of each label",
        title_justify="left",
    )
    table.add_column("label", overflow="fold", min_width=8)
    for split in splits:
        table.add_column(split, justify="right", no_wrap=True)
    table.add_column("words", no_wrap=True)
    table.add_column("marked by")
    for label in document["labels"][:_SHOWN_LABELS]:
        words = document["words"][label]
        spread = (
            f"{words['q25']:.0f}–{words['median']:.0f}–{words['q75']:.0f}, ≤ {words['max']:.0f}"
            if words
            else ""
        )
        marks = Text(plain(", ".join(document["characteristic"][label])))
        table.add_row(
            Text(plain(label)), *(f"{counts[label]:,}" for counts in splits.values()), spread, marks
        )
    rest = len(document["labels"]) - _SHOWN_LABELS
    if rest > 0:
        table.add_row(f"and {rest} more", *("" for _ in splits), "", "")
    return table
