"""Read a folder: a file per split, or a folder of texts per label."""

from pathlib import Path

import pyarrow as pa

from textkind.data import faults
from textkind.data.readers import is_table, read_table
from textkind.errors import DataError, listed

SPLIT_NAMES = {
    "train": "train", "training": "train",
    "validation": "validation", "valid": "validation", "val": "validation", "dev": "validation",
    "test": "test", "testing": "test",
}  # fmt: skip


def folder_tables(folder: Path, encoding: str) -> dict[str, pa.Table]:
    """Return a table per split.

    Args:
        folder: holds `train.*` and maybe others named after splits; or `LABEL/*.txt`; or
            `SPLIT/LABEL/*.txt` as the Large Movie Review Dataset does.
        encoding: of files of text.

    Raises:
        DataError: it holds none of these, or two files for one split.
    """
    files = _split_files(folder)
    if "train" in files:
        return {split: read_table(path, encoding=encoding) for split, path in files.items()}
    inner = sorted(path for path in folder.iterdir() if path.is_dir())
    splits = {SPLIT_NAMES[path.name.lower()]: path for path in inner if path.name.lower() in SPLIT_NAMES}
    if "train" in splits:
        return {split: _labelled(path, encoding) for split, path in splits.items()}
    if sum(any(path.glob("*.txt")) for path in inner) > 1:
        return {"train": _labelled(folder, encoding)}
    found = listed(path.name for path in sorted(folder.iterdir())) or "nothing"
    raise DataError(
        f"expected train.csv (or .jsonl, .parquet, ...) or a folder of .txt files per label in {folder}, "
        f"found {found}"
    )


def _split_files(folder: Path) -> dict[str, Path]:
    files: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        split = SPLIT_NAMES.get(path.name.lower().partition(".")[0])
        if split and path.is_file() and is_table(path):
            if split in files:
                raise DataError(f"{folder} has two files for {split!r}: {files[split].name} and {path.name}")
            files[split] = path
    return files


def _labelled(folder: Path, encoding: str) -> pa.Table:
    """Each `LABEL/*.txt` is a text of that label."""
    rows: dict[str, list[str]] = {"text": [], "label": []}
    for path in sorted(folder.glob("*/*.txt")):
        try:
            rows["text"].append(path.read_text(encoding))
        except UnicodeError as error:
            raise faults.in_encoding(path, encoding) from error
        rows["label"].append(path.parent.name)
    if not rows["text"]:
        raise DataError(f"expected folders of .txt files, one per label, in {folder}, found none")
    return pa.table(rows)
