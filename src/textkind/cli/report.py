"""`textkind report`."""

from pathlib import Path
from typing import Annotated

import typer

from textkind.cli.options import Json, RunFolder, print_json, watched


def report(
    run: RunFolder,
    out: Annotated[
        Path | None, typer.Option(help="The new page; without it RUN.report.html beside the run.")
    ] = None,
    data: Annotated[str | None, typer.Option(help="Where the data lies now, if it moved.")] = None,
    projection: Annotated[
        str | None, typer.Option(help="umap or pca; without it umap, or pca where fastumap is missing.")
    ] = None,
    rows: Annotated[int, typer.Option(min=1, help="Rows of each list of errors.")] = 20,
    as_json: Json = False,
) -> None:
    """Write one HTML page of a run that opens offline: figures, data, curves, map and errors."""
    from textkind.artifact.run import Run

    with watched():
        from textkind.steps import report as step

        opened = Run.load(run)
        page = step.page_of(opened, out)  # before the work, not after it
        joined = step.report(opened, data=data, projection=projection, rows=rows)
        joined.write(page)
    size = page.stat().st_size
    if as_json:
        print_json({"run": joined.name, "report": str(page), "bytes": size, "sections": joined.sections})
        return
    print(f"{', '.join(joined.sections)}\n-> {page} ({size / 1e6:.1f} MB)")
