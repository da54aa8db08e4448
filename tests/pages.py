"""What the tests of the pages put on them."""

import numpy as np

from textkind import Dataset, LabelSet, Report
from textkind.data.checks import findings
from textkind.data.exploration import Exploration
from textkind.report.joined_page import render_joined

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


def estimate(value, n=80):
    return {"value": value, "low": value * 0.9, "high": min(1.0, value * 1.1), "n": n}


def mistaken(names, n=12):
    """What `textkind errors --json` prints; every text and value is a name."""

    def row(number):
        label, answered = (names[(number + step) % len(names)] for step in (0, 1))
        return {"split": "train", "row": number, "id": f"id{number}", "text": f"{label} text {number}",
                "label": label, "answered": answered, "confidence": 0.9, "loss": 2.3}  # fmt: skip

    def queued(number):
        one = row(number)
        first, rest = len(one["label"]), len(one["text"])
        words = [{"text": one["label"], "side": 0, "start": 0, "end": first, "weight": 1.9},
                 {"text": "text", "side": 0, "start": first + 1, "end": rest, "weight": -1.2},
                 {"text": "cut", "side": 0, "start": rest + 5, "end": rest + 8, "weight": 1.0}]  # fmt: skip
        return {**one, "suggested": one["answered"], "score": 0.4, "gain": 1.0, "reasons": [f"doubt {names[0]}"],
                "words": words}  # fmt: skip

    rows = [row(number) for number in range(n)]
    places = [{key: one[key] for key in ("split", "row", "text", "label")} for one in rows[:2]]
    sealed = {"split": "test", "row": 7, "text": "a sealed text", "label": None}
    tested = {"value": names[0], "p_value": 0.0001, "elsewhere": estimate(0.9)}
    return {
        "run": "a run", "method": "features", "n": 80, "splits": {"train": 60, "validation": 20},
        "accuracy": estimate(0.8),
        "wrong_labels": {"rate": estimate(0.05), "labels": list(names[:2]), "joint": [[0.5, 0.1], [0.0, 0.4]]},
        "queue": [queued(number) for number in range(n)],
        "ranking": {"highest_loss": rows, "lowest_loss": rows, "confident_mistakes": 40, "unsure_mistakes": 50,
                    "confident": rows, "unsure": rows},
        "confusions": [{"label": names[0], "answered": names[1], "rows": 9, "share": estimate(0.2),
                        "examples": rows[:3]}],
        "disagreements": {"equal": 3, "near": 4, "examples": [
            {"similarity": 1.0, "rows": [*places, sealed]}, {"similarity": 0.93, "rows": [*places, sealed]},
            {"similarity": 1.0, "rows": [sealed, sealed]}]},
        "slices": [{**tested, "column": "label", "accuracy": estimate(0.5), "worse": worse}
                   for worse in (True, False)],
        "shortcuts": [{**tested, "kind": "word", "about": "answer", "label": names[1], "rows": 30,
                       "share": estimate(0.7)}],
    }  # fmt: skip


TRAINING = {
    "evaluations": [
        {"step": step, "epoch": 1.0, "training_loss": 0.4, "loss": 0.5, "accuracy": 0.8, "macro_f1": 0.7}
        for step in (10, 20)
    ],
    "steps": [[step, 1 / step] for step in range(1, 20)],
    "best": 1, "findings": [], "sentence": "Trained for 2 epochs.",
}  # fmt: skip


def joined(names=("joy", "anger"), *, feature_map=True, training=None):
    """The page that joins all of them."""
    texts = [f"{names[number % len(names)]} words {number}" for number in range(40)]
    return render_joined(
        report(names),
        {**ABOUT, "training": training},
        data=explored(names, texts),
        feature_map=mapped(names) if feature_map else None,
        errors=mistaken(names),
    )
