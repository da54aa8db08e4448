"""`textkind map`."""

from pathlib import Path
from typing import Annotated

import typer

from textkind.cli.options import Json, RunFolder, print_json, watched


def map(  # noqa: A001 - the command's name
    run: RunFolder,
    data: Annotated[str | None, typer.Option(help="Where the data lies now, if it moved.")] = None,
    page: Annotated[Path | None, typer.Option(help="Write an HTML page that opens offline.")] = None,
    projection: Annotated[
        str | None, typer.Option(help="umap or pca; without it umap, or pca where fastumap is missing.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Draw the features of the train and validation rows in two dimensions."""
    from textkind.artifact.run import Run

    with watched():
        from textkind.steps.map import feature_map

        document = feature_map(Run.load(run), data=data, projection=projection).to_dict()
    if page:
        from textkind.files import new_file
        from textkind.report.map_page import render_map

        with new_file(page) as partial:
            partial.write_text(render_map(document), "utf-8")
    if as_json:
        print_json(document)
        return
    near = document["neighbour_agreement"]
    print(f"{len(document['points']):,} rows, {len(document['labels'])} labels, {document['projection']}")
    print(
        f"Of the {near['neighbours']} nearest training rows of a validation row, {near['features']:.1%} "
        f"have its label in the features, {near['map']:.1%} on the map (n = {near['n']:,})."
    )
    print(f"-> {page}" if page else "--page map.html draws it")
