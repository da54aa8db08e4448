"""Print reports and answers."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from textkind.terminal.plain import plain

_BAR = 30  # characters of the longest bar
_WIDE = 115  # columns of a terminal in which figures and intervals stand on one line
_SHOWN_LABELS = 40
_MATRIX_LABELS = 8
_OFTEN = 0.2  # share of a label's rows from which a confusion stands out


def figure(estimate: Mapping[str, Any], *, narrow: bool = False) -> str:
    """An estimate as `0.703 [0.683, 0.723]`, on two lines where there is little room."""
    if estimate["value"] is None:
        return "–"
    between = "\n" if narrow else " "
    return f"{estimate['value']:.3f}{between}[{estimate['low']:.3f}, {estimate['high']:.3f}]"


def show_report(console: Console, document: Mapping[str, Any]) -> None:
    """Print a report: headline against the baselines, each label, findings, where the files are."""
    narrow = console.width < _WIDE
    console.print(_headline(document, narrow))
    console.print(_per_label(document, narrow))
    if document["confusion"] and len(document["confusion"]["labels"]) <= _MATRIX_LABELS:
        console.print(_confusion(document["confusion"]))
    training = document.get("training") or {"findings": []}
    show_findings(console, [*document["findings"], *training["findings"]])
    if document.get("tuning"):
        console.print(Text(document["tuning"]["sentence"], "dim"))
    if document.get("seeds"):
        console.print(Text(document["seeds"]["sentence"], "bold"))
    if document.get("truncation", {}).get("rows_cut"):
        console.print(Text(document["truncation_sentence"], "yellow"))
    for note in document.get("method_notes", ()):
        console.print(Text(plain(note), "dim"))


def show_findings(console: Console, findings: Sequence[Mapping[str, Any]]) -> None:
    """Print what checks found, each with a few examples."""
    for finding in findings:
        style = "bold yellow" if finding["severity"] == "issue" else "bold cyan"
        console.print(
            Text(f"{finding['code']} {finding['severity']} ", style) + Text(plain(finding["message"]))
        )
        for example in finding["examples"]:
            console.print(Text(f"     {plain(example)}", "dim"), overflow="ellipsis", no_wrap=True)


def _headline(document: Mapping[str, Any], narrow: bool) -> Table:
    table = Table(
        title=f"{document['split']} split, n = {document['n']:,}, 95 % intervals", title_justify="left"
    )
    table.add_column("method", no_wrap=True)
    for name in ("accuracy", "macro F1", "weighted F1"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("the method is")
    rows = {document["method"]: document, **document["baselines"]}
    for name, figures in rows.items():
        own = name == document["method"]
        verdict = "" if own else _verdict(figures["difference"])
        values = [figure(figures[key], narrow=narrow) for key in ("accuracy", "macro_f1", "weighted_f1")]
        table.add_row(name, *values, verdict, style="bold" if own else None)
    return table


def _verdict(difference: Mapping[str, Any]) -> str:
    p = difference["p_value"]
    return f"{difference['verdict']}\n(p {'< 0.001' if p < 0.001 else f'= {p:.3f}'})"


def _per_label(document: Mapping[str, Any], narrow: bool) -> Table:
    classes = sorted(document["per_class"], key=lambda row: row["f1"]["value"] or 0)
    title = "each label, weakest first"
    if len(classes) > _SHOWN_LABELS:
        title += f" (the {_SHOWN_LABELS} weakest of {len(classes)})"
    table = Table(title=title, title_justify="left")
    table.add_column("label", overflow="fold")
    for name in ("n", "precision", "recall", "F1"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in classes[:_SHOWN_LABELS]:
        values = [figure(row[key], narrow=narrow) for key in ("precision", "recall", "f1")]
        table.add_row(Text(plain(row["label"])), f"{row['support']:,}", *values)
    return table


def _confusion(confusion: Mapping[str, Any]) -> Table:
    table = Table(title="share of each true label (row) by answer (column)", title_justify="left")
    table.add_column("true")
    for name in confusion["labels"]:
        table.add_column(Text(plain(name)), justify="right", overflow="ellipsis", no_wrap=True)
    for row, (name, shares) in enumerate(zip(confusion["labels"], confusion["normalized"], strict=True)):
        cells = [
            Text(f"{share:.2f}", "bold" if column == row else "yellow" if share >= _OFTEN else "dim")
            for column, share in enumerate(shares)
        ]
        table.add_row(Text(plain(name)), *cells)
    return table


def show_prediction(console: Console, answer: Mapping[str, Any]) -> None:
    """Print one answer: the text, the label, and every probability as a bar."""
    texts = [answer["text"]] if isinstance(answer["text"], str) else answer["text"]
    console.print(Text(" ⟷ ".join(plain(text) for text in texts), "italic"), soft_wrap=True)
    chosen = [answer["label"]] if isinstance(answer["label"], str) else answer["label"]
    width = max(len(plain(name)) for name in answer["proba"])
    for name, share in sorted(answer["proba"].items(), key=lambda item: -item[1]):
        bar = "█" * round(share * _BAR)
        line = f"  {plain(name):<{width}} {share:6.3f} {bar}"
        console.print(Text(line, "bold green" if name in chosen else ""), soft_wrap=True)
    if not chosen:
        console.print("  no label reaches a probability of 0.5")
    if answer["truncated"]:
        console.print(Text("  The text is longer than the model reads: its end was cut.", "yellow"))


def show_paths(console: Console, run: Path, page: Path) -> None:
    """Print where the run and its page are, and what to do next."""
    console.print(Text(f"run     {run}\nreport  {page}"), soft_wrap=True)
    console.print(
        Text(
            f'next    textkind predict {run} "some text"\n        textkind evaluate {run} --split test', "dim"
        ),
        soft_wrap=True,
    )


def show_welcome(console: Console, commands: Sequence[tuple[str, str]]) -> None:
    """Print the commands that a newcomer needs."""
    console.print(Text("textkind: from labelled texts to a classifier that you can trust", "bold"))
    table = Table(box=None, show_header=False, padding=(0, 2))
    table.add_column(no_wrap=True)
    for command, purpose in commands:
        table.add_row(Text(command, "cyan"), Text(purpose))
    console.print(table)
    console.print(Text("Each command explains itself with --help, and speaks JSON with --json.", "dim"))
