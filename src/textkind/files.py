"""Write a folder or a file so that it appears whole or not at all."""

import hashlib
import os
import shutil
import uuid
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from textkind.errors import RunError


@contextmanager
def new_folder(path: Path) -> Generator[Path]:
    """Yield a hidden folder beside `path` that becomes `path` when the block ends well.

    Whatever ends the block otherwise, a full disk and Ctrl-C included, removes it.

    Raises:
        RunError: `path` exists, or cannot be written.
    """
    refuse_existing(path)
    with _partial(path) as partial:
        partial.mkdir()
        yield partial
        partial.rename(path)


@contextmanager
def new_file(path: Path) -> Generator[Path]:
    """Yield a hidden path beside `path` that replaces `path` when the block ends well.

    Raises:
        RunError: it cannot be written.
    """
    with _partial(path) as partial:
        yield partial
        with partial.open("rb+") as written:
            os.fsync(written.fileno())  # else a crash may leave the name with nothing behind it
        os.replace(partial, path)


@contextmanager
def _partial(path: Path) -> Generator[Path]:
    """A name beside `path` to write to; what is left there at the end goes, with folders made for it."""
    partial = path.parent / f".{path.name}.{uuid.uuid4().hex[:8]}.partial"
    made = [folder for folder in path.parents if not folder.exists()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
    except OSError as error:
        raise RunError(
            f"{path} could not be written ({error.strerror or error}) and nothing of it was kept: "
            "free space or name another folder"
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        with suppress(OSError):  # not empty: all went well, or somebody else wrote there
            for folder in made:
                folder.rmdir()


def refuse_existing(path: Path, kind: str = "folder") -> None:
    """Raise RunError if there is something at `path` already; `kind` says what belongs there."""
    if path.exists():
        raise RunError(f"{path} exists already: name another {kind}, or remove it")


def checksums(folder: Path) -> dict[str, str]:
    """The sha256 of every file in a folder, by its path in it."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
