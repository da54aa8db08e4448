"""Read a file of rows, batch by batch, by its suffix."""

import csv
import os
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pyarrow as pa

from textkind.data import faults, formats
from textkind.data.columns import KNOWN_NAMES
from textkind.data.unpack import PACKED, unpacked
from textkind.errors import DataError, did_you_mean, listed

_BLOCK_BYTES = 16 << 20  # also the longest row that a CSV file may have
_LOOK = 200  # rows of a CSV file that decide whether the first one is a header


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
    except pa.ArrowException as error:
        raise DataError(f"{path}: a column mixes kinds of values ({error}): write one kind") from error


def iter_batches(path: Path, *, encoding: str = "utf-8") -> Iterator[pa.RecordBatch]:
    """Yield the rows of a file with bounded memory, every CSV column as text.

    Args:
        path: a file whose suffix is one of `SUFFIXES`, maybe followed by one of `PACKED`. The separator
            of a CSV file (, ; tab or |) is found in its first line, which names the columns unless
            its values come again below.
        encoding: of a file of text.

    Raises:
        DataError: missing or empty file, unknown suffix, wrong encoding, a line that is broken.
    """
    _check_file(path)
    if path.suffix.lower() not in PACKED:
        yield from READERS[path.suffix.lower()](path, encoding)
        return
    with unpacked(path) as inner:
        try:
            yield from iter_batches(inner, encoding=encoding)
        except DataError as error:
            raise DataError(str(error).replace(str(inner), str(path))) from error


def is_table(path: Path) -> bool:
    """Whether the name of a file says that it can be read."""
    packed = path.suffix.lower() in PACKED
    return (Path(path.stem) if packed else path).suffix.lower() in SUFFIXES or path.suffix.lower() == ".zip"


def _check_file(path: Path) -> None:
    if not path.exists():
        siblings = [other.name for other in path.parent.glob("*")] if path.parent.is_dir() else []
        raise DataError(f"no such file or folder: {path}.{did_you_mean(path.name, siblings)}")
    if path.is_dir():
        raise DataError(f"{path} is a folder, expected a file")
    if not is_table(path):
        raise DataError(f"cannot read {path}: expected a file ending in {listed(SUFFIXES)}, packed or not")
    if not os.access(path, os.R_OK):
        raise DataError(f"{path} may not be read by this user: change its permissions")
    if not path.stat().st_size:
        raise DataError(f"{path} is empty (0 bytes): expected rows with a text and a label")


def _csv(path: Path, encoding: str) -> Iterator[pa.RecordBatch]:
    from pyarrow import csv as arrow_csv

    names, separator, header = csv_header(path, encoding)
    try:
        with arrow_csv.open_csv(
            path,
            read_options=arrow_csv.ReadOptions(
                encoding=encoding, block_size=_BLOCK_BYTES, column_names=None if header else names
            ),
            parse_options=arrow_csv.ParseOptions(delimiter=separator, newlines_in_values=True),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.large_string()), strings_can_be_null=False
            ),
        ) as reader:
            yield from reader
    except (pa.ArrowException, UnicodeError) as error:
        raise faults.in_csv(path, encoding, separator, error) from error


def csv_header(path: Path, encoding: str) -> tuple[list[str], str, bool]:
    """Return the column names of a CSV file, its separator, and whether its first line names them."""
    csv.field_size_limit(_BLOCK_BYTES)  # the module's own limit is 128 kB
    try:
        with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="") as file:
            line = next((line for line in file if line.strip()), "")
            separator = max(",;\t|", key=line.count)
            file.seek(0)
            rows = list(islice(filter(None, csv.reader(file, delimiter=separator)), _LOOK))
    except UnicodeError as error:
        raise faults.in_encoding(path, encoding) from error
    except LookupError as error:
        raise DataError(f"unknown encoding {encoding!r}: try utf-8, cp1252 or latin-1") from error
    except csv.Error as error:
        raise faults.in_csv(path, encoding, separator, error) from error
    if not rows:
        raise DataError(f"{path} has no rows: expected a header and at least one row")
    if not _names_columns(rows):
        return _made_up_names(rows), separator, False
    twice = sorted({name for name in rows[0] if rows[0].count(name) > 1})
    if twice:
        raise DataError(f"{path}: the header names {listed(twice)} more than once: rename one")
    return rows[0], separator, True


def _names_columns(rows: list[list[str]]) -> bool:
    """A first line is data if one of its values comes again below, and none is a usual name."""
    if len(rows) < 2 or KNOWN_NAMES & {value.strip().casefold() for value in rows[0]}:
        return True
    below = [row for row in rows[1:] if len(row) == len(rows[0])]
    return not any(
        value.strip() and value in {row[column] for row in below} for column, value in enumerate(rows[0])
    )


def _made_up_names(rows: list[list[str]]) -> list[str]:
    """`text` and `label` where there are two columns, the label being the less varied; else numbers."""
    if len(rows[0]) != 2:
        return [f"column {number}" for number in range(1, len(rows[0]) + 1)]
    varied = [len({row[column] for row in rows if len(row) == 2}) for column in (0, 1)]
    return ["text", "label"] if varied[0] >= varied[1] else ["label", "text"]


READERS: dict[str, Callable[[Path, str], Iterator[pa.RecordBatch]]] = {
    ".csv": _csv,
    ".tsv": _csv,
    ".jsonl": formats.json_lines,
    ".ndjson": formats.json_lines,
    ".json": formats.json_document,
    ".txt": formats.text_lines,
    ".parquet": formats.parquet,
    ".arrow": formats.arrow,
    ".feather": formats.arrow,
}
SUFFIXES = tuple(READERS)
