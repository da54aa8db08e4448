"""Render the map of a Run's features as one HTML page that opens without a network."""

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from textkind.report.charts import Picture, Spec, libraries
from textkind.report.page import template

COLOURED = 8  # labels that differ in colour; with more, the reader chooses two
_GRID = 32  # cells of a density panel along either axis
_DEPTHS = 5  # of its colour
_GREY, _FIRST, _SECOND = "#8b8b93", "#2f88d8", "#e08a00"  # on either paper, and told apart by anyone
_COLUMNS = ("split", "row", "x", "y", "label", "true", "predicted", "wrong", "text")
_USE = (
    "Hold Ctrl or Command and turn the wheel to zoom, drag to move, double-click to go back. Small dots are "
    "training rows, diamonds validation rows; a cross marks a validation row that was answered wrongly. "
    "Point at one to read it."
)


def render_map(document: Mapping[str, Any]) -> str:
    """Return a complete HTML document of what `textkind map --json` prints; all texts are escaped."""
    return template("map_page.html.j2").render(**context(document), libraries=libraries())


def context(document: Mapping[str, Any]) -> dict[str, Any]:
    """What the parts of the page about the map read."""
    labels, points = document["labels"], document["points"]
    many = len(labels) > COLOURED
    how = "Choose two labels below it." if many else "A click in the legend keeps one label, Shift adds more."
    return {
        "map": document,
        "map_picture": Picture("map", "The map", f"{_USE} {how}", scatter(document)),
        "panels": densities(points, labels),
        "everyone": _path(_cells(points)),
        "grid": _GRID,
        "depths": _DEPTHS,
        "map_rows": Counter(point["split"] for point in points),
        "map_wrong": sum(_missed(point) for point in points),
    }


def scatter(document: Mapping[str, Any]) -> Spec:
    """The points as a Vega-Lite picture on a canvas, which stays fluent with 20,000 of them."""
    points, labels = document["points"], document["labels"]
    many = len(labels) > COLOURED
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "usermeta": {"renderer": "canvas"},
        "width": "container",
        "height": 520,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "data": {"values": _table(points), "format": {"type": "csv", "parse": _PARSE}},
        "transform": [{"filter": _SHOWN}],
        "params": [*_CHOICES, *(_pair_choice(points, labels) if many else [])],
        "layer": [*(_two_labels() if many else [_every_label(labels)]), _crosses(many)],
    }


_PARSE = {"row": "number", "x": "number", "y": "number", "wrong": "number"}
_SHOWN = (
    "(show === 'all' || show === datum.split || (show === 'wrong' && datum.wrong === 1 && "
    "datum.split === 'validation')) && (!find || indexof(lower(datum.text), lower(find)) >= 0)"
)
_CHOICES: list[Spec] = [
    {
        "name": "show",
        "value": "all",
        "bind": {
            "input": "select",
            "options": ["all", "train", "validation", "wrong"],
            "labels": ["all rows", "train", "validation", "wrong answers in validation"],
            "name": "show ",
        },
    },
    {
        "name": "find",
        "value": "",
        "bind": {"input": "search", "debounce": 300, "name": "texts with ", "placeholder": "a word"},
    },
]
_ZOOM: Spec = {
    "name": "zoom",
    "select": {"type": "interval", "zoom": "wheel![event.ctrlKey || event.metaKey]"},
    "bind": "scales",
}
_AXIS: Spec = {"type": "quantitative", "axis": None, "scale": {"domain": [-0.02, 1.02], "zero": False}}
_PLACE: Spec = {"x": {"field": "x", **_AXIS}, "y": {"field": "y", **_AXIS}}
_TOLD: list[Spec] = [
    {"field": "text", "type": "nominal"},
    {"field": "true", "type": "nominal", "title": "label"},
    {"field": "predicted", "type": "nominal", "title": "answered"},
    {"field": "split", "type": "nominal"},
    {"field": "row", "type": "quantitative", "format": "d"},
]
_POINT: Spec = {"type": "point", "filled": True, "clip": True}
_MARKS: Spec = {
    "shape": {"condition": {"test": "datum.split === 'train'", "value": "circle"}, "value": "diamond"},
    "size": {"condition": {"test": "datum.split === 'train'", "value": 16}, "value": 46},
    "tooltip": _TOLD,
}


