"""The folder of what can be computed again: see what it holds, keep it small, clear it."""

import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from textkind.encoders.store import ABOUT, KEY_BYTES
from textkind.errors import RecipeError

DEFAULT_LIMIT = "10GB"
_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


@dataclass(frozen=True)
class Held:
    """One store in the cache: the features of an encoder, or the order in which a Run's rows are reviewed.

    Attributes:
        name: of its folder.
        about: what was encoded, and how; or which Run is reviewed.
        texts: vectors in it; 0 for what holds none.
        size: bytes on disk.
        used: when it was last read or written, in seconds since 1970.
    """

    name: str
    about: str
    texts: int
    size: int
    used: float

    def to_dict(self) -> dict:
        """Everything for JSON, the time written out."""
        used = datetime.fromtimestamp(self.used, UTC).isoformat(timespec="seconds")
        return {**asdict(self), "used": used}


def cache_folder() -> Path:
    """Where textkind keeps what it can compute again: `TEXTKIND_CACHE`, or the user's cache."""
    named = os.environ.get("TEXTKIND_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(named or Path(base, "textkind")).expanduser()


def feature_folder() -> Path:
    """Where the features of all encoders are kept."""
    return cache_folder() / "features"


def review_folder() -> Path:
    """Where the order of review of each Run is kept."""
    return cache_folder() / "review"


def cache_limit() -> int:
    """The most bytes to keep: `TEXTKIND_CACHE_LIMIT`, such as `500MB`; 10 GB if it is not set."""
    return parse_size(os.environ.get("TEXTKIND_CACHE_LIMIT") or DEFAULT_LIMIT)


def parse_size(text: str) -> int:
    """Return bytes.

    Raises:
        RecipeError: not a number and a unit.

    >>> parse_size("1.5 GB")
    1500000000
    """
    folded = text.strip().upper().replace(" ", "")
    unit = next((unit for unit in ("KB", "MB", "GB", "TB", "B") if folded.endswith(unit)), "")
    try:
        size = float(folded.removesuffix(unit)) * _UNITS[unit or "B"]
    except ValueError:
        size = -1.0
    if not 0 <= size < float("inf"):
        raise RecipeError(f"expected a size such as 500MB or 2GB, found {text!r}")
    return int(size)


def held(*roots: Path) -> list[Held]:
    """Every store in the folders `roots`, the last used first."""
    return [store for store, _ in _stores(roots)]


def trim(limit: int, *roots: Path) -> list[Held]:
    """Remove whole stores, the longest unused first, until the others hold at most `limit` bytes.

    Args:
        limit: of all together.
        roots: the folders of the stores.

    Returns:
        What was removed. A process that reads from it computes it again.
    """
    kept, removed = 0, []
    for store, path in _stores(roots):
        kept += store.size
        if kept > limit:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                with suppress(OSError):
                    path.unlink()
            removed.append(store)
    return removed


def _stores(roots: Iterable[Path]) -> list[tuple[Held, Path]]:
    """Each store and where it lies, the last used first; a file that lies about is a store of its own."""
    places = [path for root in roots if root.is_dir() for path in root.iterdir()]
    stores = [(store, path) for path in places if (store := _store(path))]
    return sorted(stores, key=lambda store: -store[0].used)


def _store(path: Path) -> Held | None:
    files = [path] if path.is_file() else [file for file in _inside(path) if file.is_file()]
    kept = [(file, found) for file in files if (found := _stat(file))]
    if not kept:
        return None
    about = path / ABOUT
    return Held(
        path.name,
        about.read_text("utf-8").strip() if about.exists() else "",
        sum(found.st_size // KEY_BYTES for file, found in kept if file.suffix == ".keys"),
        sum(found.st_size for _, found in kept),
        max(found.st_mtime for _, found in kept),
    )


def _inside(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:  # another process was quicker
        return []


def _stat(file: Path) -> os.stat_result | None:
    try:
        return file.stat()
    except FileNotFoundError:  # another process was quicker
        return None
