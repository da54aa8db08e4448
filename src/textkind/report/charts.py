"""Interactive pictures for pages: Vega-Lite specifications as plain dicts, drawn by the page itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import accumulate
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from markupsafe import Markup

_LIBRARIES = ("vega", "vega-lite", "vega-embed")
_ROW = 20  # pixels of a label's row
_MOST = 0.995  # of the texts are in sight before one zooms out
_BAR, _PAD = 8, 8  # of a bar in it, and between the rows of two labels

Spec = dict[str, Any]


@dataclass(frozen=True)
class Picture:
    """One chart of a page.

    Attributes:
        name: of the file when it is saved.
        title: stands above it.
        caption: what it shows and how to use it; also what a screen reader says.
    """

    name: str
    title: str
    caption: str
    spec: Spec


@cache
def libraries() -> "Markup":
    """The scripts that draw the pictures, to stand inside a page."""
    from markupsafe import Markup

    folder = resources.files("textkind.report") / "vega"
    scripts = [(folder / f"{name}.min.js").read_text("utf-8") for name in _LIBRARIES]
    return Markup("\n").join(Markup("<script>{}</script>").format(Markup(script)) for script in scripts)  # noqa: S704 - our own files


def label_shares(counts: Mapping[str, Mapping[str, int]]) -> Spec:
    """Bars of each label's share of each split.

    Args:
        counts: split -> label -> rows.
    """
    rows = [
        {"label": label, "split": split, "rows": count, "share": count / max(1, sum(of_label.values()))}
        for split, of_label in counts.items()
        for label, count in of_label.items()
    ]
    labels = list(next(iter(counts.values())))
    return {
        **base(rows, height=_BAR * len(rows) + _PAD * len(labels)),
        "mark": {"type": "bar", "cornerRadiusEnd": 2},
        "encoding": {
            "y": {"field": "label", "type": "nominal", "sort": labels, "title": None},
            "yOffset": {"field": "split", "sort": list(counts)},
            "x": _share("share of rows"),
            "color": _by_split(list(counts)),
            "tooltip": _tooltip(["label", "split"], {"rows": ",", "share": ".1%"}),
        },
    }


def length_boxes(quantiles: Mapping[str, Mapping[str, float]], unit: str, limit: int | None = None) -> Spec:
    """A box plot for each label: shortest, quartiles and the 95 % mark of its texts.

    Args:
        quantiles: label -> see `textkind.data.lengths.QUANTILES`.
        unit: words or tokens.
        limit: of the encoder; drawn where texts come near it.
    """
    rows = [{"label": label, **values} for label, values in quantiles.items() if values]
    y = {"field": "label", "type": "nominal", "sort": list(quantiles), "title": None}
    x = {**_WHOLE, "title": f"{unit} per text, up to the 95 % mark"}
    told = _tooltip(["label"], dict.fromkeys(("min", "q25", "median", "q75", "p95", "max"), ",.0f"))
    common = {"y": y, "tooltip": told}
    layers: list[Spec] = [
        {"mark": {"type": "rule", "strokeWidth": 2, "opacity": 0.5},
         "encoding": {**common, "x": {"field": "min", **x}, "x2": {"field": "p95"}}},
        {"mark": {"type": "bar", "height": {"band": 0.62}, "opacity": 0.55},
         "encoding": {**common, "x": {"field": "q25", **x}, "x2": {"field": "q75"}}},
        {"mark": {"type": "tick", "thickness": 3, "height": {"band": 0.62}},
         "encoding": {**common, "x": {"field": "median", **x}}},
    ]  # fmt: skip
    furthest = max((values["p95"] for values in quantiles.values() if values), default=0.0)
    return {
        **base(rows, height=_ROW * len(rows)),
        "layer": layers + _limit_rule(limit, furthest),
    }


def length_histogram(lengths: Mapping[str, Any], limit: int | None = None) -> Spec:
    """Steps of how long the texts of each split are, as shares of its texts; zooms along the lengths.

    Args:
        lengths: `unit`, `width` of a bin, and `counts` by split.
        limit: of the encoder; drawn where texts come near it.
    """
    width, counts = lengths["width"], lengths["counts"]
    rows = []
    for split, bins in counts.items():
        total = max(1, sum(bins))
        rows += [
            {
                "split": split,
                "from": width * at,
                "to": width * (at + 1),
                "texts": count,
                "share": count / total,
            }
            for at, count in enumerate(bins)
        ]
    unit, bulk = lengths["unit"], _bulk(lengths)
    scale = {"domain": [0, bulk]}
    return {
        **base(rows, height=220),
        "layer": [
            {
                "mark": _STEPS,
                "params": [_ZOOM],
                "encoding": {
                    "x": {"field": "from", **_WHOLE, "title": f"{unit} per text", "scale": scale},
                    "y": _share("share of texts"),
                    "color": _by_split(list(counts)),
                    "tooltip": _tooltip(["split"], {"from": ",", "to": ",", "texts": ",", "share": ".2%"}),
                },
            },
            *_limit_rule(limit, bulk),
        ],
    }  # fmt: skip


_WHOLE: Spec = {"type": "quantitative", "axis": {"format": ",d", "tickMinStep": 1}}
_STEPS: Spec = {
    "type": "line",
    "interpolate": "step-after",
    "strokeWidth": 1.8,
    "clip": True,
    "point": {"opacity": 0, "size": 90},  # to be pointed at
}
# A page scrolls by the wheel, so that zooming asks for a key as well
_ZOOM: Spec = {
    "name": "zoom",
    "select": {"type": "interval", "encodings": ["x"], "zoom": "wheel![event.ctrlKey || event.metaKey]"},
    "bind": "scales",
}


def base(rows: Sequence[Mapping[str, Any]], *, height: object) -> Spec:
    """What every picture begins with: its rows, and the width of the page."""
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": "container",
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "data": {"values": list(rows)},
    }


def _bulk(lengths: Mapping[str, Any]) -> int:
    """The length that 99.5 % of the texts of each split do not pass; the rest is a zoom away."""
    ends = [
        next(at for at, seen in enumerate(accumulate(bins), 1) if seen >= _MOST * sum(bins))
        for bins in lengths["counts"].values()
        if any(bins)
    ]
    return lengths["width"] * max(ends, default=1)


def _share(title: str) -> Spec:
    return {"field": "share", "type": "quantitative", "axis": {"format": "%"}, "title": title}


def _by_split(splits: Sequence[str]) -> Spec:
    legend = {"orient": "top"}
    return {"field": "split", "type": "nominal", "sort": list(splits), "title": None, "legend": legend}


def _tooltip(names: Sequence[str], formats: Mapping[str, str]) -> list[Spec]:
    return [{"field": name, "type": "nominal"} for name in names] + [
        {"field": name, "type": "quantitative", "format": written} for name, written in formats.items()
    ]


def _limit_rule(limit: int | None, furthest: float) -> list[Spec]:
    """A dashed line at the limit, if it is not far to the right of everything."""
    if limit is None or limit > 1.5 * furthest:
        return []
    tip = [{"field": "limit", "type": "quantitative", "title": "the encoder cuts at"}]
    return [
        {
            "data": {"values": [{"limit": limit}]},
            "mark": {"type": "rule", "strokeDash": [4, 3], "color": "#c2410c", "strokeWidth": 2},
            "encoding": {"x": {"field": "limit", "type": "quantitative"}, "tooltip": tip},
        }
    ]
