"""The figure that checkpoints and settings are chosen by is the one that a Report shows."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from textkind import Cnn, LabelSet, NetworkClassifier, Report, Training
from textkind.report.metrics import measure
from textkind.scores import macro_f1


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("rows", [1, 3, 40])
def test_macro_f1_is_that_of_a_report(seed, rows):
    """With few rows, some labels are neither true nor answered."""
    rng = np.random.default_rng(seed)
    targets, answers = rng.integers(0, 5, (2, rows))
    columns = np.arange(5)
    shown = measure(targets[:, None] == columns, answers[:, None] == columns)
    assert macro_f1(targets, answers) == pytest.approx(shown.macro_f1.value)
    assert macro_f1(targets, answers) == pytest.approx(f1_score(targets, answers, average="macro"))
    several = rng.random((2, rows, 5)) < 0.2
    shown = measure(*several)
    assert macro_f1(*several.astype(int)) == pytest.approx(shown.macro_f1.value)


def test_nothing_true_and_nothing_answered():
    nothing = np.zeros((2, 3), bool)
    assert macro_f1(nothing, nothing) == measure(nothing, nothing).macro_f1.value == 0


def test_network_is_watched_by_the_figure_of_the_report():
    """The rows to watch lack a label, which must not count as one that is answered wrongly."""
    pytest.importorskip("transformers")
    labels = LabelSet(("anger", "joy", "sadness"), multi_label=True)
    texts = ["what a joy", "so sad", "so angry", "sad joy"]
    targets = labels.ids([["joy"], ["sadness"], ["anger"], ["joy", "sadness"]])
    training = Training(epochs=25, batch_size=4, learning_rate=0.03, patience=0, precision="exact")
    found = NetworkClassifier(Cnn(min_count=1, filters=4), training, labels=labels.names)
    watched = [texts[row] for row in (0, 1, 3)], targets[[0, 1, 3]]
    found.fit(texts * 4, np.tile(targets, (4, 1)), X_val=watched[0], y_val=watched[1])
    proba = found.predict_proba(watched[0])
    report = Report(*watched, proba, labels, method="cnn", split="validation")
    best = found.history_.evaluations[found.history_.best]
    assert best.macro_f1 == pytest.approx(report.metrics.macro_f1.value)
    assert best.macro_f1 == 1
