"""Read a file of rows, CSV, JSON lines or Parquet, batch by batch."""

import csv
import json
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pyarrow as pa

from textkind.data import faults
from textkind.errors import DataError, did_you_mean, listed
from textkind.text.inputs import encodable

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
_BLOCK_BYTES = 16 << 20  # also the longest row that a CSV file may have
_BATCH_ROWS = 8192


def read_table(path: Path, *, encoding: str = "utf-8") -> pa.Table:
    """Read a whole file; see `iter_batches`.

    Raises:
        DataError: as `iter_batches`, or the file holds no rows.
    """
    parts = [pa.Table.from_batches([batch]) for batch in iter_batches(path, encoding=encoding)]
    if not sum(part.num_rows for part in parts):
        raise DataError(f"{path} has no rows: expected a header and at least one row")
    try:
        return pa.concat_tables(parts, promote_options="permissive")
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise DataError(f"{path}: a column mixes kinds of values ({error}): write one kind") from error


def iter_batches(path: Path, *, encoding: str = "utf-8") -> Iterator[pa.RecordBatch]:
    """Yield the rows of a file with bounded memory, every CSV column as text.

    Args:
        path: a file whose suffix is one of `SUFFIXES`. The first line of a CSV or TSV file
            names its columns; the separator of a CSV file (, ; tab or |) is found there.
        encoding: of a CSV, TSV or JSON-lines file.

    Raises:
        DataError: missing or empty file, unknown suffix, wrong encoding, a line that is broken.
    """
    _check_file(path)
    reader = {".parquet": _parquet, ".jsonl": _json_lines, ".ndjson": _json_lines}.get(
        path.suffix.lower(), _csv
    )
    yield from reader(path, encoding)


def _check_file(path: Path) -> None:
    if not path.exists():
        siblings = [other.name for other in path.parent.glob("*")] if path.parent.is_dir() else []
        raise DataError(f"no such file or folder: {path}.{did_you_mean(path.name, siblings)}")
    if path.suffix.lower() not in SUFFIXES:
        raise DataError(f"cannot read {path}: expected a file ending in {listed(SUFFIXES)}")
    if path.is_dir():
        raise DataError(f"{path} is a folder, expected a file")
    if not os.access(path, os.R_OK):
        raise DataError(f"{path} may not be read by this user: change its permissions")
    if not path.stat().st_size:
        raise DataError(f"{path} is empty (0 bytes): expected rows with a text and a label")


def _csv(path: Path, encoding: str) -> Iterator[pa.RecordBatch]:
    from pyarrow import csv as arrow_csv

    names, separator = csv_header(path, encoding)
    try:
        with arrow_csv.open_csv(
            path,
            read_options=arrow_csv.ReadOptions(encoding=encoding, block_size=_BLOCK_BYTES),
            parse_options=arrow_csv.ParseOptions(delimiter=separator, newlines_in_values=True),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.large_string()), strings_can_be_null=False
            ),
        ) as reader:
            yield from reader
    except (pa.ArrowInvalid, UnicodeError) as error:
        raise faults.in_csv(path, encoding, separator, error) from error


def csv_header(path: Path, encoding: str) -> tuple[list[str], str]:
    """Return the column names in the first line of a CSV file, and the separator."""
    try:
        with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="") as file:
            line = file.readline()
            separator = max(",;\t|", key=line.count)
            file.seek(0)
            names = next(csv.reader(file, delimiter=separator))
    except UnicodeError as error:
        raise faults.in_encoding(path, encoding) from error
    except LookupError as error:
        raise DataError(f"unknown encoding {encoding!r}: try utf-8, cp1252 or latin-1") from error
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"{path}: the header names {listed(twice)} more than once: rename one")
    return names, separator


def _json_lines(path: Path, encoding: str) -> Iterator[pa.RecordBatch]:
    try:
        with path.open(encoding=encoding) as file:
            rows = (_json_row(line, number, path) for number, line in enumerate(file, 1) if line.strip())
            while batch := list(islice(rows, _BATCH_ROWS)):
                yield _record_batch(batch, path)
    except UnicodeError as error:
        raise faults.in_encoding(path, encoding) from error


def _json_row(line: str, number: int, path: Path) -> dict:
    try:
        row = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        raise DataError(f"{path}, line {number}: not valid JSON ({error}): mend or drop it") from error
    if not isinstance(row, dict):
        raise DataError(
            f"{path}, line {number}: expected an object such as "
            f'{{"text": ..., "label": ...}}, found {type(row).__name__}'
        )
    return row


def _record_batch(rows: list[dict], path: Path) -> pa.RecordBatch:
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = []
    for name in names:
        try:
            columns.append(pa.array([_encodable(row.get(name)) for row in rows]))
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
            raise DataError(
                f"{path}: column {name!r} mixes kinds of values ({error}): write one kind"
            ) from error
    return pa.RecordBatch.from_arrays(columns, names=names)


def _encodable(value: object) -> object:
    return encodable(value) if isinstance(value, str) else value


def _parquet(path: Path, _encoding: str) -> Iterator[pa.RecordBatch]:
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            yield from file.iter_batches(batch_size=_BATCH_ROWS)
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(f"{path} is not a Parquet file that can be read: {error}") from error
