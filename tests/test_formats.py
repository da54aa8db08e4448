"""Every format, packing and shape of labels gives the same rows; what is broken is said in one line."""

import bz2
import contextlib
import functools
import gzip
import http.server
import io
import json
import lzma
import os
import sys
import tempfile
import threading
import zipfile
from pathlib import Path

import numpy as np
import pandas
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from textkind import LoadOptions, load_dataset
from textkind.errors import DataError, TextkindError

ROWS = [(f"text number {number}", "ab"[number % 2]) for number in range(40)]
TABLE = pa.table({"text": [text for text, _ in ROWS], "label": [label for _, label in ROWS]})
CSV = "text,label\n" + "".join(f"{text},{label}\n" for text, label in ROWS)
WHOLE = LoadOptions(validation_share=0, test_share=0)


def rows_of(source, **options):
    data = load_dataset(
        source if not hasattr(source, "parts") else str(source), LoadOptions(**{**vars(WHOLE), **options})
    )
    split = data.split("train")
    return sorted(zip(split.texts, data.labels.name(split.targets), strict=True))


def ipc(table, kind):
    sink = io.BytesIO()
    with (pa.ipc.new_stream if kind == "stream" else pa.ipc.new_file)(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def packed_zip(name, content):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(f"folder/{name}", content)
    return buffer.getvalue()


def packed_zst(content):
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    return sink.getvalue().to_pybytes()


def parquet_bytes(table):
    sink = io.BytesIO()
    parquet.write_table(table, sink)
    return sink.getvalue()


LINES = "".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in ROWS)
OBJECTS = [{"text": text, "label": label} for text, label in ROWS]
FILES = {
    "data.csv": CSV,
    "data.tsv": CSV.replace(",", "\t"),
    "semicolon.csv": CSV.replace(",", ";"),
    "headerless.csv": CSV.partition("\n")[2],
    "backward.csv": "".join(f"{label}|{text}\n" for text, label in ROWS),
    "data.jsonl": LINES,
    "data.ndjson": LINES,
    "list.json": json.dumps(OBJECTS),
    "under_a_key.json": json.dumps({"version": 1, "data": OBJECTS}),
    "lines.txt": "".join(f"{text};{label}\n" for text, label in ROWS),
    "fasttext.txt": "".join(f"__label__{label} {text}\n" for text, label in ROWS),
    "data.parquet": parquet_bytes(TABLE),
    "stream.arrow": ipc(TABLE, "stream"),
    "file.arrow": ipc(TABLE, "file"),
    "data.feather": ipc(TABLE, "file"),
    "data.csv.gz": gzip.compress(CSV.encode()),
    "data.csv.bz2": bz2.compress(CSV.encode()),
    "data.jsonl.xz": lzma.compress(LINES.encode()),
    "data.csv.zst": packed_zst(CSV.encode()),
    "data.zip": packed_zip("inner.csv", CSV),
    "data.parquet.zip": packed_zip("inner.parquet", parquet_bytes(TABLE)),
}


@pytest.mark.parametrize("name", FILES)
def test_every_file_gives_the_same_rows(tmp_path, name):
    content = FILES[name]
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    assert rows_of(tmp_path / name) == sorted(ROWS)


def memory_tables():
    import datasets

    frame = TABLE.to_pandas()
    feature = datasets.ClassLabel(names=["a", "b"])
    features = datasets.Features({"text": datasets.Value("string"), "label": feature})
    numbered = {"text": frame["text"].tolist(), "label": ["ab".index(label) for label in frame["label"]]}
    rows = datasets.Dataset.from_dict(numbered, features=features)
    yield from (frame, TABLE, rows, {"train": frame}, datasets.DatasetDict(train=rows))


@pytest.mark.parametrize("number", range(5))
def test_tables_in_memory(number):
    assert rows_of(list(memory_tables())[number]) == sorted(ROWS)


def test_polars_table():
    polars = pytest.importorskip("polars")
    assert rows_of(polars.from_arrow(TABLE)) == sorted(ROWS)


def test_standard_input(monkeypatch):
    for content in (CSV, LINES):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content.encode())))
        assert rows_of("-") == sorted(ROWS)


