"""Render all that is known of a Run as one HTML page: figures, data, curves, map and errors."""

from collections.abc import Mapping
from typing import Any

from textkind.report import data_page, error_section, map_page, page
from textkind.report.charts import libraries


def render_joined(
    metrics: Mapping[str, Any],
    about: Mapping[str, Any],
    *,
    data: Mapping[str, Any],
    feature_map: Mapping[str, Any] | None,
    errors: Mapping[str, Any],
) -> str:
    """Return a complete HTML document of the parts of the single pages; all texts are escaped.

    Args:
        metrics, about: as for `textkind.report.page.render`.
        data: as for `textkind.report.data_page.render_data`.
        feature_map: as for `textkind.report.map_page.render_map`; None: the method has no features.
        errors: what `textkind errors --json` prints.
    """
    parts: dict[str, Any] = {
        **page.context(metrics, about),
        **data_page.context(data),
        **error_section.context(errors),
        "map": None,
    }
    if feature_map:
        parts |= map_page.context(feature_map)
    return page.template("joined_page.html.j2").render(
        **parts, sections=sections(metrics, about, feature_map), libraries=libraries()
    )


def sections(
    metrics: Mapping[str, Any], about: Mapping[str, Any], feature_map: Mapping[str, Any] | None
) -> dict[str, str]:
    """The sections that the page has: anchor -> name; the arguments are those of `render_joined`."""
    there = {
        "training": bool(page.training_pictures(about.get("training"))),
        "confusion": metrics["confusion"] is not None,
        "map": feature_map is not None,
    }
    names = ("Overview", "Data", "Training", "Labels", "Confusion", "Calibration", "Map", "Errors", "Method")
    return {name.lower(): name for name in names if there.get(name.lower(), True)}
