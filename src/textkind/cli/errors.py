"""`textkind errors`."""

from pathlib import Path
from typing import Annotated

import typer

from textkind.cli.options import Folds, Json, RunFolder, print_json, stdout, watched


def errors(  # noqa: PLR0913, PLR0917 - one parameter per option
    run: RunFolder,
    rows: Annotated[int, typer.Option(min=1, help="Rows of each list that are shown.")] = 10,
    data: Annotated[str | None, typer.Option(help="Where the data lies now, if it moved.")] = None,
    csv: Annotated[
        Path | None,
        typer.Option(help="Write the whole queue to .csv, .tsv, .jsonl or .parquet."),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="Look for slices by this column; may be given again."),
    ] = None,
    folds: Folds = None,
    as_json: Json = False,
) -> None:
    """Show what the method gets wrong and why, and which labels are probably wrong."""
    from textkind.artifact.run import Run
    from textkind.data.writers import check_suffix

    if csv:
        check_suffix(csv)  # before the work, not after it
    with watched():
        from textkind.steps import errors as step

        found = step.error_analysis(Run.load(run), data=data, rows=rows, by=by or (), folds=folds)
    if csv:
        found.write_queue(csv)
    if as_json:
        print_json(found.to_dict())
        return
    from textkind.terminal.errors import show_errors

    show_errors(stdout(), found.to_dict())
    print(f"queue -> {csv}" if csv else "--csv queue.csv writes the whole review queue")
