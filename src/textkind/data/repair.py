"""Take out the rows that make a score untrue, and write down each of them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from textkind.data.audit import Audit, Row
from textkind.data.dataset import SEALED


@dataclass(frozen=True)
class Change:
    """A row that is left out of the cleaned copy, and why."""

    row: Row
    reason: str

    def to_dict(self) -> dict:
        """The change for the log."""
        place = {"split": self.row.split, "row": self.row.number}
        return {**place, "change": "dropped", "reason": self.reason, **_cells(self.row)}


def changes(audit: Audit) -> list[Change]:
    """Say which rows a cleaned copy leaves out; the test split is left as it is.

    - a row of train whose text is in validation or test, and a row of validation whose text is in test;
    - in train and validation, every row of a text that has several labels within its split;
    - in train and validation, a row that repeats an earlier one.
    """
    order = [name for name in (SEALED, "validation", "train") if name in audit.splits]
    found = []
    for rows in audit.groups.values():
        for place, split in enumerate(order):
            mine = [row for row in rows if row.split == split]
            if split == SEALED or not mine:
                continue
            ahead = [name for name in order[:place] if any(row.split == name for row in rows)]
            if ahead:
                found += [Change(row, f"the text is also in {' and '.join(ahead)}") for row in mine]
            elif len({row.label for row in mine}) > 1:
                found += [Change(row, f"the text has several labels in {split}") for row in mine]
            else:
                found += [Change(row, f"repeats row {mine[0].number}") for row in mine[1:]]
    return sorted(found, key=lambda change: (change.row.split, change.row.number))


def write_cleaned(audit: Audit, found: Iterable[Change], folder: Path) -> None:
    """Write `SPLIT.jsonl` for each split without the rows that changed, and `changes.jsonl`."""
    found = list(found)
    dropped = {(change.row.split, change.row.number) for change in found}
    for split in audit.splits:
        kept = (row for row in audit.rows if row.split == split and (split, row.number) not in dropped)
        _write_lines(folder / f"{split}.jsonl", (_cells(row) for row in kept))
    _write_lines(folder / "changes.jsonl", (change.to_dict() for change in found))


def _cells(row: Row) -> dict:
    label = list(row.label) if isinstance(row.label, tuple) else row.label
    if isinstance(row.text, str):
        return {"text": row.text, "label": label}
    return {"text": row.text[0], "text_pair": row.text[1], "label": label}


def _write_lines(path: Path, rows: Iterable[Mapping]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
