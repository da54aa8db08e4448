"""Make labels into names, drop rows that cannot be used, and say what was done."""

import math
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import compress
from typing import Any

from textkind.errors import DataError, LabelError, listed

_MOST_LABELS = 1000


@dataclass
class Rows:
    """The raw rows of one split: texts (or pairs, or None), labels of any kind, and what divides them.

    Attributes:
        groups, times: of each row, if the data is to be split by them.
        metadata: what else is kept of each row, by column.
    """

    texts: list
    labels: list
    groups: list | None = None
    times: list | None = None
    metadata: dict[str, list] = field(default_factory=dict)

    def keep(self, wanted: list[bool]) -> "Rows":
        """The rows where `wanted` is true."""
        return Rows(
            list(compress(self.texts, wanted)),
            list(compress(self.labels, wanted)),
            None if self.groups is None else list(compress(self.groups, wanted)),
            None if self.times is None else list(compress(self.times, wanted)),
            {name: list(compress(values, wanted)) for name, values in self.metadata.items()},
        )


def clean(splits: Mapping[str, Rows], *, separator: str | None = None) -> tuple[dict[str, Rows], list[str]]:
    """Return the splits with usable rows and labels as names, and notes on what was done.

    Args:
        splits: raw rows by split name.
        separator: what stands between several labels in one value; None: one label a value.

    Raises:
        DataError: nothing to learn from is left.
    """
    notes: list[str] = []
    cleaned = {name: _named(rows, separator) for name, rows in splits.items()}
    for name, rows in cleaned.items():
        usable, why = _usable(rows)
        notes += [f"{name}: dropped {count:,} row(s) with {reason}." for reason, count in why.items()]
        cleaned[name] = rows.keep(usable)
    notes += _stripped(splits)
    every = [label for rows in cleaned.values() for label in rows.labels]
    counts = Counter(one for label in every for one in ([label] if isinstance(label, str) else label))
    notes += lookalikes(counts) + _single_rows(counts)
    _check_labels(cleaned, counts)
    return cleaned, notes


def _named(rows: Rows, separator: str | None) -> Rows:
    return replace(rows, labels=[_names(value, separator) for value in rows.labels])


def _names(value: Any, separator: str | None) -> str | list[str] | None:
    if value is None or (isinstance(value, str) and separator is None):
        return sys.intern(value.strip()) or None if value else None  # one copy of each name, not a million
    if isinstance(value, str):
        value = value.split(separator)
    if isinstance(value, list):
        names = (_names(one, None) for one in value)
        return list(dict.fromkeys(name for name in names if isinstance(name, str)))
    if isinstance(value, bool | int):
        return str(value)
    if isinstance(value, float):
        return None if math.isnan(value) else str(int(value)) if value.is_integer() else str(value)
    raise LabelError(f"expected a label as text or number, found {type(value).__name__} {value!r:.40}")


def _usable(rows: Rows) -> tuple[list[bool], Counter[str]]:
    reasons = [_reason(text, label) for text, label in zip(rows.texts, rows.labels, strict=True)]
    return [reason is None for reason in reasons], Counter(reason for reason in reasons if reason)


def _reason(text: Any, label: Any) -> str | None:
    """Why a row cannot be used; None if it can."""
    parts = text if isinstance(text, tuple) else (text,)
    if any(part is None for part in parts):
        return "no text (null)"
    if not all(part.strip() for part in parts):
        return "an empty text"
    return "no label" if label is None else None


def _stripped(splits: Mapping[str, Rows]) -> list[str]:
    padded = {
        value
        for rows in splits.values()
        for value in rows.labels
        if isinstance(value, str) and value != value.strip() and value.strip()
    }
    return [f"Spaces around labels were removed: {listed(sorted(padded))}."] if padded else []


def lookalikes(names: Iterable[str]) -> list[str]:
    """Say which label names differ in case, spaces, hyphens or underscores only."""
    alike: dict[str, list[str]] = {}
    for name in sorted(names):
        key = " ".join(name.casefold().replace("_", " ").replace("-", " ").split())
        alike.setdefault(key, []).append(name)
    return [
        f"Labels that look alike were kept apart: {listed(same)}; make them one if they mean the same."
        for same in alike.values()
        if len(same) > 1
    ]


def _single_rows(counts: Counter[str]) -> list[str]:
    single = sorted(name for name, count in counts.items() if count == 1)
    return [f"Labels with a single row cannot be learned and judged: {listed(single)}."] if single else []


def _check_labels(splits: Mapping[str, Rows], counts: Counter[str]) -> None:
    total = sum(len(rows.texts) for rows in splits.values())
    if not total or not splits.get("train", Rows([], [])).texts:
        raise DataError("no rows are left to train on: every row lacks a text or a label")
    if len(counts) == 1:
        raise DataError(
            f"expected two labels or more, found only {next(iter(counts))!r} in all {total:,} rows: "
            "is --label the right column?"
        )
    if len(counts) > _MOST_LABELS or (total > 20 and len(counts) > total / 2):
        raise DataError(
            f"found {len(counts):,} different labels in {total:,} rows: this looks like texts, ids or "
            "measurements, not like classes; name another column with --label"
        )
