"""Words and markup that decide the answer, or the label, by being there."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Literal

import numpy as np
from scipy import sparse

from textkind.mistakes.correction import holm
from textkind.mistakes.judged import Judged
from textkind.report.intervals import Estimate, wilson
from textkind.text.inputs import readable

ALPHA = 0.05
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

    kind: Literal["word", "markup"]
    value: str
    about: Literal["answer", "label"]
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
    lines = [readable(text)[:_READ] for text in judged.texts]
    words, names = _words(lines)
    marks = _marks(lines)
    values = [("word", name) for name in names] + [("markup", name) for name in _MARKUP]
    found = _held(sparse.hstack([words, marks], format="csr"), values, judged, "answer")
    found += _held(marks, values[len(names) :], judged, "label")
    corrected = holm(np.array([one.p_value for one in found]))
    told = [
        replace(one, p_value=float(p_value))
        for one, p_value in zip(found, corrected, strict=True)
        if p_value < ALPHA and (one.share.value or 0) >= _LIFT * (one.elsewhere.value or 0)
    ]
    return sorted(told, key=lambda one: (-_excess(one), one.value, one.label))[:most]


def _excess(shortcut: Shortcut) -> float:
    """Rows with the word that would be answered otherwise, were they like those without it."""
    return ((shortcut.share.value or 0) - (shortcut.elsewhere.value or 0)) * shortcut.rows


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


def _held(
    presence: sparse.csr_matrix,
    values: Sequence[tuple],
    judged: Judged,
    about: Literal["answer", "label"],
) -> list[Shortcut]:
    """Every value beside every label, with p values that are not corrected yet."""
    from scipy.stats import hypergeom

    found = []
    for column, name in enumerate(judged.labels.names):
        rows = ~judged.truth[:, column] if about == "answer" else np.ones(len(judged), bool)
        hit = (judged.answers if about == "answer" else judged.truth)[rows, column].astype(np.int64)
        here = presence[np.flatnonzero(rows)]
        sizes = np.asarray(here.sum(axis=0)).ravel()
        hits = np.asarray(here.T @ hit).ravel()
        n, total = len(hit), int(hit.sum())
        looked_at = np.flatnonzero((sizes >= _LEAST) & (n - sizes >= _LEAST))
        p_values = hypergeom.sf(hits[looked_at] - 1, n, total, sizes[looked_at])
        for place, p_value in zip(looked_at, p_values, strict=True):
            size, inside = int(sizes[place]), int(hits[place])
            kind, value = values[place]
            estimates = wilson(inside, size), wilson(total - inside, n - size)
            found.append(Shortcut(kind, value, about, name, size, *estimates, float(p_value)))
    return found
