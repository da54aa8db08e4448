"""Every exception that textkind raises, and the words that suggest a name.

    TextkindError
    ├── DataError            (also a ValueError)   the data cannot be used as it is
    │   └── SealedSplitError                       the test split was asked for by a side door
    ├── LabelError           (also a ValueError)   a label that the LabelSet does not hold
    ├── RecipeError          (also a ValueError)   a choice that does not exist or does not fit
    ├── RunError                                   a Run folder that cannot be read or written
    └── MissingExtraError    (also an ImportError) an optional package is not installed

A message says what was expected, what was found and what to do, in one line.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


class TextkindError(Exception):
    """The base of every error that textkind raises on purpose; its message is one line."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(str(message).splitlines()))


class DataError(TextkindError, ValueError):
    """The data cannot be read or used as it is."""


class SealedSplitError(DataError):
    """The test split was asked for other than through an opening that is counted."""


class LabelError(TextkindError, ValueError):
    """A label, or a matrix of labels, does not fit the LabelSet."""


class RecipeError(TextkindError, ValueError):
    """A recipe key or value does not exist or does not fit."""


class RunError(TextkindError):
    """A Run folder is missing, incomplete, changed, or cannot be written."""


class MissingExtraError(TextkindError, ImportError):
    """A package of an optional extra is not installed."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` for the nearest known name, or an empty string.

    >>> did_you_mean("lable", ["label", "text"])
    " Did you mean 'label'?"
    >>> did_you_mean("zzz", ["label", "text"])
    ''
    """
    folded = {str(candidate).casefold(): str(candidate) for candidate in known}
    close = get_close_matches(str(name).casefold(), folded, n=1, cutoff=0.6)
    return f" Did you mean {folded[close[0]]!r}?" if close else ""


def listed(names: Iterable[object], *, most: int = 12) -> str:
    """Join names for a message; a long list is cut and its length said.

    >>> listed(["a", "b"])
    "'a', 'b'"
    >>> listed(range(5), most=2)
    "'0', '1' and 3 more"
    """
    shown = [repr(str(name)) for name in names]
    rest = len(shown) - most
    return ", ".join(shown[:most]) + (f" and {rest} more" if rest > 0 else "")


def joined(problems: Sequence[str], *, most: int = 8) -> str:
    """Join problems for a message; of many the first are told, and how many more there are.

    >>> joined(["row 1 is empty", "row 2 is empty", "row 3 is empty"], most=2)
    'row 1 is empty; row 2 is empty; and 1 more'
    """
    rest = len(problems) - most
    return "; ".join(problems[:most]) + (f"; and {rest:,} more" if rest > 0 else "")
