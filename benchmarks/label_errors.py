"""Wrong labels: ranked better than by cleanlab? Is reviewing the first of them worth it? And how many are
there, as far as a random sample tells?

    python benchmarks/label_errors.py DATA [METHOD ...] [--planted]

DATA holds the folder noisy_ag_news, whose training labels are crowd votes and whose column true_label is the
reference: it stands in for the reviewer. The ranking sees the votes alone. Test accuracy is of the method
fitted anew on the repaired training rows; figures of random review are the mean of ten draws.

With --planted the ranking alone is measured, on the folders emotion, banking77 and movie_polarity2: a tenth
of the training labels is changed in three ways (to any other label; to the label that its own is most often
taken for; of the rows that a model is least sure of, to that model's answer). A text that has two labels
in the data is right with either.
"""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
from cleanlab.rank import get_label_quality_scores
from pyarrow import parquet
from sklearn.metrics import average_precision_score

from textkind import Recipe, train
from textkind.classifiers import catalog
from textkind.data.corrections import Correction, apply
from textkind.data.random_order import random_order
from textkind.encoders.cache import feature_folder
from textkind.mistakes.noise_rate import noise_rate
from textkind.steps.errors import error_analysis
from textkind.steps.train import run_data

REVIEWED, RANDOM, DRAWS = 2000, 6000, 10
PLANTED, SHARE = ("emotion", "banking77", "movie_polarity2"), 0.1
SAMPLES = (100, 200, 300, 400)


def reference(folder):
    """(text, label as voted) -> the true label."""
    table = parquet.read_table(folder / "train.parquet", columns=["text", "label", "true_label"]).to_pydict()
    return dict(zip(zip(table["text"], table["label"], strict=True), table["true_label"], strict=True))


def accuracy(run, dataset):
    """Of the Run's method, fitted on the data set's train, on its test: the benchmark's, so not counted."""
    split, test = dataset.split("train"), dataset.audited_splits()["test"]
    method = catalog.build(
        run.method,
        run.recipe.method_settings(),
        labels=dataset.labels.names,
        seed=0,
        cache=str(feature_folder()),
    )
    method.fit(split.texts, np.array(dataset.labels.name(split.targets)))
    return (method.predict(test.texts) == np.array(dataset.labels.name(test.targets))).mean()


def rates(judged, truth, order):
    """Print the rate of wrong labels by a random sample, with the queue's first rows reviewed besides."""
    names, places = judged.labels.name(judged.targets), judged.places
    decisions = [
        Correction(*place, "", label, *(("keep", None) if label == true else ("relabel", true)))
        for place, label, true in zip(places, names, truth, strict=True)
    ]
    drawn = random_order(places, judged.texts)
    print("\n| sample | rate of wrong labels |")
    print("|---|---|")
    for rows in SAMPLES:
        reviewed = {*drawn[:rows].tolist(), *order[:REVIEWED].tolist()}
        found = noise_rate([places[row] for row in drawn], [decisions[row] for row in reviewed]).estimate
        print(f"| {found.n} | {found.value:.3f} [{found.low:.3f}, {found.high:.3f}] |")


def analysed(method, folder, out):
    """A Run on a folder of data, and its error analysis."""
    recipe = Recipe.build(
        {"data": {"source": str(folder), "text": "text", "label": "label"}, "method": {"name": method}}
    )
    run, _ = train(recipe, out)
    return run, error_analysis(run, rows=0)


def precisions(found, wrong):
    """Average precision, and hits among the first, of textkind and of cleanlab on the method and the mean."""
    judged = found.judged
    scores = [found.queue.scores]
    for proba in (judged.proba, found.together.proba):
        scores.append(-get_label_quality_scores(judged.targets, proba))
    hits = [wrong[np.argsort(-one, kind="stable")[:REVIEWED]].sum() for one in scores]
    return [average_precision_score(wrong, one) for one in scores], hits


