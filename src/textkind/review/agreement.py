"""How far reviewers agree on the rows that two of them judged."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from textkind.data.corrections import LEFT_OUT, Correction, Row

Outcome = tuple[str, ...]


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


class Agreements:
    """How far each pair of reviewers agrees on the rows that both judged, kept decision by decision.

    Two decisions agree if they leave the row with the same label; `drop` and `ambiguous` agree each with
    itself alone.

    >>> one = Correction("train", 0, "id", "joy", "keep")
    >>> found = Agreements()
    >>> found.put("A", one.about, one)
    >>> found.put("B", one.about, one)
    >>> [(pair.share, pair.kappa) for pair in found.told()]
    [(1.0, None)]
    """

    def __init__(self) -> None:
        self._rows: dict[Row, dict[str, Outcome]] = {}
        self._pairs: dict[tuple[str, str], Counter[tuple[Outcome, Outcome]]] = {}

    def put(self, reviewer: str, row: Row, decided: Correction | None) -> None:
        """Set the decision of a reviewer about a row that counts now; None: there is none any more."""
        own = self._rows.setdefault(row, {})
        self._count(reviewer, own, -1)
        own.pop(reviewer, None)
        if decided is not None:
            own[reviewer] = outcome(decided)
            self._count(reviewer, own, 1)

    def told(self) -> list[Agreement]:
        """One Agreement for each pair of reviewers that have rows in common, most rows first."""
        found = []
        for reviewers, counts in sorted(self._pairs.items()):
            rows = counts.total()
            if rows:
                share = sum(count for (left, right), count in counts.items() if left == right) / rows
                found.append(Agreement(reviewers, rows, share, _kappa(counts, share)))
        return sorted(found, key=lambda pair: -pair.rows)

    def _count(self, reviewer: str, own: Mapping[str, Outcome], by: int) -> None:
        if reviewer not in own:
            return
        for other in own.keys() - {reviewer}:
            one, two = sorted((reviewer, other))
            self._pairs.setdefault((one, two), Counter())[own[one], own[two]] += by


def outcome(decided: Correction) -> Outcome:
    """What becomes of the row, for comparison: its labels, or that it is left out."""
    if decided.decision in LEFT_OUT:
        return ("", decided.decision)  # no label is empty
    label = decided.label if decided.to is None else decided.to
    return tuple(sorted(label)) if isinstance(label, list) else (label,)


def _kappa(counts: Counter[tuple[Outcome, Outcome]], share: float) -> float | None:
    left, right = Counter(), Counter()
    for (one, other), count in counts.items():
        left[one] += count
        right[other] += count
    chance = sum(count * right[value] for value, count in left.items()) / counts.total() ** 2
    return None if chance == 1 else (share - chance) / (1 - chance)
