"""Find the line at fault in a file that the fast reader refused, and say how to mend it."""

import csv
from pathlib import Path

from textkind.errors import DataError


def in_csv(path: Path, encoding: str, separator: str, cause: Exception) -> DataError:
    """Return the error for a CSV file: its encoding, a line, or the reader's own words."""
    try:
        line = _broken_line(path, encoding, separator)
    except UnicodeError:
        return in_encoding(path, encoding)
    return DataError(f"{path}{line}" if line else f"{path} cannot be read as CSV: {cause}")


def _broken_line(path: Path, encoding: str, separator: str) -> str | None:
    with path.open(encoding=encoding, newline="") as file:
        rows = csv.reader(file, delimiter=separator, strict=True)
        start = 1
        try:
            expected = len(next(rows))
            start = rows.line_num + 1
            for row in rows:
                if row and len(row) != expected:
                    return (
                        f", line {start}: expected {expected} columns as in line 1, found "
                        f"{len(row)}: put quotes around texts that hold {separator!r} or a line break"
                    )
                start = rows.line_num + 1
        except csv.Error as error:
            return f', line {start}: {error}: a quote that is opened must be closed; write "" inside'
    return None


def in_encoding(path: Path, encoding: str) -> DataError:
    """Return the error for a text file that is not in `encoding`, with the line and the byte."""
    with path.open("rb") as file:
        if file.read(2) in (b"\xff\xfe", b"\xfe\xff"):
            return DataError(f"{path} is UTF-16, expected {encoding}: pass --encoding utf-16")
        file.seek(0)
        for number, line in enumerate(file, 1):
            try:
                line.decode(encoding)
            except UnicodeDecodeError as error:
                return DataError(
                    f"{path}, line {number}: byte 0x{line[error.start]:02x} is not {encoding}: "
                    "save the file as UTF-8, or name its encoding, such as --encoding cp1252"
                )
    return DataError(f"{path} is not {encoding}: name its encoding with --encoding")
