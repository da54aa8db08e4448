"""Run a suite: change texts, ask again, count the answers that should not have moved."""

from collections.abc import Callable, Sequence
from functools import partial
from random import Random

import numpy as np

from textkind import progress
from textkind.behaviour import changes
from textkind.behaviour.outcome import Example, Outcome, Status
from textkind.behaviour.suite import Suite
from textkind.errors import DataError
from textkind.labels import LabelSet
from textkind.report.intervals import wilson
from textkind.text.inputs import Text

Proba = Callable[[Sequence[Text]], np.ndarray]  # n texts -> (n, k), columns as in the LabelSet
Change = Callable[[str, Random], str]

SHOWN = 5  # examples of each test
_SLACK = 1e-9  # a probability of 0.7 that is stored as 0.6999999999 reaches 0.7
EXPECTED = {
    "upper_case": "the answer stays when all letters are capitals",
    "lower_case": "the answer stays when no letter is a capital",
    "spacing": "the answer stays when spaces are added",
    "punctuation": "the answer stays when the mark at the end goes, or a full stop comes",
    "typo": "the answer stays when a word is mistyped",
    "names": "the answer stays when names and places are swapped for others",
    "length": "the answer stays when a neutral sentence follows",
    "negation": "the probability of the answer does not rise when the text is negated",
    "must": "the row has this answer",
}


def run_suite(suite: Suite, texts: Sequence[Text], proba: Proba, labels: LabelSet) -> list[Outcome]:
    """Try a suite on a classifier, whatever it is made of.

    Args:
        suite: its `[[must]]` rows fit (`Suite.check_must`).
        texts: rows to change, texts or pairs; none if the suite has `[[must]]` only. Each test walks them
            in one seeded order until it has changed `suite.rows` of them.
        proba: texts to probabilities.
        labels: of its columns.

    Returns:
        One Outcome per test in the suite's order, `must` last.

    Raises:
        DataError: no test could be judged, so that a pass would mean nothing.

    >>> always = lambda texts: np.tile([0.9, 0.1], (len(texts), 1))
    >>> suite = Suite.build({"min_rows": 1})
    >>> [one.status for one in run_suite(suite, ["so happy"], always, LabelSet(("joy", "sadness")))]
    ['passed', 'not judged', 'passed', 'passed', 'passed', 'not judged', 'passed', 'not judged']
    """
    with progress.job("Changing rows"):
        tried = _tried(suite, texts)
    rows = sorted({row for changed in tried.values() for row in changed})
    with progress.job("Answering rows as they are"):
        known = dict(zip(rows, proba([texts[row] for row in rows]), strict=True)) if rows else {}
    outcomes = []
    for name, changed in tried.items():
        before = np.array([known[row] for row in changed]).reshape(len(changed), len(labels))
        with progress.job(f"Testing {name}"):
            after = proba(list(changed.values())) if changed else before
        compared = [(row, texts[row], new) for row, new in changed.items()]
        outcomes.append(_compared(name, suite, compared, (before, after), labels))
    if suite.must:
        outcomes.append(_must(suite, proba, labels))
    if all(one.status == "not judged" for one in outcomes):
        raise DataError(
            f"no test could be judged: expected {suite.min_rows} rows or more that a test can change, found "
            f"{max((one.failed.n for one in outcomes), default=0)}; lower min_rows in the suite, or test a "
            "run with more validation rows"
        )
    return outcomes


def changed_text(text: Text, change: Change, seed: str) -> Text:
    """A text changed, unless it is blank; of a pair both sides, by the same draws, so that names stay equal.

    >>> changed_text(("so happy", "happy"), changes.upper_case, "0")
    ('SO HAPPY', 'HAPPY')
    """

    def one(side: str) -> str:
        return change(side, Random(seed)) if side.strip() else side  # noqa: S311 - a test that repeats

    return one(text) if isinstance(text, str) else (one(text[0]), one(text[1]))


def _changes(suite: Suite) -> dict[str, Change]:
    return {
        "upper_case": changes.upper_case,
        "lower_case": changes.lower_case,
        "spacing": changes.spacing,
        "punctuation": changes.punctuation,
        "typo": partial(changes.typo, edits=suite.typo.edits),
        "names": partial(changes.names, groups=suite.names.groups),
        "length": partial(changes.length, sentences=suite.length.sentences),
        "negation": changes.negation,
    }


def _tried(suite: Suite, texts: Sequence[Text]) -> dict[str, dict[int, Text]]:
    """Per test the changed text of each row that it could change, in a random order."""
    order = Random(suite.seed).sample(range(len(texts)), len(texts))  # noqa: S311 - a test that repeats
    known, tried = _changes(suite), {}
    for name in suite.tests:
        found: dict[int, Text] = {}
        for row in order:
            # a pair that is negated on both sides is as true as before: nothing follows for its answer
            if len(found) == suite.rows or (name == "negation" and not isinstance(texts[row], str)):
                break
            changed = changed_text(texts[row], known[name], f"{suite.seed}:{name}:{row}")
            if changed != texts[row]:
                found[row] = changed
        tried[name] = found
    return tried


def _compared(
    name: str,
    suite: Suite,
    rows: Sequence[tuple[int, Text, Text]],
    proba: tuple[np.ndarray, np.ndarray],
    labels: LabelSet,
) -> Outcome:
    """Judge one test by its rows (number, text, changed text) and their probabilities before and after."""
    chosen, now = (labels.membership(labels.decide(one)) for one in proba)  # (n, k) boolean
    was, became = (_of_answer(one, chosen) for one in proba)
    if name == "negation":
        usable = chosen.any(axis=1)  # without an answer nothing can rise
        failed = usable & (became - was > suite.negation.rise)
    else:
        usable = np.ones(len(rows), bool)
        failed = (chosen != now).any(axis=1)
    share, at_most = wilson(int(failed.sum()), int(usable.sum())), getattr(suite, name).at_most
    expected, answered = map(labels.answers, proba)
    examples = tuple(
        Example(*rows[at], expected[at], answered[at], _number(was[at]), _number(became[at]))
        for at in np.flatnonzero(failed)[:SHOWN]
    )
    status = _status(share.value or 0, at_most) if share.n >= suite.min_rows else "not judged"
    return Outcome(name, EXPECTED[name], share, at_most, status, examples)


def _must(suite: Suite, proba: Proba, labels: LabelSet) -> Outcome:
    with progress.job("Testing must"):
        found = proba([must.row for must in suite.must])
    wanted = labels.ids([must.label if labels.multi_label else must.label[0] for must in suite.must])
    expected, answered = labels.name(wanted), labels.answers(found)
    chosen = labels.membership(wanted)
    right = (chosen == labels.membership(labels.decide(found))).all(axis=1)
    reached = _of_answer(found, chosen)
    least = np.where(chosen, found, np.inf).min(axis=1)  # each of several labels must reach it
    floor = np.array([must.at_least or 0 for must in suite.must])
    failed = ~right | (least < floor - _SLACK)
    examples = tuple(
        Example(at + 1, must.row, None, expected[at], answered[at], must.at_least, _number(reached[at]))
        for at, must in enumerate(suite.must)
        if failed[at]
    )
    share = wilson(int(failed.sum()), len(failed))
    return Outcome("must", EXPECTED["must"], share, 0.0, _status(share.value or 0, 0.0), examples)


def _of_answer(proba: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """The mean probability of the chosen labels of each row, (n,); NaN where a row has none."""
    count = chosen.sum(axis=1)
    total = np.where(chosen, proba, 0).sum(axis=1)
    return np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _status(share: float, at_most: float) -> Status:
    return "failed" if share > at_most else "passed"
