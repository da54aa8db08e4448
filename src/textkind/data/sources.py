"""Turn the word DATA, a sample, a file, a folder or a Hub name, into a Dataset."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

import pyarrow as pa

from textkind.data.cleaning import Rows, clean
from textkind.data.columns import Columns, choose_columns
from textkind.data.dataset import SEALED, Card, Dataset
from textkind.data.folders import SPLIT_NAMES, folder_tables
from textkind.data.known_sets import recognized
from textkind.data.metadata import Keep, columns_to_keep, kept_values
from textkind.data.readers import is_table, read_table
from textkind.data.splits import folded, split_rows
from textkind.data.tables import object_tables, with_labels
from textkind.data.unpack import fetched
from textkind.errors import DataError, did_you_mean, listed

_SAMPLES = {"emotion": "Apache-2.0"}
Source = Any  # a word, or a table in memory
_HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?(:[\w.-]+)?(@[\w./-]+)?")


@dataclass(frozen=True, kw_only=True)
class LoadOptions:
    """How to read a source; what is left out is guessed and noted on the card.

    Attributes:
        text, text_pair, label: column names; `a,b,c` as label are columns of 0 and 1, one per label.
        names: a file with the label names, one a line, for labels that are numbers from 0.
        label_separator: what stands between several labels in one value.
        encoding: of text files.
        validation_share, test_share: of the rows, where the source has no such split.
        group: a column; rows with the same value, such as those of one author, stay on one side.
        time: a column; the newest rows become test, those before them validation.
        seed: of that split.
        keep: columns to keep as `Split.metadata`; "all": those that are not read for anything else.
    """

    text: str | None = None
    text_pair: str | None = None
    label: str | None = None
    names: str | None = None
    label_separator: str | None = None
    encoding: str = "utf-8"
    validation_share: float = 0.1
    test_share: float = 0.1
    group: str | None = None
    time: str | None = None
    seed: int = 0
    keep: Keep = ()


def load_dataset(source: Source, options: LoadOptions = LoadOptions()) -> Dataset:
    """Load a Dataset.

    Args:
        source: `sample:emotion`; a file or URL of CSV, TSV, JSON, JSON lines, text lines, Parquet or
            Arrow, packed or not (a column `split` is kept to); `-` for standard input; a folder
            holding `train.*` and maybe `validation.*` and `test.*`, or a folder of texts per label;
            a name on the Hugging Face Hub, `NAME:CONFIGURATION` where it has several and `NAME@REVISION`
            (`hub:NAME` where a folder of that name is in the way);
            a pandas or polars DataFrame, a `datasets` Dataset, or a dict of those by split.
        options: see LoadOptions.

    A missing validation split is cut from train; a single file is cut into all three.

    Raises:
        DataError: the source cannot be found or read, or holds nothing to learn from.

    >>> load_dataset("sample:emotion").sizes
    {'train': 6380, 'validation': 719, 'test': 1141}
    """
    if options.group and options.time:
        raise DataError("expected one column to split by, found both a group and a time: leave one out")
    raw, columns, licence = _read(source, options)
    rows, notes = clean(raw, separator=options.label_separator)
    raw.clear()  # a million rows need not be there twice
    rows, made = _with_validation(rows, options)
    known, told = recognized(source if isinstance(source, str) else "", rows)
    local = isinstance(source, str) and source != "-" and Path(source).exists()
    card = Card(
        source=source if isinstance(source, str) else type(source).__name__,
        location=str(Path(str(source)).resolve()) if local else None,
        columns=_roles(columns),
        licence=licence or known,
        notes=tuple(notes + made + told),
    )
    order = [name for name in ("train", "validation", SEALED) if name in rows]
    kept = {name: rows[name].metadata for name in order}
    labelled = {name: (rows[name].texts, rows[name].labels) for name in order}
    return Dataset.of(labelled, card=card, metadata=kept)


def _read(source: Source, options: LoadOptions) -> tuple[dict[str, Rows], Columns, str | None]:
    """The raw rows of the source; its Arrow tables are let go."""
    tables, licence = _tables(source, options.encoding)
    tables = with_labels(tables, label=options.label, names=options.names)
    columns = _columns(tables, options)
    keep = options.keep if options.keep == "all" or not options.group else (options.group, *options.keep)
    columns = replace(columns, kept=columns_to_keep(tables, columns, keep))
    return _by_split(tables, columns), columns, licence


def _roles(columns: Columns) -> dict[str, str | None]:
    """What the columns are used for, for the card."""
    roles = {"text": columns.text, "text_pair": columns.text_pair, "label": columns.label}
    return roles | ({"group": columns.group} if columns.group else {})


def _tables(source: Source, encoding: str) -> tuple[dict[str, pa.Table], str | None]:
    """Read the source into one table per split; a single file is all "train" so far."""
    if not isinstance(source, str):
        return object_tables(source), None
    kind, _, name = source.partition(":")
    if kind == "sample":
        return {"train": _sample(name)}, _SAMPLES[name]
    if source == "-" or kind in ("http", "https"):
        with fetched(source) as copy:
            return {"train": read_table(copy, encoding=encoding)}, None
    path = Path(source)
    if kind != "hub" and path.is_dir():
        return folder_tables(path, encoding), None
    local = path.exists() or is_table(path) or source.startswith((".", "/", "~"))
    if kind != "hub" and (local or not _HUB_NAME.fullmatch(source)):
        return {"train": read_table(path, encoding=encoding)}, None
    from textkind.data.hub import hub_tables

    return hub_tables(name if kind == "hub" else source)


def _sample(name: str) -> pa.Table:
    if name not in _SAMPLES:
        nearest = did_you_mean(name, _SAMPLES)
        raise DataError(f"no sample {name!r}: the samples are {listed(_SAMPLES)}.{nearest}")
    with resources.as_file(resources.files("textkind.data") / "samples" / f"{name}.csv") as path:
        return read_table(path)


def _columns(tables: Mapping[str, pa.Table], options: LoadOptions) -> Columns:
    chosen = choose_columns(
        tables["train"].column_names,
        text=options.text, text_pair=options.text_pair, label=options.label,
    )  # fmt: skip
    for name in filter(None, (options.group, options.time)):
        if name not in tables["train"].column_names:
            found = tables["train"].column_names
            nearest = did_you_mean(name, found)
            raise DataError(f"no column {name!r} to split by.{nearest} The columns are {listed(found)}.")
    chosen = replace(chosen, group=options.group, time=options.time)
    needed = [chosen.text, chosen.text_pair, chosen.label, chosen.group, chosen.time]
    needed = [name for name in needed if name]
    for split, table in tables.items():
        lacking = [name for name in needed if name not in table.column_names]
        if lacking:
            raise DataError(
                f"the {split} split lacks the column {listed(lacking)} that train has: "
                f"its columns are {listed(table.column_names)}"
            )
    return chosen


def _by_split(tables: Mapping[str, pa.Table], columns: Columns) -> dict[str, Rows]:
    if len(tables) > 1 or columns.split is None:
        return {name: _rows(table, columns) for name, table in tables.items()}
    table = tables["train"]
    named = [str(value).strip().lower() for value in table[columns.split].to_pylist()]
    unknown = sorted(set(named) - set(SPLIT_NAMES))
    if unknown or "train" not in {SPLIT_NAMES[name] for name in named}:
        raise DataError(
            f"the column {columns.split!r} must say train, validation or test, with some train rows; "
            f"found {listed(sorted(set(named)))}: rename the column if it means something else"
        )
    rows = _rows(table, columns)
    sides = [SPLIT_NAMES[name] for name in named]
    return {name: rows.keep([side == name for side in sides]) for name in dict.fromkeys(sides)}


def _rows(table: pa.Table, columns: Columns) -> Rows:
    texts = [_text(value) for value in table[columns.text].to_pylist()]
    if columns.text_pair:
        others = [_text(value) for value in table[columns.text_pair].to_pylist()]
        texts = list(zip(texts, others, strict=True))
    groups = table[columns.group].to_pylist() if columns.group else None
    times = table[columns.time].to_pylist() if columns.time else None
    kept = kept_values(table, columns.kept)
    return Rows(texts, table[columns.label].to_pylist(), groups, times, kept)


def _text(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else str(value)


def _with_validation(rows: dict[str, Rows], options: LoadOptions) -> tuple[dict[str, Rows], list[str]]:
    """Cut the splits that the source does not have from its training rows."""
    shares = {} if "validation" in rows else {"validation": options.validation_share}
    if len(rows) == 1:
        shares[SEALED] = options.test_share
    shares = {name: share for name, share in shares.items() if share > 0}
    if not shares:
        return rows, _kept(rows, options)
    cut = split_rows(rows["train"], shares, seed=options.seed)
    empty = [name for name, part in cut.items() if not part.texts]
    if empty:
        distinct = len({folded(text) for text in rows["train"].texts})
        column = options.group or options.time
        by = f" (kept together by the column {column!r})" if column else ""
        raise DataError(
            f"the {distinct} distinct texts{by} are too few to divide: nothing is left for {listed(empty)}; "
            "add rows, or give train and validation as files of their own"
        )
    sizes = ", ".join(f"{name} {len(part.texts):,}" for name, part in cut.items())
    how = f"by time, the column {options.time!r}" if options.time else f"seed {options.seed}"
    how += f", by the groups of the column {options.group!r}" if options.group else ""
    note = f"No {' or '.join(shares)} split was given: train was divided ({how}) into {sizes}."
    told = _kept({**rows, **cut}, options) if len(rows) > 1 else []
    return {**rows, **cut}, [note, *told]


def _kept(rows: Mapping[str, Rows], options: LoadOptions) -> list[str]:
    """What is to be said where the source's own splits are kept, although a column was named to split by."""
    if options.time:
        return [f"The splits of the source are kept, not cut by the column {options.time!r}."]
    if not options.group:
        return []
    where: dict[str, set[str]] = {}
    for name, part in rows.items():
        for group in part.groups or ():
            if group is not None:
                where.setdefault(repr(group), set()).add(name)
    crossing = sum(len(names) > 1 for names in where.values())
    return [
        f"The splits of the source are kept: {crossing:,} of the {len(where):,} groups of the column "
        f"{options.group!r} are in more than one of them."
    ]
