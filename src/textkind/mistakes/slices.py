"""Slices of the rows that do worse than the rest, beyond chance."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from textkind.data.languages import language_of
from textkind.mistakes.correction import ALPHA, holm
from textkind.mistakes.groups import LEAST
from textkind.mistakes.judged import Judged, shortened
from textkind.report.intervals import Estimate, wilson
from textkind.text.inputs import readable, sides

_PARTS = 5  # slices by length
_TAKEN = ("words", "label", "language", "truncated")  # a column of the data may have the same name


@dataclass(frozen=True)
class Slice:
    """Rows with something in common.

    Attributes:
        column, value: what they share, such as `language`, `en`; of a column of the data, its name.
        accuracy, elsewhere: the share of right answers inside and outside.
        p_value: of the exact test, corrected for the number of slices: were errors spread evenly, so many
            in this slice would be seen with this probability.
    """

    column: str
    value: str
    accuracy: Estimate
    elsewhere: Estimate
    p_value: float

    @property
    def worse(self) -> bool:
        """Whether it does worse than the rest, at 5 % over all slices together."""
        return self.p_value < ALPHA

    def to_dict(self) -> dict:
        """Everything for JSON."""
        return {**asdict(self), "worse": self.worse}


def slices(judged: Judged, columns: Mapping[str, Sequence] | None = None) -> list[Slice]:
    """Hold each slice against the rest, the least likely to be chance first.

    Slices are by length (fifths of the rows, in words), label, language, each value of `columns`, and the
    groups of the rows. The test is the hypergeometric one, one-sided, with Holm's correction. Slices of
    fewer than 20 rows, or that leave fewer outside, are passed over.

    Args:
        judged: the rows.
        columns: anything else that is known of each row, such as `{"truncated": [False, ...]}`.

    >>> from textkind.labels import LabelSet
    >>> targets = np.repeat([0, 1], 50)
    >>> proba = np.tile([0.9, 0.1], (100, 1))
    >>> found = slices(Judged(["text"] * 100, targets, proba, LabelSet(("x", "y"))))
    >>> found[0].column, found[0].value, found[0].worse
    ('label', 'y', True)
    """
    from scipy.stats import hypergeom

    n, errors = len(judged), int(judged.wrong.sum())
    found = [
        (column, value, inside)
        for column, value, inside in _masks(judged, columns or {})
        if LEAST <= inside.sum() <= n - LEAST
    ]
    sizes = np.array([inside.sum() for _, _, inside in found], np.int64)
    hits = np.array([(inside & judged.wrong).sum() for _, _, inside in found], np.int64)
    p_values = holm(hypergeom.sf(hits - 1, n, errors, sizes))
    told = [
        Slice(
            column=column,
            value=shortened(value),
            accuracy=wilson(int(size - wrong), int(size)),
            elsewhere=wilson(int(n - size - errors + wrong), int(n - size)),
            p_value=float(p_value),
        )
        for (column, value, _), size, wrong, p_value in zip(found, sizes, hits, p_values, strict=True)
    ]
    return sorted(told, key=lambda one: (one.p_value, one.accuracy.value))


def _masks(judged: Judged, columns: Mapping[str, Sequence]) -> Iterator[tuple[str, str, np.ndarray]]:
    """Column, value and boolean (n,) of each slice, whatever its size."""
    words = np.sum([[len(text.split()) for text in side] for side in sides(judged.texts)], axis=0)
    edges = np.unique(np.quantile(words, np.linspace(0, 1, _PARTS + 1)[1:-1], method="higher"))
    bins = np.searchsorted(edges, words, side="left")  # a length on an edge belongs below it
    for part in np.unique(bins):
        inside = bins == part
        low, high = words[inside].min(), words[inside].max()
        yield "words", f"{low}" if low == high else f"{low}-{high}", inside
    for column, name in enumerate(judged.labels.names):
        yield "label", name, judged.truth[:, column]
    languages = [language_of(readable(text)) for text in judged.texts]
    own = {f"{name} (column)" if name in _TAKEN else name: of for name, of in judged.groups.items()}
    for name, values in {"language": languages, **columns, **own}.items():
        known = sorted({str(value) for value in values if value is not None})
        numbers = {text: number for number, text in enumerate(known)}
        column = np.array([-1 if value is None else numbers[str(value)] for value in values])
        for text, number in numbers.items():
            yield name, text, column == number
