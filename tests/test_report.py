"""Report: figures against scikit-learn's, intervals against their promise, checks that fire or not."""

import json

import numpy as np
import pytest
from pyarrow import parquet
from scipy.stats import binom, bootstrap
from sklearn import metrics as reference

from textkind import LabelSet, Report
from textkind.errors import DataError
from textkind.report.checks import CHECKS
from textkind.report.comparison import compare
from textkind.report.intervals import Outcomes, percentile, wilson
from textkind.report.metrics import measure

LABELS = LabelSet(("a", "b", "c"))


def onehot(ids, k=3):
    return np.asarray(ids)[:, None] == np.arange(k)


def draw(seed=0, n=300, right=0.7):
    """True labels and answers that are right now and then."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(3, n, p=[0.6, 0.3, 0.1])
    return truth, np.where(rng.random(n) < right, truth, rng.integers(0, 3, n))


def proba_of(answers, k=3, sure=0.8):
    return np.where(onehot(answers, k), sure, (1 - sure) / (k - 1))


def report(truth, answers, **changes):
    baselines = {"majority": proba_of(np.zeros_like(answers)), "tfidf": proba_of(np.zeros_like(answers))}
    settings = {"method": "features", "split": "validation", "baselines": baselines} | changes
    return Report([f"t{row}" for row in range(len(truth))], truth, proba_of(answers), LABELS, **settings)


def test_figures_equal_scikit_learn():
    truth, answers = draw()
    found = measure(onehot(truth), onehot(answers))
    assert found.accuracy.value == reference.accuracy_score(truth, answers)
    assert found.macro_f1.value == pytest.approx(reference.f1_score(truth, answers, average="macro"))
    assert found.weighted_f1.value == pytest.approx(reference.f1_score(truth, answers, average="weighted"))
    table = reference.precision_recall_fscore_support(truth, answers)
    for label, (precision, recall, f1, support) in enumerate(zip(*table, strict=True)):
        figures = found.per_class[label]
        assert figures.precision.value == pytest.approx(precision)
        assert figures.recall.value == pytest.approx(recall)
        assert figures.f1.value == pytest.approx(f1)
        assert figures.support == support
    np.testing.assert_array_equal(
        report(truth, answers).confusion, reference.confusion_matrix(truth, answers)
    )


def test_figures_of_several_labels_equal_scikit_learn():
    rng = np.random.default_rng(0)
    truth = rng.random((200, 4)) < 0.3
    answers = truth ^ (rng.random((200, 4)) < 0.2)
    found = measure(truth, answers)
    assert found.accuracy.value == reference.accuracy_score(truth, answers)
    assert found.macro_f1.value == pytest.approx(reference.f1_score(truth, answers, average="macro"))
    assert found.weighted_f1.value == pytest.approx(reference.f1_score(truth, answers, average="weighted"))


def test_label_without_rows_has_no_figures():
    found = measure(onehot([0, 1, 1]), onehot([0, 1, 0]))
    assert found.per_class[2].f1.value is None
    assert found.per_class[2].recall.low is None
    assert found.macro_f1.value == pytest.approx(reference.f1_score([0, 1, 1], [0, 1, 0], average="macro"))


def test_bootstrap_interval_equals_scipys():
    truth, answers = draw(n=200)

    def macro(truth, answers, axis=-1):
        return reference.f1_score(truth, answers, average="macro")

    settings = {"paired": True, "vectorized": False, "method": "percentile", "n_resamples": 1000, "rng": 0}
    expected = bootstrap((truth, answers), macro, **settings).confidence_interval
    found = measure(onehot(truth), onehot(answers)).macro_f1
    assert found.low == pytest.approx(expected.low, abs=0.01)
    assert found.high == pytest.approx(expected.high, abs=0.01)


def test_wilson_interval_covers_what_it_promises():
    """Over all outcomes of 100 rows with a true share of 0.9 the interval holds it about 95 % of the time."""
    covered = sum(
        binom.pmf(hits, 100, 0.9)
        for hits in range(101)
        if wilson(hits, 100).low <= 0.9 <= wilson(hits, 100).high
    )
    assert 0.93 < covered < 0.97
    assert wilson(0, 0).value is None


def test_published_intervals_are_reproduced():
    """0.927 and 0.633 of 2,000 rows."""
    assert (round(wilson(1854, 2000).low, 3), round(wilson(1854, 2000).high, 3)) == (0.915, 0.938)
    assert (round(wilson(1266, 2000).low, 3), round(wilson(1266, 2000).high, 3)) == (0.612, 0.654)


def test_equal_outcomes_are_counted_once():
    outcomes = Outcomes.of(onehot([0, 0, 1, 1]), onehot([0, 0, 1, 2]))
    assert sorted(outcomes.counts.tolist()) == [1, 1, 2]
    assert outcomes.n == 4
    resampled = outcomes.resample(lambda counts: counts.sum(axis=1), seed=0, resamples=50)
    assert (resampled == 4).all()
    assert percentile(float("nan"), resampled, 4).value is None


def test_paired_test_equals_mcnemar():
    """8 rows only the method has right, 1 only the baseline: exact p = 2 * (C(9,0) + C(9,1)) / 2**9."""
    truth = onehot([0] * 30)
    method = onehot([0] * 28 + [1, 1])
    baseline = onehot([0] * 20 + [1] * 8 + [0, 1])
    found = compare(truth, method, baseline)
    assert found.p_value == pytest.approx(2 * (1 + 9) / 2**9)
    assert found.verdict == "better"
    assert found.accuracy.value == pytest.approx(7 / 30)
    assert compare(truth, baseline, method).verdict == "worse"
    assert compare(truth, method, method).verdict == "not told apart"


def test_loss_is_minus_log_of_the_true_probability():
    truth, answers = draw()
    made = report(truth, answers)
    assert made.loss.mean() == pytest.approx(reference.log_loss(truth, made.proba))
    sure = Report(["t"], np.array([0]), np.array([[0.0, 1.0, 0.0]]), LABELS, method="m", split="test")
    assert np.isfinite(sure.loss).all()


def test_report_is_remade_from_saved_predictions(tmp_path):
    truth, answers = draw()
    made = report(truth, answers)
    made.save(tmp_path)
    table = parquet.read_table(tmp_path / "predictions.parquet")
    assert table.column_names == ["row", "id", "label", "predicted", "loss", "proba:a", "proba:b", "proba:c"]
    saved = table.to_pandas()
    again = Report(
        made.texts,
        LABELS.ids(saved["label"].tolist()),
        saved[[f"proba:{name}" for name in LABELS.names]].to_numpy(),
        LABELS,
        method="features",
        split="validation",
    )
    assert again.metrics == made.metrics
    assert json.loads((tmp_path / "metrics.json").read_text()) == made.to_dict()


def test_same_seed_same_intervals():
    assert report(*draw()).to_dict() == report(*draw()).to_dict()
    assert report(*draw()).metrics.macro_f1 != report(*draw(), seed=1).metrics.macro_f1


def test_frame_has_a_row_per_label():
    frame = report(*draw()).frame()
    assert frame.index.tolist() == ["a", "b", "c"]
    assert {"precision", "recall_low", "f1_high", "support"} <= set(frame.columns)


def test_report_refuses_what_does_not_fit():
    with pytest.raises(
        DataError, match=r"expected probabilities of shape \(1, 3\), found \(2, 3\) for features"
    ):
        Report(["x"], np.array([0]), np.ones((2, 3)), LABELS, method="features", split="test")
    with pytest.raises(DataError, match="the test split has no rows"):
        Report([], np.array([], int), np.ones((0, 3)), LABELS, method="features", split="test")


TRUTH, GOOD = draw(n=600, right=0.95)
FIRES = {
    "M001": report(TRUTH, np.zeros_like(TRUTH)),
    "M002": report(TRUTH, GOOD, baselines={"tfidf": proba_of(GOOD)}),
    "M003": report(TRUTH, np.where(GOOD == 2, 0, GOOD)),
    "M004": report(TRUTH[:50], GOOD[:50]),
}


@pytest.mark.parametrize("code", sorted(CHECKS))
def test_check_fires(code):
    found = {finding["code"]: finding for finding in FIRES[code].to_dict()["findings"]}
    assert found[code]["message"]
    assert found[code]["docs"] == f"docs/checks.md#{code.lower()}"


@pytest.mark.parametrize("code", sorted(CHECKS))
def test_check_stays_silent(code):
    assert code not in {finding["code"] for finding in report(TRUTH, GOOD).to_dict()["findings"]}


@pytest.mark.parametrize("code", ["M001", "M002", "M003"])
def test_dummy_is_not_told_that_it_is_one(code):
    dummy = report(TRUTH, np.zeros_like(TRUTH), method="majority")
    assert code not in {finding["code"] for finding in dummy.to_dict()["findings"]}
