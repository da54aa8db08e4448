"""What the tests of the pages put on them."""

import numpy as np

from textkind import Dataset, LabelSet, Report
from textkind.data.checks import findings
from textkind.data.exploration import Exploration

HOSTILE = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}", "plain")
ABOUT = {
    "title": "run <b>1</b>",
    "created": "2026-11-21T05:00:00+00:00",
    "textkind": "0.1.0",
    "data": {
        "source": "<i>data</i>.csv",
        "columns": {"text": "text", "text_pair": None, "label": "label"},
        "licence": None,
        "notes": ["dropped <u>2</u> rows"],
        "splits": {"train": 6380, "validation": 719},
        "fingerprint": "abc",
    },
    "truncation_sentence": "None of the texts is cut.",
    "test_openings": 2,
    "recipe": 'source = "</pre><script>"',
    "environment": {"python": "3.11", "odd": "</script>"},
}


def report(names=("a", "b", "c"), *, multi_label=False, split="validation", n=90):
    k = len(names)
    rng = np.random.default_rng(0)
    proba = rng.dirichlet(np.ones(k), n)
    targets = rng.integers(0, 2, (n, k)) if multi_label else rng.integers(0, max(2, k - 1), n)
    baselines = {"majority": np.roll(proba, 1, axis=1), "tfidf": proba[::-1]}
    texts = [f"t{row}" for row in range(n)]
    labels = LabelSet(names, multi_label)
    return Report(
        texts, targets, proba, labels, method="features", split=split, baselines=baselines
    ).to_dict()


def explored(names, texts):
    splits = {"train": (texts, [names[number % len(names)] for number in range(len(texts))])}
    exploration = Exploration(Dataset.of({**splits, "test": splits["train"]}))
    return {**exploration.to_dict(), "findings": [finding.to_dict() for finding in findings(exploration)]}


def mapped(names, n=40):
    """A map of n rows in each split; every tenth validation row is answered wrongly."""
    rng = np.random.default_rng(0)
    points = [
        {
            "split": split, "row": row, "x": float(rng.random()), "y": float(rng.random()),
            "label": names[row % len(names)], "true": names[row % len(names)],
            "predicted": names[(row + (row % 10 == 0)) % len(names)], "wrong": row % 10 == 0,
            "text": f"{names[row % len(names)]} text {row}",
        }
        for split in ("train", "validation") for row in range(n)
    ]  # fmt: skip
    near = {"neighbours": 4, "n": n, "map": 0.5, "features": 0.6}
    return {
        "run": "a run", "projection": "umap", "share_of_variance": None, "labels": list(names),
        "multi_label": False, "neighbour_agreement": near, "points": points,
    }  # fmt: skip
