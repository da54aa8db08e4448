"""Render a report as one HTML page that opens without a network."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from textkind.report.charts import libraries
from textkind.report.curves import training_pictures

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

_NUMBERED = 15  # labels up to which the cells of the confusion matrix show their share
_CONFUSIONS = 10


def render(metrics: Mapping[str, Any], about: Mapping[str, Any]) -> str:
    """Return a complete HTML document; every text in it is escaped.

    Args:
        metrics: `Report.to_dict()`.
        about: `title`, and where known `created`, `textkind`, `data`, `truncation_sentence`,
            `test_openings`, `training`, `seeds`, `recipe` (TOML) and `environment`.
    """
    parts = context(metrics, about)
    return template("page.html.j2").render(**parts, libraries=libraries() if parts["curves"] else "")


def context(metrics: Mapping[str, Any], about: Mapping[str, Any]) -> dict[str, Any]:
    """What the parts of the page about figures read; the arguments are those of `render`."""
    confusion, training = metrics["confusion"], about.get("training")
    return {
        "metrics": metrics,
        "about": about,
        "rivals": {name: row for name, row in metrics["baselines"].items() if name != metrics["method"]},
        "charts": [_chart(metrics, "accuracy", "Accuracy"), _chart(metrics, "macro_f1", "Macro F1")],
        "classes": sorted(metrics["per_class"], key=_weakness),
        "confusions": _confusions(confusion) if confusion else [],
        "numbered": len(metrics["per_class"]) <= _NUMBERED,
        "findings": [*metrics["findings"], *(training["findings"] if training else ())],
        "curves": training_pictures(training),
    }


@cache
def template(name: str) -> "Template":
    """A template beside this module; every value in it is escaped, an unknown one is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("textkind.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"figure": _figure, "interval": _interval, "signed": _signed, "p": _p}
    environment.filters |= {"breakable": _breakable, "names": _names, "share": _share, "weight": _weight}
    # the level of a part's headings, which a page that nests parts sets otherwise
    return environment.get_template(name, globals={"level": 2})


def _chart(metrics: Mapping[str, Any], key: str, name: str) -> dict:
    """One figure of the method and its baselines, for a row of dots with whiskers."""
    rows = {metrics["method"]: metrics, **metrics["baselines"]}
    dots = [{"name": row, "own": row == metrics["method"], **figures[key]} for row, figures in rows.items()]
    return {"name": name, "rows": dots}


def _confusions(confusion: Mapping[str, Any]) -> list[dict]:
    """The most frequent mistakes: true label, answer, rows, share of the true label."""
    labels, counts, shares = confusion["labels"], confusion["counts"], confusion["normalized"]
    pairs = [
        {"true": labels[row], "answered": labels[column], "count": count, "share": shares[row][column]}
        for row, line in enumerate(counts)
        for column, count in enumerate(line)
        if row != column and count
    ]
    return sorted(pairs, key=lambda pair: -pair["count"])[:_CONFUSIONS]


def _weakness(row: Mapping[str, Any]) -> tuple[bool, float]:
    """Sorts by F1; a label that has none says nothing about the method and comes last."""
    value = row["f1"]["value"]
    return value is None, value or 0.0


def _breakable(name: str) -> "Markup":
    """Escape a name and let its line break after an underscore."""
    from markupsafe import Markup, escape

    return escape(name).replace("_", Markup("_<wbr>"))


def _names(label: str | Sequence[str]) -> str:
    """A label, or the labels of a text that may carry several."""
    return label if isinstance(label, str) else ", ".join(label) or "(none)"


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _weight(value: float) -> str:
    return f"{value:+.1f}".replace("-", "−")


def _interval(estimate: Mapping[str, Any]) -> str:
    return "" if estimate["low"] is None else f"[{estimate['low']:.3f}, {estimate['high']:.3f}]"


def _signed(estimate: Mapping[str, Any]) -> str:
    value, low, high = (f"{estimate[key]:+.3f}".replace("-", "−") for key in ("value", "low", "high"))
    return f"{value} [{low}, {high}]"


def _p(value: float) -> str:
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"
