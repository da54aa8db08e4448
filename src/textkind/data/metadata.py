"""Columns beside texts and labels: which of them are kept, and their values as text."""

from collections.abc import Mapping, Sequence
from typing import Literal

import pyarrow as pa

from textkind.data.columns import Columns
from textkind.data.dataset import SEALED
from textkind.errors import DataError, did_you_mean, listed

Keep = Sequence[str] | Literal["all"]


def columns_to_keep(tables: Mapping[str, pa.Table], columns: Columns, keep: Keep) -> tuple[str, ...]:
    """Return the names of the columns to keep; the sealed test split need not have them.

    Args:
        tables: one per split, "train" among them.
        columns: those of texts, labels and splits.
        keep: names; "all": every other column that holds texts, numbers or dates.

    Raises:
        DataError: a column that was named is not there, or holds lists, objects or bytes.
    """
    if keep == "all":
        flags = [part.strip() for part in (columns.label or "").split(",")]  # columns of 0 and 1
        used = [columns.text, columns.text_pair, columns.label, columns.split, *flags]
        found = [name for name in tables["train"].column_names if name not in used]
        return tuple(name for name in found if _unwritable(tables, name) is None)
    for name in keep:
        for split in dict.fromkeys(["train", *tables]):
            found = tables[split].column_names
            if name not in found and split != SEALED:
                where = "" if split == "train" else f" in the {split} split, though train has it"
                raise DataError(
                    f"no column {name!r} (--by){where}.{did_you_mean(name, found)} "
                    f"The columns are {listed(found)}."
                )
        if kind := _unwritable(tables, name):
            raise DataError(
                f"expected texts, numbers or dates in the column {name!r}, found {kind}: name another column"
            )
    return tuple(dict.fromkeys(keep))


def kept_values(table: pa.Table, names: Sequence[str]) -> dict[str, list[str | None]]:
    """Read the columns that a table has of `names`: each n texts, None where a value is missing."""
    return {name: _written(table[name]) for name in names if name in table.column_names}


def _unwritable(tables: Mapping[str, pa.Table], name: str) -> str | None:
    """What there is instead of one column whose values can be written as text, or None."""
    for table in tables.values():
        if table.column_names.count(name) > 1:
            return "several of that name"
        if name in table.column_names:
            try:
                table[name].cast(pa.string())
            except pa.ArrowException:
                return str(table[name].type)
    return None


def _written(column: pa.ChunkedArray) -> list[str | None]:
    """Numbers and dates as Arrow writes them."""
    values = column.cast(pa.string()).to_pylist()
    if pa.types.is_floating(column.type):
        return [None if value == "nan" else value for value in values]
    return values
