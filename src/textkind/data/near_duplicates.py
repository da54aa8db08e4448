"""Find texts that are almost the same, in time that grows about linearly with the rows."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

SIMILAR = 0.7  # Jaccard similarity of the shingle sets from which two texts count as near-duplicates
_SHINGLE = 4  # characters
_PERMUTATIONS, _BANDS = 128, 32  # 4 values a band: similarity 0.7 is found with probability 0.9998
_ESTIMATED = 0.55  # of the values agree: almost four standard errors below 0.7
_CHUNK = 8192  # texts that are hashed, or pairs that are compared, at once
_SEED = 0


@dataclass(frozen=True)
class NearPair:
    """Two rows whose texts are almost the same: their numbers and the similarity, 0 to 1."""

    first: int
    second: int
    similarity: float


def normalized(text: str) -> str:
    """The letters and digits of a text in lower case, words apart by one space.

    >>> normalized("RT: So HAPPY!!! :)")
    'rt so happy'
    """
    return re.sub(r"[\W_]+", " ", text.casefold()).strip()


def near_duplicates(texts: Sequence[str]) -> list[NearPair]:
    """Return pairs of near-duplicates among *distinct* texts.

    MinHash over character shingles and banding propose pairs (Broder, 1997; Leskovec, Rajaraman and
    Ullman, *Mining of Massive Datasets*, chapter 3); the signatures sort out most of those, as long texts
    share many shingles without being alike; the shingle sets themselves then decide. In a band each text
    is held against the first of its bucket, so that a thousand copies cost a thousand comparisons and
    not half a million. Texts shorter than a shingle take no part.

    >>> found = near_duplicates(["I am so happy about it today", "I am so happy about it todays", "no"])
    >>> [(pair.first, pair.second) for pair in found]
    [(0, 1)]
    """
    signatures = np.concatenate([np.zeros((0, _PERMUTATIONS), np.uint32), *_signatures(texts)])
    shingled = np.array([len(normalized(text)) >= _SHINGLE for text in texts], bool)
    candidates = _candidates(signatures, shingled)
    return [pair for pair in _compared(texts, candidates) if pair.similarity >= SIMILAR]


def _signatures(texts: Sequence[str]) -> list[np.ndarray]:
    from rensa import RMinHash  # ty: ignore[import-not-found]

    parts = []
    for start in range(0, len(texts), _CHUNK):
        hashes = [shingle_hashes(text) for text in texts[start : start + _CHUNK]]
        offsets = np.cumsum([0, *map(len, hashes)]).astype(np.uint64)
        flat = np.concatenate(hashes)
        matrix = RMinHash.digest_matrix_from_flat_token_hashes(flat, offsets, _PERMUTATIONS, _SEED)
        parts.append(np.array(matrix.to_rows(), np.uint32))
    return parts


def shingle_hashes(text: str) -> np.ndarray:
    """A 64-bit number for each run of four characters of the normalized text."""
    codes = np.frombuffer(normalized(text).encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    if len(codes) < _SHINGLE:
        return np.zeros(0, np.uint64)
    windows = np.lib.stride_tricks.sliding_window_view(codes, _SHINGLE)
    value = windows[:, 0].copy()
    for column in range(1, _SHINGLE):  # 21 bits a character, mixed: arithmetic wraps around on purpose
        value = value * np.uint64(0x9E3779B97F4A7C15) + windows[:, column]
    value ^= value >> np.uint64(29)
    return np.unique(value * np.uint64(0xBF58476D1CE4E5B9))


def _candidates(signatures: np.ndarray, shingled: np.ndarray) -> np.ndarray:
    """Pairs of rows (m, 2), in order, that share a band and most of their signature."""
    rows = np.flatnonzero(shingled)
    width = _PERMUTATIONS // _BANDS
    found = np.zeros(0, np.int64)  # a pair (a, b) is the number a * n + b
    for band in range(_BANDS):
        keys = np.zeros(len(rows), np.uint64)
        for column in range(band * width, (band + 1) * width):
            keys = (keys ^ signatures[rows, column]) * np.uint64(0x9E3779B97F4A7C15)
            keys ^= keys >> np.uint64(32)
        _, first, bucket = np.unique(keys, return_index=True, return_inverse=True)
        firsts = first[bucket]
        others = np.flatnonzero(firsts != np.arange(len(rows)))
        pairs = rows[firsts[others]] * len(signatures) + rows[others]
        pairs = np.setdiff1d(pairs, found, assume_unique=True)
        found = np.union1d(found, pairs[_likely(signatures, pairs)])
    return np.column_stack(np.divmod(found, max(1, len(signatures))))


def _likely(signatures: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Whether enough values of both signatures agree: their share estimates the similarity."""
    likely = np.zeros(len(pairs), bool)
    for start in range(0, len(pairs), _CHUNK):
        ours, theirs = np.divmod(pairs[start : start + _CHUNK], len(signatures))
        likely[start : start + _CHUNK] = (signatures[ours] == signatures[theirs]).mean(axis=1) >= _ESTIMATED
    return likely


def _compared(texts: Sequence[str], pairs: np.ndarray) -> Iterator[NearPair]:
    """The pairs, sorted by their first text, with the similarity of their shingle sets."""
    last, left = -1, np.zeros(0, np.uint64)
    for a, b in pairs.tolist():
        if a != last:
            last, left = a, shingle_hashes(texts[a])
        right = shingle_hashes(texts[b])
        shared = len(np.intersect1d(left, right, assume_unique=True))
        yield NearPair(a, b, shared / (len(left) + len(right) - shared))
