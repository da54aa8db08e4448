"""FeatureStore: vectors on disk, keyed by everything that changes them and by the text."""

import hashlib
import uuid
from collections.abc import Sequence
from pathlib import Path

import numpy as np

ABOUT = "about.txt"
KEY_BYTES = 16


class FeatureStore:
    """The vectors of one encoder in one folder; every `add` writes a new pair of files.

    Nothing is changed in place: two processes may add at once, and a broken write leaves a file
    with a name that is never read.

    Args:
        root: the folder of all stores.
        identity: names weights, pooling, limit and precision; another identity is another store.
        about: says the same to a person who looks through the cache.

    >>> import tempfile
    >>> store = FeatureStore(Path(tempfile.mkdtemp()), "tiny")
    >>> store.add(["a", "b"], np.array([[1.0], [2.0]], np.float32))
    >>> store.get(["b", "c"])
    (array([[2.],
           [0.]], dtype=float32), array([ True, False]))
    """

    def __init__(self, root: Path, identity: str, about: str = "") -> None:
        self.folder = root / hashlib.sha256(identity.encode()).hexdigest()[:32]
        self.about = about

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
                raw = shard.read_bytes()
                shard.touch()  # used now: the cache drops what was not used for longest
            except (OSError, ValueError):  # a shard whose other half is gone or broken
                continue
            place = {raw[at : at + KEY_BYTES]: at // KEY_BYTES for at in range(0, len(raw), KEY_BYTES)}
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
        if self.about and not (self.folder / ABOUT).exists():
            (self.folder / ABOUT).write_text(self.about + "\n", "utf-8")
        name = uuid.uuid4().hex
        partial = self.folder / f"{name}.partial"
        with partial.open("wb") as file:
            np.save(file, vectors, allow_pickle=False)
        partial.rename(self.folder / f"{name}.npy")
        partial.write_bytes(b"".join(_key(text) for text in texts))
        partial.rename(self.folder / f"{name}.keys")  # last: a shard counts once its keys are there


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:KEY_BYTES]
