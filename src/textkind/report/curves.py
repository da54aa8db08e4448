"""The curves of a training: losses, and figures on the validation rows."""

from collections.abc import Mapping, Sequence
from typing import Any

from textkind.report.charts import Picture, Spec, base

_KEPT = "#c2410c"


def training_pictures(training: Mapping[str, Any] | None) -> list[Picture]:
    """Two pictures of `History.to_dict()`; none for a method without steps."""
    if not training or not training["evaluations"]:
        return []
    kept = training["evaluations"][training["best"]]
    told = f"The dashed line marks the weights that were kept, after epoch {kept['epoch']:.3g}."
    return [
        Picture(
            "loss",
            "Training and validation loss",
            f"Where the validation loss rises while the other falls, rows are learned by heart. {told}",
            _curves(_losses(training), "loss", kept["step"]),
        ),
        Picture(
            "figures",
            "Accuracy and macro F1 on the validation rows",
            told,
            _curves(_figures(training["evaluations"]), "figure", kept["step"]),
        ),
    ]


def _losses(training: Mapping[str, Any]) -> list[dict]:
    rows = [{"curve": "training", "step": step, "value": loss} for step, loss in training["steps"]]
    validation = (
        {"curve": "validation", "step": one["step"], "value": one["loss"]} for one in training["evaluations"]
    )
    return [*rows, *validation]


def _figures(evaluations: Sequence[Mapping[str, Any]]) -> list[dict]:
    return [
        {"curve": name, "step": one["step"], "epoch": one["epoch"], "value": one[key]}
        for name, key in (("accuracy", "accuracy"), ("macro F1", "macro_f1"))
        for one in evaluations
    ]


def _curves(rows: Sequence[Mapping[str, Any]], title: str, kept: int) -> Spec:
    step = {"type": "quantitative", "title": "step", "axis": {"format": ",d", "tickMinStep": 1}}
    names = list(dict.fromkeys(row["curve"] for row in rows))
    return {
        **base(rows, height=220),
        "layer": [
            {
                "mark": {"type": "line", "strokeWidth": 2, "point": {"size": 40}},
                "encoding": {
                    "x": {"field": "step", **step},
                    "y": {"field": "value", "type": "quantitative", "title": title, "scale": {"zero": False}},
                    "color": {
                        "field": "curve", "type": "nominal", "sort": names, "title": None,
                        "legend": {"orient": "top"},
                    },
                    "tooltip": [
                        {"field": "curve", "type": "nominal"},
                        {"field": "step", "type": "quantitative", "format": ","},
                        {"field": "value", "type": "quantitative", "format": ".3f", "title": title},
                    ],
                },
            },
            {
                "data": {"values": [{"step": kept}]},
                "mark": {"type": "rule", "strokeDash": [4, 3], "color": _KEPT, "strokeWidth": 2},
                "encoding": {
                    "x": {"field": "step", "type": "quantitative"},
                    "tooltip": [{"field": "step", "type": "quantitative", "title": "kept: step"}],
                },
            },
        ],
    }  # fmt: skip
