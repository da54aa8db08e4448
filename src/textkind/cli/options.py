"""What the commands share: options, consoles, printing."""

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on stdout; everything else goes to stderr.")
]
Folds = Annotated[
    int | None,
    typer.Option(min=2, help="Models that answer the train rows they have not seen; 5, fewer are quicker."),
]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.")]


DATA = "sample:emotion, a file, a folder with train.*, or a Hub name."
Data = Annotated[str, typer.Argument(metavar="DATA", help=DATA)]
TextColumn = Annotated[str | None, typer.Option("--text", help="The column of the texts.")]
PairColumn = Annotated[
    str | None, typer.Option("--text-pair", help="The column of the other side, for pairs.")
]
LabelColumn = Annotated[str | None, typer.Option("--label", help="The column of the labels.")]
Encoding = Annotated[str | None, typer.Option("--encoding", help="Of a text file, if it is not UTF-8.")]


def print_report(document: Mapping[str, Any], as_json: bool) -> None:
    """Print a report's document, for a machine or for a person."""
    if as_json:
        print_json(document)
    else:
        from textkind.terminal.report import show_report

        show_report(stdout(), document)


def print_json(document: Mapping[str, Any]) -> None:
    """Print one JSON document on stdout."""
    print(json.dumps(document, ensure_ascii=False, allow_nan=False))


def stdout() -> "Console":
    """The console of results; rich is imported at the point of use."""
    from rich.console import Console

    return Console()


def watched() -> AbstractContextManager[None]:
    """Show progress and notes on stderr while the block runs."""
    from rich.console import Console

    from textkind.terminal.bars import watching

    return watching(Console(stderr=True))
