"""Answer texts, or every row of a file of any size, with a Run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from textkind import progress
from textkind.artifact.run import Run
from textkind.classifiers.contract import TextClassifier
from textkind.data.columns import choose_columns
from textkind.data.readers import iter_batches
from textkind.data.writers import check_suffix, open_writer
from textkind.errors import DataError
from textkind.files import new_file
from textkind.text.inputs import Text

_ROWS = 4096  # texts of a file that are predicted at once


@dataclass(frozen=True)
class Prediction:
    """The answer to one text: a name (or names), every label's probability, and whether it was cut."""

    text: Text
    label: str | list[str]
    proba: dict[str, float]
    truncated: bool

    def to_dict(self) -> dict:
        """The answer for JSON."""
        return asdict(self)


def predict(run: Run, texts: Sequence[Text]) -> list[Prediction]:
    """Answer texts, or pairs, one Prediction each."""
    proba = run.predict_proba(texts)
    cut = _cut(run.classifier, texts)
    return [
        Prediction(text, label, dict(zip(run.labels.names, map(float, row), strict=True)), bool(over))
        for text, label, row, over in zip(texts, run.labels.answers(proba), proba, cut, strict=True)
    ]


@dataclass
class FileSummary:
    """What `predict_file` did: rows read, rows without a text (left blank), rows that were cut."""

    rows: int = 0
    empty: int = 0
    truncated: int = 0


def predict_file(run: Run, source: Path, out: Path, columns: Mapping[str, str | None]) -> FileSummary:
    """Answer every row of a file with bounded memory.

    Args:
        run: an open Run.
        source: CSV, TSV, JSON lines or Parquet.
        out: the same, by its suffix: the columns of `source`, then `predicted`, `truncated` and
            `proba:NAME` for each label. It appears whole or not at all.
        columns: `text`, `text_pair` and `encoding`, each None if to be guessed.

    Raises:
        DataError: a file that cannot be read, or lacks a column.
    """
    check_suffix(out)
    summary = FileSummary()
    with (
        new_file(out) as partial,
        open_writer(partial, out.suffix) as write,
        progress.job(f"Predicting {source.name}") as task,
    ):
        for batch in _slices(source, columns.get("encoding") or "utf-8"):
            texts = _texts(batch, run, columns)
            write(_answered(batch, texts, run, summary))
            task.advance(batch.num_rows)
        if not summary.rows:
            raise DataError(f"{source} has no rows: expected a header and at least one row")
    return summary


def _cut(classifier: TextClassifier, texts: Sequence[Text]) -> np.ndarray:
    limit = classifier.token_limit
    if limit is None:
        return np.zeros(len(texts), bool)
    return np.any(classifier.token_counts(texts) > limit, axis=1)


def _slices(source: Path, encoding: str) -> Iterator[pa.RecordBatch]:
    for batch in iter_batches(source, encoding=encoding):
        for start in range(0, batch.num_rows, _ROWS):
            yield batch.slice(start, _ROWS)


def _texts(batch: pa.RecordBatch, run: Run, columns: Mapping[str, str | None]) -> list[Text | None]:
    """The text (or pair) of each row; None where there is nothing to read."""
    trained = run.data["columns"]
    asked = {
        key: columns.get(key) or (trained[key] if trained[key] in batch.schema.names else None)
        for key in ("text", "text_pair")
    }
    chosen = choose_columns(batch.schema.names, **asked, label_needed=False)
    if run.data["pairs"] and chosen.text_pair is None:
        raise DataError(f"{run.path} was trained on pairs: name the second column with --text-pair")
    texts = _column(batch, chosen.text)
    if not run.data["pairs"]:
        return list(texts)
    others = _column(batch, str(chosen.text_pair))
    pairs = zip(texts, others, strict=True)
    return [None if text is None or other is None else (text, other) for text, other in pairs]


def _column(batch: pa.RecordBatch, name: str) -> list[str | None]:
    """A column as texts; None where there is nothing to read."""
    values = batch.column(batch.schema.names.index(name)).to_pylist()
    return [str(value) if value is not None and str(value).strip() else None for value in values]


def _answered(batch: pa.RecordBatch, texts: list[Text | None], run: Run, summary: FileSummary) -> pa.Table:
    """The batch with its answers; a row without a text gets none."""
    readable = [row for row, text in enumerate(texts) if text is not None]
    answers = predict(run, [text for text in texts if text is not None]) if readable else []
    by_row: dict[int, Prediction] = dict(zip(readable, answers, strict=True))
    several = run.labels.multi_label
    added = {
        "predicted": pa.array(
            [by_row[row].label if row in by_row else None for row in range(len(texts))],
            pa.list_(pa.string()) if several else pa.string(),
        ),
        "truncated": pa.array(
            [by_row[row].truncated if row in by_row else None for row in range(len(texts))], pa.bool_()
        ),
    }
    for name in run.labels.names:
        values = [by_row[row].proba[name] if row in by_row else None for row in range(len(texts))]
        added[f"proba:{name}"] = pa.array(values, pa.float64())
    kept = {name: batch.column(number) for number, name in enumerate(batch.schema.names) if name not in added}
    summary.rows += len(texts)
    summary.empty += len(texts) - len(readable)
    summary.truncated += sum(answer.truncated for answer in answers)
    return pa.table({**kept, **added})
