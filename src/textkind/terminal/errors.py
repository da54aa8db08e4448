"""Print what a method gets wrong, with the words of a text coloured by what they do for the answer."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from textkind.terminal.plain import plain
from textkind.terminal.report import figure

_LONGEST = 240  # characters of a text
_SHOWN = 5  # confusions, slices and shortcuts
_NAMED = 3  # words that are named with their weights
_TELLING = 0.05  # a weight that is not written as 0.0
_STRONG = 0.5  # of the largest weight of the text


def show_errors(console: Console, document: Mapping[str, Any]) -> None:
    """Print the figures, the head of the review queue, and where the mistakes are."""
    rate = document["wrong_labels"]["rate"]
    ranks = document["ranking"]
    console.print(
        f"{document['n']:,} rows answered by models that have not seen them: accuracy "
        f"{figure(document['accuracy'])}; confident learning takes {rate['value']:.1%} "
        f"[{rate['low']:.1%}, {rate['high']:.1%}] of the labels for wrong",
        highlight=False,
        soft_wrap=True,
    )
    console.print(
        f"mistakes: {ranks['confident_mistakes']:,} as sure as right answers are, "
        f"{ranks['unsure_mistakes']:,} less sure; texts that disagree: "
        f"{document['disagreements']['equal']:,} equal, {document['disagreements']['near']:,} nearly equal",
        highlight=False,
        soft_wrap=True,
    )
    console.print(Text("\nreview first", "bold"))
    for item in document["queue"]:
        _show_item(console, item)
    _show_confusions(console, document["confusions"])
    _show_slices(console, document["slices"])
    _show_shortcuts(console, document["shortcuts"])


def coloured(text: str, words: Sequence[Mapping[str, Any]], most: int = _LONGEST) -> Text:
    """A text with what speaks for the answer in green and what speaks against it in red.

    `plain` keeps the length of a text, so that offsets stay true.
    """
    shown = Text(plain(text))
    top = max((abs(word["weight"]) for word in words), default=0)
    for word in words:
        strength = abs(word["weight"]) / top if top else 0
        if strength > _STRONG / 5:
            colour = "green" if word["weight"] > 0 else "red"
            style = f"bold {colour}" if strength >= _STRONG else colour
            shown.stylize(style, word["start"], word["end"])
    shown.truncate(most, overflow="ellipsis")
    return shown


def _show_item(console: Console, item: Mapping[str, Any]) -> None:
    head = Text(f"{item['split']} {item['row']}  ", "dim")
    head.append(_names(item["label"]), "bold")
    head.append(f" → {_names(item['suggested'])}?", "yellow")
    head.append(f"  {plain('; '.join(item['reasons']))}", "dim")
    console.print(head, soft_wrap=True)
    console.print(Text("  ") + coloured(item["text"], item["words"]), soft_wrap=True)
    told = f"  answered {_names(item['answered'])}"
    for sign, between in ((1, "because of"), (-1, "in spite of")):
        own = [word for word in item["words"] if word["weight"] * sign > _TELLING]
        if own:
            first = sorted(own, key=lambda word: -abs(word["weight"]))[:_NAMED]
            named = ", ".join(f"{plain(word['text'])} {word['weight']:+.1f}" for word in first)
            told += f" {between} {named}"
    console.print(Text(told, "dim"), soft_wrap=True)


def _show_confusions(console: Console, found: Sequence[Mapping[str, Any]]) -> None:
    table = Table(title="confused most", title_justify="left")
    for name in ("label", "answered", "rows", "share of the label"):
        table.add_column(name, overflow="fold")
    for one in found[:_SHOWN]:
        names = Text(plain(one["label"])), Text(plain(one["answered"]))
        table.add_row(*names, f"{one['rows']:,}", figure(one["share"]))
    if found:
        console.print(table)


def _show_slices(console: Console, tested: Sequence[Mapping[str, Any]]) -> None:
    by = Text(plain(", ".join(sorted({one["column"] for one in tested}))))
    by.truncate(_LONGEST, overflow="ellipsis")
    found = [one for one in tested if one["worse"]]
    if not found:
        told = Text("No slice does worse than the rest beyond chance")
        console.print(told + (f"; tested by {by}." if tested else "."), soft_wrap=True)
        return
    table = Table(title=Text(f"slices that do worse than the rest, tested by {by}"), title_justify="left")
    for name in ("slice", "n", "accuracy", "elsewhere", "p, corrected"):
        table.add_column(name, overflow="fold")
    for one in found[:_SHOWN]:
        name = Text(plain(f"{one['column']}: {one['value']}"))
        name.truncate(_LONGEST, overflow="ellipsis")
        values = figure(one["accuracy"]), figure(one["elsewhere"]), _p(one["p_value"])
        table.add_row(name, f"{one['accuracy']['n']:,}", *values)
    console.print(table)


def _show_shortcuts(console: Console, found: Sequence[Mapping[str, Any]]) -> None:
    if not found:
        console.print("No word or markup misleads the answer beyond chance.")
        return
    table = Table(title="shortcuts", title_justify="left")
    for name in ("word or markup", "goes with", "n", "with it", "without", "p, corrected"):
        table.add_column(name, overflow="fold")
    for one in found[:_SHOWN]:
        about = "the answer" if one["about"] == "answer" else "the label"
        goes = Text(f"{about} {plain(one['label'])}")
        values = figure(one["share"]), figure(one["elsewhere"]), _p(one["p_value"])
        table.add_row(Text(plain(one["value"])), goes, f"{one['rows']:,}", *values)
    console.print(table)


def _names(label: str | Sequence[str]) -> str:
    return plain(label if isinstance(label, str) else ", ".join(label) or "(none)")


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
