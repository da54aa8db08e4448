"""`textkind repair-report`."""

from pathlib import Path
from typing import Annotated

import typer

from textkind.cli.options import Json, print_json, stdout, watched


def repair_report(
    before: Annotated[Path, typer.Argument(metavar="BEFORE", help="The run without the corrections.")],
    after: Annotated[Path, typer.Argument(metavar="AFTER", help="The run with them.")],
    data: Annotated[str | None, typer.Option(help="Where the data lies now, if it moved.")] = None,
    as_json: Json = False,
) -> None:
    """Show what corrections were worth, on rows that nobody reviewed, and how many labels were wrong."""
    from textkind.artifact.run import Run

    with watched():
        from textkind.steps import repair_report as step

        document = step.repair_report(Run.load(before), Run.load(after), data).to_dict()
    if as_json:
        print_json(document)
        return
    from textkind.terminal.repair_report import show_repair_report

    show_repair_report(stdout(), document)
