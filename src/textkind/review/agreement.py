"""How far reviewers agree on the rows that two of them judged."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from textkind.data.corrections import LEFT_OUT, Correction, Row


@dataclass(frozen=True)
class Agreement:
    """Two reviewers on the rows that both judged.

    Attributes:
        reviewers: their names.
        rows: that both judged.
        share: of these rows, on which they came to the same.
        kappa: Cohen's: the share beyond what chance alone gives; None where chance gives all of it.
    """

    reviewers: tuple[str, str]
    rows: int
    share: float
    kappa: float | None

    def to_dict(self) -> dict:
        """Everything for JSON."""
        return {
            "reviewers": list(self.reviewers),
            "rows": self.rows,
            "share": self.share,
            "kappa": self.kappa,
        }


def agreements(judged: Mapping[str, Mapping[Row, Correction]]) -> list[Agreement]:
    """Return one Agreement for each pair of reviewers that have rows in common, most rows first.

    Two decisions agree if they leave the row with the same label; `drop` and `ambiguous` agree each with
    itself alone.

    Args:
        judged: reviewer -> row -> the decision that counts.

    >>> ROW = ("train", 0, "id")
    >>> def keep(label): return Correction("train", 0, "id", label, "keep")
    >>> told, = agreements({"A": {ROW: keep("joy")}, "B": {ROW: keep("joy")}})
    >>> told.share, told.kappa
    (1.0, None)
    """
    found = []
    for one, other in combinations(sorted(judged), 2):
        both = judged[one].keys() & judged[other].keys()
        pairs = [(outcome(judged[one][row]), outcome(judged[other][row])) for row in both]
        if pairs:
            share = sum(left == right for left, right in pairs) / len(pairs)
            found.append(Agreement((one, other), len(pairs), share, _kappa(pairs, share)))
    return sorted(found, key=lambda pair: -pair.rows)


def outcome(decided: Correction) -> tuple[str, ...]:
    """What becomes of the row, for comparison: its labels, or that it is left out."""
    if decided.decision in LEFT_OUT:
        return ("", decided.decision)  # no label is empty
    label = decided.label if decided.to is None else decided.to
    return tuple(sorted(label)) if isinstance(label, list) else (label,)


def _kappa(pairs: Sequence[tuple], share: float) -> float | None:
    left, right = (Counter(side) for side in zip(*pairs, strict=True))
    chance = sum(count * right[value] for value, count in left.items()) / len(pairs) ** 2
    return None if chance == 1 else (share - chance) / (1 - chance)
