"""Write rows batch by batch to CSV, TSV, JSON lines or Parquet."""

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from textkind.errors import DataError, listed

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")

Write = Callable[[pa.Table], None]


def check_suffix(path: Path) -> None:
    """Raise DataError if no writer knows the suffix of `path`."""
    if path.suffix.lower() not in _SUFFIXES:
        raise DataError(f"cannot write {path}: expected a file ending in {listed(_SUFFIXES)}")


@contextmanager
def open_writer(path: Path, suffix: str) -> Generator[Write]:
    """Yield a function that appends a table to `path`; the first one fixes the columns.

    Args:
        path: the file, replaced if it exists.
        suffix: names the format, one of `.csv`, `.tsv`, `.jsonl`, `.ndjson`, `.parquet`.

    In CSV and TSV a text that a spreadsheet would run as a formula gets an apostrophe in front; JSON
    lines and Parquet hold every text as it is.
    """
    writer = {".parquet": _parquet, ".jsonl": _json_lines, ".ndjson": _json_lines}.get(suffix.lower(), _csv)
    with writer(path, suffix) as write:
        yield write


@contextmanager
def _csv(path: Path, suffix: str) -> Generator[Write]:
    import csv

    with path.open("w", encoding="utf-8", newline="") as file:
        # "\r\n" as RFC 4180 says: Python before 3.13 quotes the characters of the line end alone, and a bare
        # "\r" inside a text would begin a row whose first cell may be a formula
        rows = csv.writer(file, delimiter="\t" if suffix.lower() == ".tsv" else ",", lineterminator="\r\n")
        state: dict = {}

        def write(table: pa.Table) -> None:
            if not state:
                state["names"] = table.column_names
                rows.writerow([_cell(name) for name in table.column_names])
            columns = [table[name].to_pylist() for name in state["names"]]
            rows.writerows([_cell(value) for value in row] for row in zip(*columns, strict=True))

        yield write


def _cell(value: object) -> object:
    if isinstance(value, list | dict):
        value = ",".join(map(str, value))
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and value.startswith(_FORMULA) and not _is_number(value):
        return f"'{value}"
    return value


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


@contextmanager
def _json_lines(path: Path, _suffix: str) -> Generator[Write]:
    with path.open("w", encoding="utf-8") as file:

        def write(table: pa.Table) -> None:
            file.writelines(
                json.dumps(row, ensure_ascii=False, default=str) + "\n" for row in table.to_pylist()
            )

        yield write


@contextmanager
def _parquet(path: Path, _suffix: str) -> Generator[Write]:
    from pyarrow import parquet

    state: dict = {}

    def write(table: pa.Table) -> None:
        if not state:
            state["writer"] = parquet.ParquetWriter(path, table.schema)
        try:
            state["writer"].write_table(table.cast(state["writer"].schema))
        except (pa.ArrowInvalid, ValueError) as error:
            raise DataError(
                f"rows change their columns or types on the way ({error}): write to .jsonl"
            ) from error

    try:
        yield write
    finally:
        if state:
            state["writer"].close()
