"""Wrong labels of noisy_ag_news: ranked better than by cleanlab? Is reviewing the first of them worth it? How
many are there, as far as a random sample tells?

    python benchmarks/label_errors.py DATA [METHOD ...]

DATA holds the folder noisy_ag_news, whose training labels are crowd votes and whose column true_label is the
reference: it stands in for the reviewer. The ranking sees the votes alone. Test accuracy is of the method
fitted anew on the repaired training rows; figures of random review are the mean of ten draws.
"""

import sys
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
from textkind.steps.errors import errors
from textkind.steps.train import run_data

REVIEWED, RANDOM, DRAWS = 2000, 6000, 10
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


def measure(method, folder, out):
    recipe = Recipe.build(
        {"data": {"source": str(folder), "text": "text", "label": "label"}, "method": {"name": method}}
    )
    run, _ = train(recipe, out)
    found = errors(run, rows=0)
    judged, names, true = found.judged, run.labels.names, reference(folder)
    truth = [true[text, names[target]] for text, target in zip(judged.texts, judged.targets, strict=True)]
    wrong = np.array([names[target] for target in judged.targets]) != np.array(truth)
    print(f"\n{method}: {wrong.sum():,} of {len(wrong):,} labels are wrong")
    print("| ranking | average precision | wrong among the first 2,000 |")
    print("|---|---|---|")
    order = np.argsort(-found.queue.scores, kind="stable")
    precision = average_precision_score(wrong, found.queue.scores)
    print(f"| textkind | {precision:.3f} | {wrong[order[:REVIEWED]].sum():,} |")
    for name, proba in (("the method", judged.proba), ("method and TF-IDF", found.together.proba)):
        scores = get_label_quality_scores(judged.targets, proba)
        hits = wrong[np.argsort(scores, kind="stable")[:REVIEWED]].sum()
        print(f"| cleanlab's default, {name} | {average_precision_score(wrong, -scores):.3f} | {hits:,} |")
    rates(judged, truth, order)
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


def main():
    folder = Path(sys.argv[1]) / "noisy_ag_news"
    for method in sys.argv[2:] or ("tfidf", "features"):
        with tempfile.TemporaryDirectory() as temporary:
            measure(method, folder, Path(temporary) / "run")


if __name__ == "__main__":
    main()
