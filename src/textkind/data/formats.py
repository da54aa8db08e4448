"""Yield the rows of a file of JSON, text lines, Arrow or Parquet in batches."""

import json
import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import pyarrow as pa

from textkind.data import faults
from textkind.errors import DataError
from textkind.text.inputs import encodable

_BATCH_ROWS = 8192
_ARROW_FILE = b"ARROW1"  # a stream starts otherwise
_LOOK = 200  # lines of a text file that decide its layout
_FASTTEXT = re.compile(r"((?:__label__\S+\s+)+)(.*)")


def json_lines(path: Path, encoding: str) -> Iterator[pa.RecordBatch]:
    """One JSON object a line."""
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


def parquet(path: Path, _encoding: str) -> Iterator[pa.RecordBatch]:
    """A Parquet file."""
    from pyarrow import parquet as arrow_parquet

    with _readable(path, "a Parquet"), arrow_parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=_BATCH_ROWS):
            yield _checked(batch)


def arrow(path: Path, _encoding: str) -> Iterator[pa.RecordBatch]:
    """An Arrow file or stream, Feather and the files of `datasets` among them."""
    with _readable(path, "an Arrow"), pa.memory_map(str(path)) as source:
        is_file = source.read(len(_ARROW_FILE)) == _ARROW_FILE
        source.seek(0)
        for batch in _file_batches(source) if is_file else pa.ipc.open_stream(source):
            yield _checked(batch)


def _checked(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A batch whose values and names can be used: in a damaged file they can point outside its memory."""
    batch.validate(full=True)
    _ = batch.schema.names  # decodes them
    return batch


def _file_batches(source: pa.NativeFile) -> Iterator[pa.RecordBatch]:
    reader = pa.ipc.open_file(source)
    return (reader.get_batch(number) for number in range(reader.num_record_batches))


@contextmanager
def _readable(path: Path, kind: str) -> Generator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeError, MemoryError) as error:  # damage can ask for any size
        raise DataError(f"{path} is not {kind} file that can be read: {error}") from error


def json_document(path: Path, encoding: str) -> Iterator[pa.RecordBatch]:
    """One JSON document: a list of objects, alone or under the only key that holds a list."""
    try:
        content = json.loads(path.read_text(encoding))
    except UnicodeError as error:
        raise faults.in_encoding(path, encoding) from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise DataError(f"{path} is not valid JSON ({error}); one object a line goes into .jsonl") from error
    lists = (
        [value for value in content.values() if isinstance(value, list)]
        if isinstance(content, dict)
        else [content]
    )
    rows = lists[0] if len(lists) == 1 else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise DataError(f'{path}: expected a list of objects such as [{{"text": ..., "label": ...}}, ...]')
    for start in range(0, len(rows), _BATCH_ROWS):
        yield _record_batch(rows[start : start + _BATCH_ROWS], path)


def text_lines(path: Path, encoding: str) -> Iterator[pa.RecordBatch]:
    """One text a line; `__label__NAME text` (fastText) and `text;label` are seen and taken apart."""
    try:
        with path.open(encoding=encoding) as file:
            first = [line.rstrip("\n") for line in islice(file, _LOOK) if line.strip()]
        parse = _layout(first)
        with path.open(encoding=encoding) as file:
            lines = (line.rstrip("\n") for line in file if line.strip())
            while batch := [parse(line) for line in islice(lines, _BATCH_ROWS)]:
                yield _record_batch(batch, path)
    except UnicodeError as error:
        raise faults.in_encoding(path, encoding) from error


def _layout(lines: list[str]):  # noqa: ANN202 - a function from a line to a row
    if lines and all(_FASTTEXT.match(line) for line in lines):
        return _fasttext
    for separator in "\t;|":
        ends = [line.rpartition(separator)[2].strip() for line in lines if separator in line]
        if len(lines) > 1 and len(ends) == len(lines) and len(set(ends)) <= len(lines) / 2:
            return lambda line: _ended(line, separator)
    return lambda line: {"text": line}


def _ended(line: str, separator: str) -> dict:
    text, found, label = line.rpartition(separator)
    return {"text": text, "label": label} if found else {"text": line, "label": None}


def _fasttext(line: str) -> dict:
    match = _FASTTEXT.match(line)
    if not match:
        return {"text": line, "label": None}
    names = [name.removeprefix("__label__") for name in match[1].split()]
    return {"text": match[2], "label": names[0] if len(names) == 1 else " ".join(names)}
