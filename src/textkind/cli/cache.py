"""`textkind cache`."""

from typing import Annotated

import typer

from textkind.cli.options import Json, print_json, stdout


def cache(
    clear: Annotated[bool, typer.Option("--clear", help="Remove everything.")] = False,
    limit: Annotated[
        str | None, typer.Option(help="Remove what is longest unused beyond, such as 2GB.")
    ] = None,
    as_json: Json = False,
) -> None:
    """See what is kept on disk to be computed once, features and orders of review, and make room."""
    from textkind.encoders import cache as stored

    folders = (stored.feature_folder(), stored.review_folder())
    removed = []
    if clear or limit is not None:
        removed = stored.trim(0 if clear else stored.parse_size(limit or ""), *folders)
    document = {
        "folder": str(stored.cache_folder()),
        "limit": stored.cache_limit(),
        "stores": [store.to_dict() for store in stored.held(*folders)],
        "removed": [store.to_dict() for store in removed],
    }
    if as_json:
        print_json(document)
    else:
        from textkind.terminal.cache import show_cache

        show_cache(stdout(), document)
