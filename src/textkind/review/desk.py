"""The desk: what the review page may ask and do, without any HTTP."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from textkind.data.corrections import Correction, Decision
from textkind.errors import DataError, did_you_mean
from textkind.labels import Label, several
from textkind.review.agreement import outcome
from textkind.review.log import ReviewLog
from textkind.review.rows import ReviewRows
from textkind.text.inputs import encodable

MOST_NOTE = 10_000  # characters
MOST_NAME = 200


@dataclass(frozen=True, eq=False)
class Desk:
    """One reviewer before one queue, with a log.

    Attributes:
        run: the Run's name.
        rows: to be judged.
        log: where decisions go.
        reviewer: who decides here.
        commands: what to do with the log afterwards, shown on the page.
    """

    run: str
    rows: ReviewRows
    log: ReviewLog
    reviewer: str
    commands: Sequence[str] = ()

    def session(self) -> dict:
        """Who reviews what, and where it goes."""
        return {
            "run": encodable(self.run),
            "reviewer": self.reviewer,
            "log": encodable(str(self.log.path)),
            "commands": [encodable(line) for line in self.commands],
        }

    def state(self) -> dict:
        """Every decision that stands, by whom, and how far the reviewers agree."""
        found = [self._told(one) for one in self.log.counting]
        return {"decided": [one for one in found if one], **self._summary()}

    def row(self, rank: int) -> dict:
        """One row, and what was decided about it."""
        return self.rows.row(rank)

    def decide(self, rank: int, fingerprint: str, wanted: tuple[Decision, Label | None, str]) -> dict:
        """Write down a decision (what, to which label, note) about a row, and return what the page shows.

        Raises:
            DataError: there is no such row, the page shows another one, or a label does not fit.
            OSError: the log cannot be written; nothing was decided then.
        """
        split, row, found, label = self.rows.given(rank)
        if found != fingerprint:
            raise DataError("expected the row that the page shows, found another: load the page again")
        decision, to, note = wanted
        if len(note) > MOST_NOTE:
            raise DataError(f"expected a note of at most {MOST_NOTE:,} characters, found {len(note):,}")
        if decision in ("relabel", "new"):
            decision, to = self._relabelled(decision, to, label)
        one = Correction(split, row, found, label, decision, to, self.reviewer, encodable(note))
        self.log.add(one)
        return {"decided": self._told(one), **self._summary()}

    def undo(self) -> dict:
        """Take back this reviewer's last decision about a row that is here.

        Returns:
            The row's rank, None if there was nothing to take back, and the decision that counts there now.
        """
        last = self.log.undo(self.reviewer, self.rows.rank)
        if last is None:
            return {"rank": None, "decided": None, **self._summary()}
        now = self.log.last(self.reviewer, last.about)
        told = self._told(now) if now else None
        return {"rank": self.rows.rank[last.about], "decided": told, **self._summary()}

    @property
    def elsewhere(self) -> int:
        """Decisions of the log about rows that are not here, or have another text now."""
        return sum(one.about not in self.rows.rank for one in self.log.standing)

    @cached_property
    def _given(self) -> frozenset[str]:
        """The labels of the data as it was before any correction."""
        return frozenset(self.rows.judged.labels.names) - set(self.rows.judged.new_labels)

    def _new(self) -> list[str]:
        """Labels that the log adds to those of the rows, in the order in which they came."""
        names = (name for one in self.log.standing if one.decision == "new" for name in several(one.to))
        known = self.rows.judged.labels.names
        return [name for name in dict.fromkeys(names) if name not in known]

    def _relabelled(
        self, decision: Decision, to: Label | None, label: Label
    ) -> tuple[Decision, Label | None]:
        """The decision that giving these labels is: a name that the data lacks makes it `new`.

        So does a name that the data has by an earlier `new` alone: that one may still be taken back.
        """
        if isinstance(to, list) != self.rows.judged.labels.multi_label or to is None:
            raise DataError(f"expected {'labels' if isinstance(label, list) else 'a label'}, found {to!r}")
        names = [encodable(name.strip()) for name in several(to)]
        long = next((name for name in names if not 0 < len(name) <= MOST_NAME), None)
        if long is not None:
            raise DataError(f"expected labels of 1 to {MOST_NAME} characters, found {len(long):,}")
        known = [*self.rows.judged.labels.names, *self._new()]
        unknown = next((name for name in names if name not in known), None)
        if unknown is not None and decision != "new":
            raise DataError(f"unknown label {unknown!r}.{did_you_mean(unknown, known)}")
        if set(names) == set(several(label)):
            return "keep", None
        given: Label = list(dict.fromkeys(names)) if isinstance(to, list) else names[0]
        return "relabel" if set(names) <= self._given else "new", given

    def _told(self, one: Correction) -> Mapping | None:
        rank = self.rows.rank.get(one.about)
        if rank is None:
            return None
        told = {"decision": one.decision, "to": one.to, "note": one.note, "outcome": outcome(one)}
        return {"rank": rank, "reviewer": one.reviewer, **told}

    def _summary(self) -> dict:
        return {"new_labels": self._new(), "agreement": [pair.to_dict() for pair in self.log.agreement]}
