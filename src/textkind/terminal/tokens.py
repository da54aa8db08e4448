"""Print texts token by token, and what tokenizers make of a data set."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from textkind.terminal.plain import plain

_HEADS = ("tokens", "ids", "mask")
_INDENT = 8
_WIDEST_ONE_HOT = 60  # columns that a terminal can show


def show_tokens(console: Console, document: Mapping[str, Any], *, one_hot: bool = False) -> None:
    """Print each tokenizer's view of each text, then the statistics side by side."""
    for number, text in enumerate(document["texts"]):
        console.print(Text(plain(text), "bold"), soft_wrap=True)
        for tokenizer in document["tokenizers"]:
            _show_text(console, tokenizer, tokenizer["texts"][number])
            if one_hot:
                _show_one_hot(console, tokenizer, tokenizer["texts"][number])
        console.print()
    if document["source"]:
        console.print(_statistics(document))


def _show_text(console: Console, tokenizer: Mapping[str, Any], row: Mapping[str, Any]) -> None:
    real = sum(row["mask"])
    special = sum(mark and attended for mark, attended in zip(row["special"], row["mask"], strict=True))
    told = f"{real - special} tokens"
    told += f" + {special} special" if special else ""
    told += f" + {len(row['mask']) - real} padding" if real < len(row["mask"]) else ""
    told += f", {row['cut']} cut" if row["cut"] else ""
    vocabulary = f"{tokenizer['vocabulary']:,}"
    learned = tokenizer["learned_from"]
    origin = f"learned from {learned:,} text{'' if learned == 1 else 's'}" if learned else "pretrained"
    console.print(
        Text.assemble((tokenizer["name"], "bold cyan"), f"  {told}; vocabulary {vocabulary}, {origin}")
    )
    columns = [
        [_visible(token) for token in row["tokens"]],
        [str(number) for number in row["ids"]],
        [str(mark) for mark in row["mask"]],
    ]
    for start, end in _lines(columns, console.width - _INDENT):
        for head, cells in zip(_HEADS, columns, strict=True):
            line = Text(f"{head:<{_INDENT}}", "dim")
            for place in range(start, end):
                width = max(len(column[place]) for column in columns)
                line.append(f"{cells[place]:<{width}} ", _style(row, place, head))
            console.print(line, soft_wrap=True)


def _visible(token: str) -> str:
    """A token with its spaces and line ends to be seen."""
    return repr(plain(token))[1:-1].replace(" ", "␣")


def _style(row: Mapping[str, Any], place: int, head: str) -> str:
    if not row["mask"][place]:
        return "dim"
    if row["tokens"][place] in ("[UNK]", "<unk>"):
        return "red"
    return "magenta" if row["special"][place] else ("" if head == "tokens" else "dim")


def _lines(columns: Sequence[Sequence[str]], width: int) -> list[tuple[int, int]]:
    """Cut the places into lines whose cells fit side by side."""
    lines, start, used = [], 0, 0
    for place in range(len(columns[0])):
        cell = max(len(column[place]) for column in columns) + 1
        if place > start and used + cell > width:
            lines.append((start, place))
            start, used = place, 0
        used += cell
    return [*lines, (start, len(columns[0]))]


def _show_one_hot(console: Console, tokenizer: Mapping[str, Any], row: Mapping[str, Any]) -> None:
    n, vocabulary = len(row["ids"]), tokenizer["vocabulary"]
    console.print(Text(f"one-hot: {n} x {vocabulary:,}, a single 1 in each row, at the token's id", "dim"))
    if vocabulary > _WIDEST_ONE_HOT:
        return
    for token, number in zip(row["tokens"], row["ids"], strict=True):
        name = _visible(token)
        zeros = "·" * number, "·" * (vocabulary - number - 1)
        console.print(
            Text.assemble((f"{name:<{_INDENT}}{zeros[0]}", "dim"), ("1", "bold"), (zeros[1], "dim"))
        )


def _statistics(document: Mapping[str, Any]) -> Table:
    table = Table(
        title=f"tokens of {plain(document['source'])}, special ones not counted",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column("tokenizer")
    table.add_column("split", no_wrap=True)
    for name in ("used", "unknown", "per word", "median", "95 %", "longest"):
        table.add_column(name, justify="right", no_wrap=True)
    for tokenizer in document["tokenizers"]:
        about = [plain(tokenizer["name"]), f"{tokenizer['vocabulary']:,} entries"]
        rows = list(tokenizer["splits"].items())
        about += [""] * (len(rows) - len(about))
        for number, (split, counted) in enumerate(rows):
            table.add_row(
                Text("\n".join(about) if len(rows) == 1 else about[number]),
                split,
                f"{counted['used']:,}",
                f"{counted['unknown']:.2%}",
                f"{counted['per_word']:.2f}",
                f"{counted['median']:,.0f}",
                f"{counted['p95']:,.0f}",
                f"{counted['longest']:,}",
                end_section=number == len(rows) - 1,
            )
    return table