def test_url(tmp_path):
    (tmp_path / "data.csv.gz").write_bytes(gzip.compress(CSV.encode()))

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    handler = functools.partial(Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        assert rows_of(f"{address}/data.csv.gz?raw=true") == sorted(ROWS)
        with pytest.raises(
            DataError, match=r"none.csv cannot be fetched \(HTTP Error 404.*check the address"
        ):
            load_dataset(f"{address}/none.csv")
        server.shutdown()


@pytest.mark.parametrize("splits", [("",), ("train/", "test/")])
def test_folder_of_texts_per_label(tmp_path, splits):
    for split in splits:
        for number, (text, label) in enumerate(ROWS):
            folder = tmp_path / split / label
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{number}.txt").write_text(text)
    data = load_dataset(str(tmp_path), WHOLE)
    assert data.sizes == dict.fromkeys([split.strip("/") or "train" for split in splits], 40)
    assert rows_of(tmp_path) == sorted(ROWS)


def test_folder_of_packed_splits(tmp_path):
    for name in ("train", "test"):
        (tmp_path / f"{name}.csv.gz").write_bytes(gzip.compress(CSV.encode()))
    assert load_dataset(str(tmp_path), WHOLE).sizes == {"train": 40, "test": 40}


def test_labels_in_columns_of_0_and_1():
    frame = pandas.DataFrame({"text": ["x", "y", "z"], "joy": [1, 0, 1], "fear": [0, 0, 1]})
    assert rows_of(frame, label="joy,fear") == [("x", ["joy"]), ("y", []), ("z", ["fear", "joy"])]
    with pytest.raises(DataError, match="no column 'hope' in train: the columns are 'text', 'joy', 'fear'"):
        rows_of(frame, label="joy,hope")
    with pytest.raises(
        DataError, match="expected 0 or 1 in every row of the label columns, found others in 'joy'"
    ):
        rows_of(frame.assign(joy=[1, 2, np.nan]), label="joy,fear")


def test_numbered_labels_with_a_file_of_names(tmp_path):
    (tmp_path / "names.txt").write_text("sad\nglad\n")
    frame = pandas.DataFrame({"text": ["x", "y"], "label": [1, 0]})
    names = str(tmp_path / "names.txt")
    assert rows_of(frame, label="label", names=names) == [("x", "glad"), ("y", "sad")]
    with pytest.raises(DataError, match="row 1: expected a label number from 0 to 1, found 2"):
        rows_of(frame.assign(label=[1, 2]), label="label", names=names)
    with pytest.raises(DataError, match="a file of label names needs --label"):
        rows_of(frame, names=names)
    with pytest.raises(DataError, match=r"cannot read the label names none.txt: No such file"):
        rows_of(frame, label="label", names="none.txt")


BROKEN = [
    ("data.csv.gz", b"no gzip", "data.csv.gz cannot be unpacked .*: fetch or pack it again"),
    ("data.csv.xz", b"no xz", "cannot be unpacked"),
    ("data.csv.zst", b"no zst", "cannot be unpacked"),
    ("data.zip", b"no zip", "cannot be unpacked"),
    ("data.csv.gz", gzip.compress(CSV.encode())[:-20], "cannot be unpacked"),
    (
        "data.csv.gz",
        gzip.compress(b"text,label\nx,a\ny\n"),
        r"data.csv.gz, line 3: expected 2 columns as in line 1",
    ),
    ("data.zip", packed_zip("strange.exe", "x"), "cannot read .*expected a file ending in"),
    ("data.json", "{", "data.json is not valid JSON"),
    ("data.json", "[1, 2]", "expected a list of objects such as"),
    ("data.json", '{"a": [], "b": []}', "expected a list of objects such as"),
    ("data.json", b'[{"text": "caf\xe9"}]', "line 1: byte 0xe9 is not utf-8"),
    ("data.txt", b"caf\xe9\n", "line 1: byte 0xe9 is not utf-8"),
    ("data.txt", "one text\nand another\n", "which column holds the labels: name it with --label"),
    ("data.arrow", "no arrow", "is not an Arrow file that can be read"),
]


@pytest.mark.parametrize(("name", "content", "message"), BROKEN)
def test_broken_file_is_said_in_one_line(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=message) as caught:
        rows_of(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_archive_of_several_files(tmp_path):
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        archive.writestr("a.csv", CSV)
        archive.writestr("../b.csv", CSV)
    with pytest.raises(DataError, match="should hold one file, found 2 .*unpack it into a folder"):
        rows_of(tmp_path / "data.zip")


def test_archive_cannot_write_outside(tmp_path):
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        archive.writestr("../../outside.csv", CSV)
    assert rows_of(tmp_path / "data.zip") == sorted(ROWS)
    assert [path.name for path in tmp_path.iterdir()] == ["data.zip"]


def test_something_else_is_refused():
    with pytest.raises(DataError, match="expected a path, a Hub name, or a table of pandas.*found int"):
        load_dataset(3)


SEEDS = [content if isinstance(content, bytes) else content.encode() for content in FILES.values()]


@settings(max_examples=int(os.environ.get("FUZZ_EXAMPLES", "150")), deadline=None)
@given(
    st.sampled_from(sorted({name[name.index(".") :] for name in FILES})),
    st.one_of(st.binary(max_size=300), st.sampled_from(SEEDS)),
    st.lists(st.tuples(st.integers(0, 2000), st.binary(min_size=1, max_size=4)), max_size=4),
)
def test_fuzzed_files_give_rows_or_one_line(suffix, content, edits):
    """Random bytes and damaged files of every format: rows, or our own error, nothing else."""
    damaged = bytearray(content)
    for place, patch in edits:
        damaged[place : place + len(patch)] = patch
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"data{suffix}"
        path.write_bytes(bytes(damaged))
        with contextlib.suppress(TextkindError):
            load_dataset(str(path), WHOLE)
