"""Report: texts, targets, probabilities and labels in; tables, findings and files out."""

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from textkind.errors import DataError
from textkind.labels import LabelSet
from textkind.report.calibration import Calibration, calibrate
from textkind.report.checks import findings
from textkind.report.comparison import Comparison, compare
from textkind.report.intervals import CONFIDENCE, RESAMPLES
from textkind.report.metrics import Metrics, confusion, measure
from textkind.text.inputs import Text, text_id

if TYPE_CHECKING:
    import pandas
    import pyarrow

_SMALLEST = 1e-15  # a probability of 0 would make the loss infinite


class Report:
    """How good the probabilities of one method are on the rows of one split.

    It never sees a model: it can be remade from saved predictions.

    Args:
        texts: n texts or pairs.
        targets: their true labels, (n,) column numbers or an (n, k) 0/1 matrix.
        proba: (n, k) in the label set's column order.
        labels: the LabelSet.
        method: the method's name.
        split: the split's name.
        baselines: name -> (n, k) probabilities of a baseline on the same rows.
        seed: of the resampling behind the intervals.

    >>> labels = LabelSet(("ham", "spam"))
    >>> proba = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    >>> targets = np.array([0, 1, 1])
    >>> report = Report(["a", "b", "c"], targets, proba, labels, method="tfidf", split="validation")
    >>> round(report.metrics.accuracy.value, 3), report.metrics.accuracy.n
    (0.667, 3)
    """

    def __init__(  # noqa: PLR0913 - the nouns that meet here, each named
        self,
        texts: Sequence[Text],
        targets: np.ndarray,
        proba: np.ndarray,
        labels: LabelSet,
        *,
        method: str,
        split: str,
        baselines: Mapping[str, np.ndarray] | None = None,
        seed: int = 0,
    ) -> None:
        expected = (len(texts), len(labels))
        for name, matrix in {method: proba, **(baselines or {})}.items():
            if matrix.shape != expected:
                raise DataError(
                    f"expected probabilities of shape {expected}, found {matrix.shape} for {name}"
                )
        if not len(texts):
            raise DataError(f"the {split} split has no rows to report on")
        self.texts = texts
        self.targets = targets
        self.proba = proba
        self.labels = labels
        self.method = method
        self.split = split
        self.seed = seed
        self._baselines = dict(baselines or {})

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def truth(self) -> np.ndarray:
        """(n, k) boolean: which labels are right."""
        return self.labels.membership(self.targets)

    @property
    def answers(self) -> np.ndarray:
        """(n, k) boolean: which labels are answered."""
        return self._answers(self.proba)

    def _answers(self, proba: np.ndarray) -> np.ndarray:
        return self.labels.membership(self.labels.decide(proba))

    @cached_property
    def metrics(self) -> Metrics:
        """The method's figures."""
        return measure(self.truth, self.answers, seed=self.seed)

    @cached_property
    def baseline_metrics(self) -> dict[str, Metrics]:
        """The figures of each baseline on the same rows."""
        return {
            name: measure(self.truth, self._answers(proba), seed=self.seed)
            for name, proba in self._baselines.items()
        }

    @cached_property
    def comparisons(self) -> dict[str, Comparison]:
        """The method held against each baseline, row by row."""
        return {
            name: compare(self.truth, self.answers, self._answers(proba), seed=self.seed)
            for name, proba in self._baselines.items()
        }

    @property
    def loss(self) -> np.ndarray:
        """(n,) minus the log of the true label's probability; with several labels, their mean."""
        proba = np.clip(self.proba, _SMALLEST, 1 - _SMALLEST)
        if self.labels.multi_label:
            return -np.where(self.truth, np.log(proba), np.log(1 - proba)).mean(axis=1)
        return -np.log(np.clip(self.proba, _SMALLEST, 1)[np.arange(len(self)), self.targets])

    @cached_property
    def calibration(self) -> Calibration:
        """How far the probabilities can be taken at their word."""
        return calibrate(self.proba, self.truth, several=self.labels.multi_label)

    @property
    def confusion(self) -> np.ndarray | None:
        """(k, k) rows by true and answered label; None when texts carry several labels."""
        return None if self.labels.multi_label else confusion(self.truth, self.answers)

    def to_dict(self) -> dict:
        """Everything for `metrics.json`, whose shape docs/json.md describes."""
        counts = self.confusion
        return {
            "method": self.method,
            "split": self.split,
            "n": len(self),
            **_means(self.metrics),
            "baselines": {
                name: {**_means(metrics), "difference": self.comparisons[name].to_dict()}
                for name, metrics in self.baseline_metrics.items()
            },
            "per_class": [
                {
                    "label": name,
                    "precision": figures.precision.to_dict(),
                    "recall": figures.recall.to_dict(),
                    "f1": figures.f1.to_dict(),
                    "support": figures.support,
                }
                for name, figures in zip(self.labels.names, self.metrics.per_class, strict=True)
            ],
            "confusion": None if counts is None else _confusion_dict(counts, self.labels),
            "calibration": self.calibration.to_dict(),
            "findings": [finding.to_dict() for finding in findings(self)],
            "intervals": {
                "confidence": CONFIDENCE,
                "accuracy, precision, recall": "Wilson",
                "f1, macro_f1, weighted_f1, difference": "percentile bootstrap over rows",
                "resamples": RESAMPLES,
                "p_value": "McNemar's exact test",
            },
        }

    def frame(self) -> "pandas.DataFrame":
        """The figures per label as a table."""
        import pandas

        rows = []
        for name, figures in zip(self.labels.names, self.metrics.per_class, strict=True):
            row: dict = {"label": name, "support": figures.support}
            for key in ("precision", "recall", "f1"):
                estimate = getattr(figures, key)
                row |= {key: estimate.value, f"{key}_low": estimate.low, f"{key}_high": estimate.high}
            rows.append(row)
        return pandas.DataFrame(rows).set_index("label")

    def predictions(self) -> "pyarrow.Table":
        """One row per text: row, id (of the text), label, predicted, loss, and each label's probability."""
        import pyarrow

        columns = {
            "row": np.arange(len(self)),
            "id": [text_id(text) for text in self.texts],
            "label": self.labels.name(self.targets),
            "predicted": self.labels.answers(self.proba),
            "loss": self.loss,
        }
        columns |= {f"proba:{name}": self.proba[:, column] for column, name in enumerate(self.labels.names)}
        return pyarrow.table(columns)

    def save(self, folder: Path) -> None:
        """Write metrics.json and predictions.parquet."""
        from pyarrow import parquet

        text = json.dumps(self.to_dict(), ensure_ascii=False, indent=2)
        (folder / "metrics.json").write_text(text + "\n", "utf-8")
        parquet.write_table(self.predictions(), folder / "predictions.parquet")


def _means(metrics: Metrics) -> dict:
    keys = ("accuracy", "macro_f1", "weighted_f1")
    return {key: getattr(metrics, key).to_dict() for key in keys}


def _confusion_dict(counts: np.ndarray, labels: LabelSet) -> dict:
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    return {"labels": list(labels.names), "counts": counts.tolist(), "normalized": shares.tolist()}
