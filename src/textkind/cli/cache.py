"""`textkind cache`."""

from typing import Annotated

import typer

from textkind.cli.options import Json, print_json, stdout


def cache(
    clear: Annotated[bool, typer.Option("--clear", help="Remove everything.")] = False,
    limit: Annotated[
        str | None, typer.Option(help="Remove the longest unused features beyond, such as 2GB.")
    ] = None,
    as_json: Json = False,
) -> None:
    """See which features are kept on disk, and make room."""
    from textkind.encoders import cache as stored

    folder = stored.feature_folder()
    removed = []
    if clear or limit is not None:
        removed = stored.trim(folder, 0 if clear else stored.parse_size(limit or ""))
    document = {
        "folder": str(folder),
        "limit": stored.cache_limit(),
        "stores": [store.to_dict() for store in stored.held(folder)],
        "removed": [store.to_dict() for store in removed],
    }
    if as_json:
        print_json(document)
    else:
        from textkind.terminal.cache import show_cache

        show_cache(stdout(), document)
