"""`textkind explore`."""

from pathlib import Path
from typing import Annotated

import typer

from textkind.cli.options import (
    Data,
    Encoding,
    Json,
    LabelColumn,
    PairColumn,
    TextColumn,
    print_json,
    stdout,
    watched,
)


def explore(  # noqa: PLR0913, PLR0917 - one parameter per option
    data: Data,
    text: TextColumn = None,
    text_pair: PairColumn = None,
    label: LabelColumn = None,
    encoding: Encoding = None,
    names: Annotated[
        str | None,
        typer.Option(help="With --label: a file of names, one a line, for numbers from 0 on."),
    ] = None,
    label_separator: Annotated[
        str | None, typer.Option(help="What stands between several labels in one value.")
    ] = None,
    encoder: Annotated[str, typer.Option(help="Whose tokens are counted against its limit.")] = "minilm",
    mute: Annotated[
        list[str] | None, typer.Option(help="Leave a check out, such as D009. Repeatable.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 if a check finds an issue.")] = False,
    page: Annotated[Path | None, typer.Option(help="Write an HTML page that opens offline.")] = None,
    fix: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Write a cleaned copy here, with a log of each row left out."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Look at the data before training: labels, lengths, words, and checks over all splits."""
    from textkind.data.sources import LoadOptions

    options = LoadOptions(
        text=text,
        text_pair=text_pair,
        label=label,
        names=names,
        label_separator=label_separator,
        encoding=encoding or "utf-8",
    )
    with watched():
        from textkind.steps import explore as step

        explored = step.explore(data, options, encoder=encoder, muted=mute or ())
    document = explored.to_dict()
    if fix:
        document |= {"fixed": {"folder": str(fix), "dropped": step.fix(explored, fix)}}
    if page:
        from textkind.files import new_file
        from textkind.report.data_page import render_data

        with new_file(page) as partial:
            partial.write_text(render_data(document), "utf-8")
    if as_json:
        print_json(document)
    else:
        from textkind.terminal.exploration import show_exploration

        show_exploration(stdout(), document)
    if strict and any(finding.severity == "issue" for finding in explored.findings):
        raise typer.Exit(1)
