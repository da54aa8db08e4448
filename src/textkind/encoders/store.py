"""FeatureStore: vectors on disk, keyed by everything that changes them and by the text."""

import hashlib
import uuid
from collections.abc import Mapping, Sequence
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
    >>> vectors = np.zeros((2, 1), np.float32)
    >>> store.fill(vectors, {"b": 0, "c": 1}), vectors.ravel().tolist()
    ({0}, [2.0, 0.0])
    """

    def __init__(self, root: Path, identity: str, about: str = "") -> None:
        self.folder = root / hashlib.sha256(identity.encode()).hexdigest()[:32]
        self.about = about

    def fill(self, vectors: np.ndarray, rows: Mapping[str, int]) -> set[int]:
        """Write the vectors that the store holds into `vectors` (n, d).

        Args:
            rows: text -> its row.

        Returns:
            The rows that were filled.
        """
        wanted = {_key(text): row for text, row in rows.items()}
        filled: set[int] = set()
        for shard in sorted(self.folder.glob("*.keys")):
            try:
                held = np.load(shard.with_suffix(".npy"), mmap_mode="r")
                raw = shard.read_bytes()
                shard.touch()  # used now: the cache drops what was not used for longest
            except (OSError, ValueError):  # a shard whose other half is gone or broken
                continue
            keys = [raw[at : at + KEY_BYTES] for at in range(0, len(raw), KEY_BYTES)]
            if len(keys) != len(held) or held.shape[1:] != vectors.shape[1:]:
                continue
            pairs = [(wanted[key], place) for place, key in enumerate(keys) if key in wanted]
            if pairs:
                mine, theirs = np.array(pairs).T
                vectors[mine] = held[theirs]
                filled.update(mine.tolist())
        return filled

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
