"""FeatureStore: vectors on disk, keyed by everything that changes them and by the text."""

import hashlib
import os
import uuid
from collections.abc import Sequence
from pathlib import Path

import numpy as np

_KEY_BYTES = 16


def cache_folder() -> Path:
    """Where textkind keeps what it can compute again: `TEXTKIND_CACHE`, or the user's cache."""
    named = os.environ.get("TEXTKIND_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(named or Path(base, "textkind")).expanduser()


class FeatureStore:
    """The vectors of one encoder in one folder; every `add` writes a new pair of files.

    Nothing is changed in place: two processes may add at once, and a broken write leaves a file
    with a name that is never read.

    Args:
        root: the folder of all stores.
        identity: names weights, pooling, limit and precision; another identity is another store.

    >>> import tempfile
    >>> store = FeatureStore(Path(tempfile.mkdtemp()), "tiny")
    >>> store.add(["a", "b"], np.array([[1.0], [2.0]], np.float32))
    >>> store.get(["b", "c"])
    (array([[2.],
           [0.]], dtype=float32), array([ True, False]))
    """

    def __init__(self, root: Path, identity: str) -> None:
        self.folder = root / hashlib.sha256(identity.encode()).hexdigest()[:32]

    def get(self, texts: Sequence[str]) -> tuple[np.ndarray | None, np.ndarray]:
        """Return the vectors (n, d), zeros where unknown, and which rows (n,) are known.

        The vectors are None as long as the store is empty.
        """
        keys = [_key(text) for text in texts]
        known = np.zeros(len(texts), bool)
        vectors = None
        for shard in sorted(self.folder.glob("*.keys")):
            try:
                held = np.load(shard.with_suffix(".npy"), mmap_mode="r")
            except (OSError, ValueError):  # a shard whose other half is gone or broken
                continue
            raw = shard.read_bytes()
            place = {raw[at : at + _KEY_BYTES]: at // _KEY_BYTES for at in range(0, len(raw), _KEY_BYTES)}
            if len(place) != len(held):
                continue
            rows = [(row, place[key]) for row, key in enumerate(keys) if key in place]
            if vectors is None:
                vectors = np.zeros((len(texts), held.shape[1]), held.dtype)
            if rows:
                mine, theirs = np.array(rows).T
                vectors[mine] = held[theirs]
                known[mine] = True
        return vectors, known

    def add(self, texts: Sequence[str], vectors: np.ndarray) -> None:
        """Keep the vectors of distinct texts that the store does not hold yet."""
        self.folder.mkdir(parents=True, exist_ok=True)
        name = uuid.uuid4().hex
        partial = self.folder / f"{name}.partial"
        with partial.open("wb") as file:
            np.save(file, vectors, allow_pickle=False)
        partial.rename(self.folder / f"{name}.npy")
        partial.write_bytes(b"".join(_key(text) for text in texts))
        partial.rename(self.folder / f"{name}.keys")  # last: a shard counts once its keys are there


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:_KEY_BYTES]
