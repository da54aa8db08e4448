"""Coded checks on a model's answers; each is described in docs/checks.md."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from textkind.findings import Finding, Severity

if TYPE_CHECKING:
    from textkind.report.report import Report

_FEW_ROWS = 30
_NAMED = 8  # labels that a message names


def no_better_than_majority(report: "Report") -> str | None:
    """M001: the method does not beat the dummy."""
    comparison = report.comparisons.get("majority")
    if report.method == "majority" or comparison is None or comparison.better:
        return None
    return (
        "No better than always answering the most frequent label: the texts, or the way they are read, "
        "do not tell the labels apart."
    )


def no_better_than_tfidf(report: "Report") -> str | None:
    """M002: counting words does as well."""
    comparison = report.comparisons.get("tfidf")
    if report.method in ("majority", "tfidf") or comparison is None or comparison.better:
        return None
    words = "beats it" if comparison.verdict == "worse" else "does as well"
    return f"Counting words (tfidf) {words} on these rows, at a fraction of the cost."


def label_never_answered(report: "Report") -> str | None:
    """M003: a label that has rows is never given as an answer."""
    if report.method == "majority":
        return None
    answered = report.answers.sum(axis=0)
    never = [
        name
        for column, name in enumerate(report.labels.names)
        if report.metrics.per_class[column].support and not answered[column]
    ]
    return f"Never answered: {_some(never)}." if never else None


def few_rows_of_a_label(report: "Report") -> str | None:
    """M004: too few rows of a label to say much about it."""
    few = [
        f"{name} ({figures.support})"
        for name, figures in zip(report.labels.names, report.metrics.per_class, strict=True)
        if figures.support < _FEW_ROWS
    ]
    return f"Fewer than {_FEW_ROWS} rows, so read the intervals: {_some(few)}." if few else None


def _some(names: list[str]) -> str:
    rest = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")


CHECKS: Mapping[str, tuple[Severity, Callable[["Report"], str | None]]] = {
    "M001": ("issue", no_better_than_majority),
    "M002": ("tip", no_better_than_tfidf),
    "M003": ("issue", label_never_answered),
    "M004": ("tip", few_rows_of_a_label),
}


def findings(report: "Report") -> list[Finding]:
    """Run every check on a report."""
    found = ((code, severity, check(report)) for code, (severity, check) in CHECKS.items())
    return [Finding(code, severity, message) for code, severity, message in found if message]