def _every_label(labels: Sequence[str]) -> Spec:
    picked = {"name": "picked", "select": {"type": "point", "fields": ["label"]}, "bind": "legend"}
    legend = {"orient": "top", "columns": 3, "labelLimit": 110, "symbolType": "circle", "symbolOpacity": 1}
    return {
        "mark": _POINT,
        "params": [_ZOOM, picked],
        "encoding": {
            **_PLACE,
            **_MARKS,
            "color": {
                "field": "label",
                "type": "nominal",
                "scale": {"domain": list(labels)},
                "title": None,
                "legend": legend,
            },
            "opacity": {"condition": {"param": "picked", "value": 0.65}, "value": 0.04},
        },
    }


def _two_labels() -> list[Spec]:
    colour = {"condition": {"test": "datum.label === one", "value": _FIRST}, "value": _SECOND}
    chosen = "datum.label === one || datum.label === other"
    return [
        {
            "mark": {**_POINT, "color": _GREY, "opacity": 0.3},
            "params": [_ZOOM],
            "encoding": {**_PLACE, **_MARKS},
        },
        {
            "transform": [{"filter": chosen}],
            "mark": {**_POINT, "opacity": 0.85},
            "encoding": {**_PLACE, **_MARKS, "color": colour},
        },
    ]


def _crosses(many: bool) -> Spec:
    """Marks of validation rows that were answered wrongly."""
    missed = "datum.wrong === 1 && datum.split === 'validation'"
    chosen = " && (datum.label === one || datum.label === other)" if many else ""
    seen: Spec = {} if many else {"opacity": {"condition": {"param": "picked", "value": 0.9}, "value": 0.04}}
    return {
        "transform": [{"filter": missed + chosen}],
        "mark": {
            "type": "point",
            "shape": "M-1,-1L1,1M-1,1L1,-1",
            "style": "ink",
            "size": 34,
            "strokeWidth": 1.2,
            "clip": True,
        },
        "encoding": {**_PLACE, **seen, "tooltip": _TOLD},
    }


def _pair_choice(points: Sequence[Mapping], labels: Sequence[str]) -> list[Spec]:
    """Two menus of labels that begin with the pair that validation confuses most."""
    pairs = Counter(
        tuple(sorted((point["label"], point["predicted"])))
        for point in points
        if _missed(point) and point["predicted"] in labels
    )
    first, second = min(pairs, key=lambda pair: (-pairs[pair], pair)) if pairs else labels[:2]
    chosen = {"one": (first, "blue "), "other": (second, "orange ")}
    return [
        {"name": name, "value": value, "bind": {"input": "select", "options": list(labels), "name": colour}}
        for name, (value, colour) in chosen.items()
    ]


def densities(points: Sequence[Mapping[str, Any]], labels: Sequence[str]) -> list[dict]:
    """One panel per label: its rows, and for each depth of colour the cells that have it.

    Cells are counted on one grid over [0, 1] x [0, 1]; a panel is scaled by its own fullest cell.

    Returns:
        `label`, `rows`, `most` (rows in the fullest cell), and `paths`: SVG path data by depth.
    """
    panels = []
    for label in labels:
        cells = _cells([point for point in points if point["label"] == label])
        most = max(cells.values(), default=0)
        paths = [
            _path({cell for cell, count in cells.items() if -(-count * _DEPTHS // most) == depth})
            for depth in range(1, _DEPTHS + 1)
        ]
        panels.append({"label": label, "rows": sum(cells.values()), "most": most, "paths": paths})
    return panels


def _cells(points: Sequence[Mapping[str, Any]]) -> Counter:
    last = _GRID - 1
    return Counter(
        (min(last, int(point["x"] * _GRID)), last - min(last, int(point["y"] * _GRID))) for point in points
    )


def _path(cells: Any) -> str:
    return "".join(f"M{column} {line}h1v1h-1z" for column, line in sorted(cells))


def _missed(point: Mapping[str, Any]) -> bool:
    return point["wrong"] and point["split"] == "validation"


def _table(points: Sequence[Mapping[str, Any]]) -> str:
    """The points as CSV, a third of the same in JSON."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for point in points:
        cells = {**point, "wrong": int(point["wrong"])}
        for key in ("true", "predicted"):
            cells[key] = ", ".join(point[key]) if isinstance(point[key], list) else point[key]
        writer.writerow([cells[column] for column in _COLUMNS])
    return out.getvalue()
