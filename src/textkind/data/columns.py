"""Choose which column is the text, the other side of a pair, the label, and the split."""

from collections.abc import Sequence
from dataclasses import dataclass

from textkind.errors import DataError, did_you_mean, listed

_TEXT = [
    "text", "sentence", "review", "tweet", "message", "content", "comment", "body", "document",
    "utterance", "question", "title", "sentence1", "text_a", "premise", "question1", "query",
]  # fmt: skip
_PAIR = ["text_pair", "text_b", "sentence2", "hypothesis", "question2"]
_LABEL = [
    "labels", "label", "target", "class", "category", "sentiment", "emotion", "intent", "topic",
    "rating", "stars", "score", "y",
]  # fmt: skip


KNOWN_NAMES = frozenset([*_TEXT, *_PAIR, *_LABEL, "split", "id"])


@dataclass(frozen=True)
class Columns:
    """The names of the columns in use; None where there is no such column. `kept` are metadata."""

    text: str
    label: str | None
    text_pair: str | None = None
    split: str | None = None
    group: str | None = None
    time: str | None = None
    kept: tuple[str, ...] = ()


def choose_columns(
    found: Sequence[str],
    *,
    text: str | None = None,
    text_pair: str | None = None,
    label: str | None = None,
    label_needed: bool = True,
) -> Columns:
    """Take the columns that were asked for, and guess the others from their names.

    Raises:
        DataError: a column that was asked for is not there, or none can be guessed.

    >>> choose_columns(["review", "stars"])
    Columns(text='review', label='stars', text_pair=None, split=None, group=None, time=None, kept=())
    """
    asked = {"--text": text, "--text-pair": text_pair, "--label": label}
    missing = [
        f"no column {name!r} ({option}).{did_you_mean(name, found)}"
        for option, name in asked.items()
        if name is not None and name not in found
    ]
    if missing:
        raise DataError(f"{' '.join(missing)} The columns are {listed(found)}.")
    free = [name for name in found if name not in asked.values()]
    label = label or _first(_LABEL, free)
    text = text or _first(_TEXT, free) or _the_other(found, label)
    guess_pair = text_pair or (_first(_PAIR, free) if asked["--text"] is None else None)
    problems = []
    if text is None:
        problems.append("cannot tell which column holds the texts: name it with --text")
    if label is None and label_needed:
        problems.append("cannot tell which column holds the labels: name it with --label")
    if problems or text is None:
        raise DataError(f"{'; '.join(problems)}. The columns are {listed(found)}.")
    return Columns(text, label, guess_pair, _first(("split",), free))


def _first(wanted: Sequence[str], found: Sequence[str]) -> str | None:
    folded = {name.strip().casefold(): name for name in reversed(found)}
    return next((folded[name] for name in wanted if name in folded), None)


def _the_other(found: Sequence[str], label: str | None) -> str | None:
    """The only column left beside the label (or the only one at all)."""
    rest = [name for name in found if name != label]
    return rest[0] if len(rest) == 1 else None
