"""Words and markup that decide the answer, or the label, by being there."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
from scipy import sparse

from textkind.mistakes.correction import ALPHA, holm
from textkind.mistakes.judged import Judged
from textkind.report.intervals import Estimate, wilson
from textkind.text.inputs import readable

Kind = Literal["word", "markup"]
About = Literal["answer", "label"]

_ABOUT: tuple[About, ...] = ("answer", "label")
_WORD = r"(?u)\w+(?:['’]\w+)*"  # don't is one word
_LEAST = 20  # rows with a word from which it is looked at
_LIFT = 1.5  # times as often as without it; less is no shortcut, however sure
_READ = 20_000  # characters of a text that are looked at
_MARKUP = {
    "a link": r"https?://\S|www\.\S",
    "an HTML tag or entity": r"</?[a-zA-Z][^<>]{0,200}>|&(?:amp|lt|gt|quot|nbsp|#\d+);",
    "an @mention": r"(?<!\w)@\w",
    "a #hashtag": r"(?<!\w)#\w",
    "a number": r"(?<!\w)\d",
    "a word in capitals": r"\b[A-Z]{3,}\b",
    "several ! or ?": r"[!?]{2,}",
    "an ellipsis": r"\.\.\.|…",
    "a quotation mark": r"[\"“”«»]",
    "an emoji": r"[\U0001F300-\U0001FAFF\u2600-\u27BF]",
    "an emoticon": r"[:;=]-?[()DPp]",
    "a line break": r"\n",
}


@dataclass(frozen=True)
class Shortcut:
    """A word, or a kind of markup, that goes with one label.

    Attributes:
        kind: `word` or `markup`.
        value: the word, or what the markup is.
        about: `answer`: rows *without* the label are answered with it where the word is there; `label`: the
            rows with the markup carry the label.
        label: its name.
        rows: with the word that the test looked at; for `answer` those without the label.
        share, elsewhere: of rows with and without the word that are answered with (or carry) the label.
        p_value: of the exact test, corrected for every word and label that was looked at.
    """

    kind: Kind
    value: str
    about: About
    label: str
    rows: int
    share: Estimate
    elsewhere: Estimate
    p_value: float

    def to_dict(self) -> dict:
        """Everything for JSON."""
        return asdict(self)


def shortcuts(judged: Judged, *, most: int = 20) -> list[Shortcut]:
    """Return what decides an answer beyond what it should, the most rows that it misleads first.

    That words go with a label is what a classifier learns. A word is a shortcut if rows that do *not* carry
    the label are answered with it far more often where the word stands in them (hypergeometric test,
    one-sided, Holm's correction over all words and labels; 1.5 times as often at least). Markup should
    not tell a label at all, so that it is also held against the labels themselves.

    >>> from textkind.labels import LabelSet
    >>> texts = ["happy no more"] * 30 + ["rain again"] * 60
    >>> proba = np.array([[0.9, 0.1]] * 30 + [[0.1, 0.9]] * 60)
    >>> found = shortcuts(Judged(texts, np.ones(90, int), proba, LabelSet(("joy", "sadness"))))
    >>> sorted({(one.value, one.label) for one in found})
    [('happy', 'joy'), ('more', 'joy'), ('no', 'joy')]
    """
    from scipy.stats import hypergeom

    lines = [readable(text)[:_READ] for text in judged.texts]
    words, names = _words(lines)
    marks = _marks(lines)
    values: list[tuple[Kind, str]] = [("word", name) for name in names] + [
        ("markup", name) for name in _MARKUP
    ]
    found = np.concatenate(
        [
            _counted(sparse.hstack([words, marks], format="csr"), judged, "answer"),
            _counted(marks, judged, "label") + np.array([0, 0, len(names), 0, 0, 0, 0]),
        ]
    )
    about, column, value, size, hits, n, total = found.T
    p_values = holm(hypergeom.sf(hits - 1, n, total, size))
    excess = hits - size * (total - hits) / np.maximum(1, n - size)
    told = (p_values < ALPHA) & (hits * (n - size) >= _LIFT * (total - hits) * size)
    first = [row for row in np.argsort(-excess, kind="stable") if told[row]][:most]
    return [
        Shortcut(
            kind=values[value[row]][0],
            value=values[value[row]][1],
            about=_ABOUT[about[row]],
            label=judged.labels.names[column[row]],
            rows=int(size[row]),
            share=wilson(int(hits[row]), int(size[row])),
            elsewhere=wilson(int(total[row] - hits[row]), int(n[row] - size[row])),
            p_value=float(p_values[row]),
        )
        for row in first
    ]


def _words(lines: Sequence[str]) -> tuple[sparse.csr_matrix, list[str]]:
    """Which words stand in which text, (n, words), and the words; rare ones are left out."""
    from sklearn.feature_extraction.text import CountVectorizer

    counter = CountVectorizer(binary=True, token_pattern=_WORD, min_df=min(_LEAST, len(lines)))
    try:
        matrix = counter.fit_transform(lines)
    except ValueError:  # no word is in as many texts
        return sparse.csr_matrix((len(lines), 0), dtype=np.int64), []
    return matrix, counter.get_feature_names_out().tolist()


def _marks(lines: Sequence[str]) -> sparse.csr_matrix:
    patterns = [re.compile(pattern) for pattern in _MARKUP.values()]
    found = [[pattern.search(line) is not None for pattern in patterns] for line in lines]
    return sparse.csr_matrix(np.array(found, np.int64))


def _counted(presence: sparse.csr_matrix, judged: Judged, about: About) -> np.ndarray:
    """What the test needs of every value beside every label, (m, 7).

    The columns: number of `about`, of the label and of the value; rows with the value, those of them with the
    label, all rows, all with the label.
    """
    found = [np.zeros((0, 7), np.int64)]
    for column in range(len(judged.labels)):
        rows = ~judged.truth[:, column] if about == "answer" else np.ones(len(judged), bool)
        hit = (judged.answers if about == "answer" else judged.truth)[rows, column].astype(np.int64)
        here = presence[np.flatnonzero(rows)]
        sizes = np.asarray(here.sum(axis=0)).ravel()
        hits = np.asarray(here.T @ hit).ravel()
        looked_at = np.flatnonzero((sizes >= _LEAST) & (len(hit) - sizes >= _LEAST))
        block = np.empty((len(looked_at), 7), np.int64)
        block[:, 0], block[:, 1], block[:, 2] = _ABOUT.index(about), column, looked_at
        block[:, 3], block[:, 4] = sizes[looked_at], hits[looked_at]
        block[:, 5], block[:, 6] = len(hit), hit.sum()
        found.append(block)
    return np.concatenate(found)
