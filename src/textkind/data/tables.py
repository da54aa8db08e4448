"""Turn tables in memory into Arrow, and label columns of other shapes into one of names."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from textkind.errors import DataError, listed

_FLAGS = {"0": False, "0.0": False, "false": False, "1": True, "1.0": True, "true": True}


def object_tables(source: Any) -> dict[str, pa.Table]:
    """Return a table per split of a pandas or polars DataFrame, an Arrow table, a `datasets` Dataset or
    DatasetDict, or a dict of those by split; a single one is "train".

    Raises:
        DataError: it is something else.
    """
    if isinstance(source, Mapping):
        return {str(name): _object_table(table) for name, table in source.items()}
    return {"train": _object_table(source)}


def _object_table(source: Any) -> pa.Table:
    package = type(source).__module__.partition(".")[0]
    if isinstance(source, pa.Table):
        return source
    if package == "pandas" and hasattr(source, "columns"):
        return pa.Table.from_pandas(source, preserve_index=False)
    if package == "polars" and hasattr(source, "to_arrow"):
        return source.to_arrow()
    if package == "datasets" and hasattr(source, "features"):
        return dataset_table(source)
    raise DataError(
        "expected a path, a Hub name, or a table of pandas, polars, Arrow or datasets, "
        f"found {type(source).__name__}"
    )


def dataset_table(rows) -> pa.Table:  # noqa: ANN001 - a datasets.Dataset, imported at the point of use
    """A `datasets` Dataset as Arrow, the numbers of a ClassLabel as names."""
    table = rows.with_format("arrow")[:]
    for name, feature in rows.features.items():
        inner = getattr(feature, "feature", feature)  # of a list of ClassLabel
        if hasattr(inner, "int2str"):
            column = [_class_name(value, inner) for value in table[name].to_pylist()]
            table = table.set_column(table.column_names.index(name), name, pa.array(column))
    return table


def _class_name(value, feature):  # noqa: ANN001, ANN202
    if isinstance(value, list):
        return [_class_name(one, feature) for one in value]
    return None if value is None or value < 0 else feature.int2str(value)  # -1 marks a hidden label


def with_labels(tables: dict[str, pa.Table], *, label: str | None, names: str | None) -> dict[str, pa.Table]:
    """Make one column of names out of columns of 0 and 1 (`label` is "a,b,c"), or of numbers (`names`).

    Raises:
        DataError: a column is missing, or holds something else.
    """
    parts = [part.strip() for part in (label or "").split(",")]
    if len(parts) > 1 and label not in tables["train"].column_names:
        return {split: _from_flags(table, parts, str(label), split) for split, table in tables.items()}
    if names is None:
        return tables
    if label is None:
        raise DataError("a file of label names needs --label, the column of their numbers")
    known = _read_names(Path(names))
    return {split: _from_numbers(table, label, known) for split, table in tables.items()}


def _from_flags(table: pa.Table, parts: list[str], label: str, split: str) -> pa.Table:
    missing = [part for part in parts if part not in table.column_names]
    if missing:
        found = listed(table.column_names)
        raise DataError(f"no column {listed(missing)} in {split}: the columns are {found}")
    flags = {part: [_flag(value) for value in table[part].to_pylist()] for part in parts}
    odd = [part for part, values in flags.items() if None in values]
    if odd:
        raise DataError(f"expected 0 or 1 in every row of the label columns, found others in {listed(odd)}")
    rows = zip(*flags.values(), strict=True)
    sets = [[part for part, flag in zip(parts, row, strict=True) if flag] for row in rows]
    return table.append_column(label, pa.array(sets, pa.list_(pa.string())))


def _flag(value: object) -> bool | None:
    return _FLAGS.get(str(value).strip().lower())


def _read_names(path: Path) -> list[str]:
    try:
        return [line.strip() for line in path.read_text("utf-8").splitlines() if line.strip()]
    except OSError as error:
        raise DataError(f"cannot read the label names {path}: {error.strerror}") from error


def _from_numbers(table: pa.Table, label: str, names: list[str]) -> pa.Table:
    if label not in table.column_names:
        return table  # said with the nearest name where columns are chosen
    column = []
    for row, value in enumerate(table[label].to_pylist()):
        number = None if value is None else str(value).strip()
        if number is not None and not (number.isdecimal() and int(number) < len(names)):
            raise DataError(f"row {row}: expected a label number from 0 to {len(names) - 1}, found {value!r}")
        column.append(None if number is None else names[int(number)])
    return table.set_column(table.column_names.index(label), label, pa.array(column, pa.string()))
