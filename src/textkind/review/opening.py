"""Open the page in a browser without its token on a command line, which everybody on a machine can read."""

import html
import os
import webbrowser
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

from textkind.errors import RunError

_PAGE = """<!doctype html>
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url={address}">
<title>textkind review</title>
<p><a href="{address}">textkind review</a></p>
"""


@contextmanager
def browser_at(address: str) -> Generator[None]:
    """Open the user's browser with a file that leads on to `address`, and that is there while the block runs.

    Nobody else can read the file. A browser that cannot read it either, as some are kept from temporary
    folders, says so; the printed address works in every one.

    Raises:
        RunError: no temporary folder can be made.
    """
    with _private_folder() as folder:
        file = Path(folder) / "review.html"
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as page:
            page.write(_PAGE.format(address=html.escape(address)))
        # some browsers return when they are closed, and the server answers only after this
        Thread(target=webbrowser.open, args=(file.as_uri(),), daemon=True).start()
        yield


def _private_folder() -> TemporaryDirectory:
    try:
        return TemporaryDirectory(prefix="textkind-review-")  # 0700
    except OSError as error:
        raise RunError(
            f"the browser cannot be opened, as no temporary folder can be made ({error.strerror or error}): "
            "free space, or open the address yourself with --no-browser"
        ) from error
