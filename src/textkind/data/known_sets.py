"""Recognize public data sets, and say where a copy differs from the one that figures were measured on."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib import resources
from pathlib import PurePosixPath

from textkind.data.cleaning import Rows

_MODULUS = 2**64


@dataclass(frozen=True)
class KnownSet:
    """A public data set, as textkind's documented figures were measured on it.

    Attributes:
        name: of it here.
        aliases: names that folders, files and Hub repositories give it.
        licence: as its publishers state it.
        splits: split -> rows and checksum, see `checksum`.
    """

    name: str
    aliases: tuple[str, ...]
    licence: str
    splits: Mapping[str, tuple[int, int]]


@cache
def known_sets() -> list[KnownSet]:
    """The catalog; `benchmarks/known_sets.py` writes it."""
    text = (resources.files("textkind.data") / "known_sets.json").read_text("utf-8")
    return [
        KnownSet(
            name,
            tuple(entry["aliases"]),
            entry["licence"],
            {split: (rows, int(total, 16)) for split, (rows, total) in entry["splits"].items()},
        )
        for name, entry in json.loads(text).items()
    ]


def checksum(rows: Rows) -> int:
    """The sum of a 64-bit hash of each row's text and label: it does not depend on their order.

    Sums add up: a split that was divided has the sum of its parts.
    """
    total = 0
    for text, label in zip(rows.texts, rows.labels, strict=True):
        labels = [label] if isinstance(label, str) else sorted(label)
        content = json.dumps([text, labels], ensure_ascii=True)
        total += int.from_bytes(blake2b(content.encode(), digest_size=8).digest(), "big")
    return total % _MODULUS


def recognized(source: str, rows: Mapping[str, Rows]) -> tuple[str | None, list[str]]:
    """Compare loaded rows with the catalog.

    Args:
        source: the word DATA; its last part may name a set.
        rows: cleaned rows by split, after missing splits were cut from train.

    Returns:
        The licence of the set that this is, and what is to be said.
    """
    named = next((one for one in known_sets() if _stem(source) in one.aliases), None)
    for one in [named] if named else known_sets():
        alike = _alike(rows, one)
        sums = (_sum(rows, name, one) == total for name, (_, total) in one.splits.items())
        if all(alike.values()) and all(sums):
            told = f"This is {one.name}, row for row the copy that the documented figures are of."
            return one.licence, [told]
    # A file may be called like a set without being meant for it: one split at least must have its size
    return None, [_difference(named, rows)] if named and any(_alike(rows, named).values()) else []


def _stem(source: str) -> str:
    return PurePosixPath(source.rpartition(":")[2].rstrip("/")).name.partition(".")[0].casefold()


def _parts(rows: Mapping[str, Rows], split: str, one: KnownSet) -> list[Rows]:
    """The rows of one of its splits: those cut from train, as it has no such split, belong to train."""
    cut = [name for name in rows if name not in one.splits] if split == "train" else []
    return [rows[name] for name in (split, *cut) if name in rows]


def _alike(rows: Mapping[str, Rows], one: KnownSet) -> dict[str, bool]:
    """Whether each split has as many rows as it should."""
    return {
        split: sum(len(part.texts) for part in _parts(rows, split, one)) == count
        for split, (count, _) in one.splits.items()
    }


def _sum(rows: Mapping[str, Rows], split: str, one: KnownSet) -> int:
    return sum(map(checksum, _parts(rows, split, one))) % _MODULUS


def _difference(one: KnownSet, rows: Mapping[str, Rows]) -> str:
    told = []
    for split, (count, total) in one.splits.items():
        found = sum(len(part.texts) for part in _parts(rows, split, one))
        if found != count:
            told.append(f"{split} has {found:,} usable rows instead of {count:,}")
        elif _sum(rows, split, one) != total:
            told.append(f"{split} has other texts or labels")
    return (
        f"The name says {one.name}, but this is not the copy that the documented figures are of: "
        f"{'; '.join(told)}."
    )
