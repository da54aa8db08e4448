"""The folder of what can be computed again: see what it holds, keep it small, clear it."""

import os
import shutil
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from textkind.encoders.store import ABOUT, KEY_BYTES
from textkind.errors import RecipeError

DEFAULT_LIMIT = "10GB"
_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


@dataclass(frozen=True)
class Held:
    """One store of features in the cache.

    Attributes:
        name: of its folder.
        about: what was encoded, and how.
        texts: vectors in it.
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


def cache_limit() -> int:
    """The most bytes of features to keep: `TEXTKIND_CACHE_LIMIT`, such as `500MB`; 10 GB if it is not set."""
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


def held(root: Path) -> list[Held]:
    """Every store in the folder `root`, the last used first."""
    stores = []
    for folder in root.iterdir() if root.is_dir() else ():
        files = (
            [(file, _stat(file)) for file in folder.iterdir() if file.is_file()] if folder.is_dir() else []
        )
        kept = [(file, found) for file, found in files if found]
        if not kept:
            continue
        about = folder / ABOUT
        stores.append(
            Held(
                folder.name,
                about.read_text("utf-8").strip() if about.exists() else "",
                sum(found.st_size // KEY_BYTES for file, found in kept if file.suffix == ".keys"),
                sum(found.st_size for _, found in kept),
                max(found.st_mtime for _, found in kept),
            )
        )
    return sorted(stores, key=lambda store: -store.used)


def _stat(file: Path) -> os.stat_result | None:
    try:
        return file.stat()
    except FileNotFoundError:  # another process was quicker
        return None


def trim(root: Path, limit: int) -> list[Held]:
    """Remove whole stores, the longest unused first, until the others hold at most `limit` bytes.

    Returns:
        What was removed. A process that reads from it computes those features again.
    """
    kept, removed = 0, []
    for store in held(root):
        kept += store.size
        if kept > limit:
            shutil.rmtree(root / store.name, ignore_errors=True)
            removed.append(store)
    return removed