def measure(method, folder, out):
    run, found = analysed(method, folder, out)
    judged, names, true = found.judged, run.labels.names, reference(folder)
    truth = [true[text, names[target]] for text, target in zip(judged.texts, judged.targets, strict=True)]
    wrong = np.array([names[target] for target in judged.targets]) != np.array(truth)
    print(f"\n{method}: {wrong.sum():,} of {len(wrong):,} labels are wrong")
    print("| ranking | average precision | wrong among the first 2,000 |")
    print("|---|---|---|")
    ways = ("textkind", "cleanlab's default, the method", "cleanlab's default, method and TF-IDF")
    for name, precision, hits in zip(ways, *precisions(found, wrong), strict=True):
        print(f"| {name} | {precision:.3f} | {hits:,} |")
    rates(judged, truth, found.queue.order)
    dataset = run_data(run)

    def repaired(numbers):
        items = [judged.row(int(number)) | {"to": truth[number]} for number in numbers if wrong[number]]
        return apply(
            dataset,
            [
                Correction(one["split"], one["row"], one["id"], one["label"], "relabel", one["to"])
                for one in items
            ],
        )

    rng = np.random.default_rng(0)
    draws = [accuracy(run, repaired(rng.permutation(len(wrong))[:RANDOM])) for _ in range(DRAWS)]
    print("\n| reviewed | test accuracy |")
    print("|---|---|")
    print(f"| nothing | {accuracy(run, dataset):.4f} |")
    print(f"| the queue's first {REVIEWED:,} | {accuracy(run, repaired(found.queue.order[:REVIEWED])):.4f} |")
    print(f"| {RANDOM:,} at random | {np.mean(draws):.4f} ± {np.std(draws, ddof=1):.4f} |")
    print(f"| all {len(wrong):,} | {accuracy(run, repaired(range(len(wrong)))):.4f} |", flush=True)


def planted(labels, proba, kind):
    """Labels (n,) as numbers, `SHARE` of them changed in one way; `proba` (n, k) out of fold."""
    rng, k = np.random.default_rng(0), proba.shape[1]
    count, changed = round(SHARE * len(labels)), labels.copy()
    others = np.where(np.eye(k, dtype=bool)[labels], -1, proba)  # without the label itself
    if kind == "hard rows":
        rows = np.argsort(proba[np.arange(len(labels)), labels])[:count]
        changed[rows] = others[rows].argmax(axis=1)
        return changed
    rows = rng.permutation(len(labels))[:count]
    if kind == "any":
        changed[rows] = (labels[rows] + rng.integers(1, k, count)) % k
    else:
        rival = np.array([others[labels == label].mean(axis=0).argmax() for label in range(k)])
        changed[rows] = rival[labels[rows]]
    return changed


def measure_planted(method, folder, temporary):
    """Average precision on a data set with planted wrong labels, a line for each way of planting."""
    _, clean = analysed("features", folder, temporary / "clean")
    train_rows = [row for row, (split, _) in enumerate(clean.judged.places) if split == "train"]
    texts = [clean.judged.texts[row] for row in train_rows]
    labels, names = clean.judged.targets[train_rows], clean.judged.labels.names
    for kind in ("any", "rival", "hard rows"):
        changed, data = planted(labels, clean.judged.proba[train_rows], kind), temporary / kind
        data.mkdir()
        rows = zip(texts, changed, strict=True)
        lines = (json.dumps({"text": text, "label": names[label]}) for text, label in rows)
        (data / "train.jsonl").write_text("\n".join(lines))
        _, found = analysed(method, data, temporary / f"{kind} run")
        true = {}
        for text, label in zip(texts, labels, strict=True):
            true.setdefault(text, set()).add(names[label])
        given = [found.judged.labels.names[target] for target in found.judged.targets]
        rows = zip(found.judged.texts, given, strict=True)
        wrong = np.array([label not in true[text] for text, label in rows])
        figures = " | ".join(f"{precision:.3f}" for precision in precisions(found, wrong)[0])
        print(f"| {folder.name} | {method} | {kind} | {wrong.mean():.1%} | {figures} |", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("methods", nargs="*", default=["tfidf", "features"])
    parser.add_argument("--planted", action="store_true")
    options = parser.parse_args()
    if options.planted:
        print("| data | method | planted | wrong | textkind | cleanlab | cleanlab, with TF-IDF |")
        print("|---|---|---|---|---|---|---|")
    for method in options.methods:
        for name in PLANTED if options.planted else ("noisy_ag_news",):
            with tempfile.TemporaryDirectory() as temporary:
                if options.planted:
                    measure_planted(method, options.data / name, Path(temporary))
                else:
                    measure(method, options.data / name, Path(temporary) / "run")


if __name__ == "__main__":
    main()
