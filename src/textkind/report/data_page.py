"""Render an exploration as one HTML page that opens without a network."""

from collections.abc import Mapping
from typing import Any

from textkind.report.charts import Picture, label_shares, length_boxes, length_histogram, libraries
from textkind.report.page import template

_ZOOMING = "Hold Ctrl or Command and turn the wheel to zoom, drag to move, double-click to go back."


def render_data(document: Mapping[str, Any]) -> str:
    """Return a complete HTML document of what `textkind explore --json` prints; all texts are escaped."""
    return template("data_page.html.j2").render(**context(document), libraries=libraries())


def context(document: Mapping[str, Any]) -> dict[str, Any]:
    """What the parts of the page about data read."""
    longest = max((words["p95"] for words in document["words"].values() if words), default=1.0)
    return {"data": document, "longest": max(1.0, longest), "data_pictures": _pictures(document)}


def _pictures(document: Mapping[str, Any]) -> list[Picture]:
    unit, limit = document["lengths"]["unit"], document["token_limit"]
    return [
        Picture(
            "labels",
            "Labels",
            "Share of each label in each split; a table below has the numbers. The ⋯ menu saves a picture.",
            label_shares(document["label_counts"]),
        ),
        Picture(
            "lengths",
            f"How long the texts are, in {unit}",
            f"Share of the texts of each split. {_ZOOMING}",
            length_histogram(document["lengths"], limit),
        ),
        Picture(
            "lengths-by-label",
            f"{unit.capitalize()} per text by label",
            "The box holds the middle half of the texts; the line ends at the shortest and at the 95 % mark.",
            length_boxes(document["tokens"] or document["words"], unit, limit),
        ),
    ]
