"""Resampling: even rows for the head alone, whatever the labels; of the rows nothing is saved."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from textkind import FeatureClassifier, Recipe, train
from textkind.classifiers import catalog
from textkind.classifiers.resampling import RESAMPLINGS, Resampled, resample, with_resampling
from textkind.encoders.tfidf import TfidfEncoder
from textkind.errors import MissingExtraError, RecipeError
from textkind.tables import TfidfTable

pytest.importorskip("imblearn")
TARGETS = np.array([0] * 30 + [1] * 9 + [2] * 3 + [5])
SIZES = {"oversample": [30, 30, 30, 1], "smote": [30, 30, 30, 1], "undersample": [3, 3, 3, 1]}


@pytest.fixture
def features():
    return np.random.default_rng(0).random((len(TARGETS), 4)).astype(np.float32)


@pytest.mark.parametrize("how", RESAMPLINGS)
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix], ids=["dense", "sparse"])
def test_labels_of_two_rows_or_more_become_equally_frequent(how, form, features):
    X, y = resample(form(features), TARGETS, how, seed=3)
    assert np.unique(y, return_counts=True)[1].tolist() == SIZES[how]
    assert X.shape == (len(y), 4)
    assert sparse.issparse(X) == sparse.issparse(form(features))
    again, _ = resample(form(features), TARGETS, how, seed=3)
    assert abs(again - X).max() == 0


def test_oversampling_repeats_rows_and_smote_stays_between_them(features):
    known = {row.tobytes() for row in features}
    repeated, _ = resample(features, TARGETS, "oversample")
    assert {row.tobytes() for row in repeated} == known
    between, y = resample(features, TARGETS, "smote")
    assert len({row.tobytes() for row in between}) > len(known)
    rare = features[TARGETS == 2]
    assert ((between[y == 2] >= rare.min(axis=0) - 1e-6) & (between[y == 2] <= rare.max(axis=0) + 1e-6)).all()


def test_nothing_to_even_out(features):
    for targets in (np.zeros(43, int), np.arange(43)):
        X, y = resample(features, targets, "smote")
        assert X is features
        assert y is targets


@pytest.mark.parametrize("how", RESAMPLINGS)
@pytest.mark.parametrize("head", ["linear_svm", "knn"])
def test_a_resampled_head_survives_saving(how, head, toy, tmp_path):
    texts, names = toy[0][:15], toy[1][:15]
    settings = TfidfTable(head=head, resample=how, scale=True).model_dump(exclude={"name"})
    classifier = catalog.build("tfidf", settings, labels=("anger", "joy", "sadness"), seed=0)
    proba = classifier.fit(texts, names).predict_proba(texts)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    classifier.save(tmp_path / "model")
    np.testing.assert_array_equal(catalog.load(tmp_path / "model").predict_proba(texts), proba)


def test_the_vocabulary_sees_every_row_once(toy, monkeypatch):
    seen = []
    learn = TfidfEncoder._learn
    monkeypatch.setattr(
        TfidfEncoder, "_learn", lambda self, texts: (seen.append(texts), learn(self, texts))[1]
    )
    FeatureClassifier(resample="oversample").fit(toy[0][:15], toy[1][:15])
    assert seen == [toy[0][:15]]


def test_it_stands_after_the_scaling_and_inside_the_calibration():
    from textkind.classifiers.head_catalog import take_head

    head = with_resampling(take_head({"head": "linear_svm", "scale": True}, sparse=True), "smote")
    inner = head.steps[-1][1].estimator
    assert isinstance(inner, Resampled)
    assert isinstance(inner.estimator, LinearSVC)
    plain = with_resampling(make_pipeline(StandardScaler(), LinearSVC()), "smote")
    assert isinstance(plain.steps[-1][1], Resampled)


def test_seed_reaches_it(toy):
    head = FeatureClassifier(resample="oversample", seed=7).fit(*toy).head_.estimator
    assert head.random_state == 7


def test_head_without_probabilities_is_still_refused(toy):
    with pytest.raises(RecipeError, match="gives no probabilities"):
        FeatureClassifier(head=LinearSVC(), resample="oversample").fit(*toy)


def test_several_labels_per_text_are_refused(toy):
    y = np.array([[name == "joy", name == "sadness"] for name in toy[1]]).astype(int)
    with pytest.raises(
        RecipeError, match="resample = 'smote' is for one label per text, but these"
    ) as caught:
        FeatureClassifier(resample="smote").fit(toy[0], y)
    assert "\n" not in str(caught.value)


def test_unknown_way_is_said(toy):
    with pytest.raises(RecipeError, match=r"unknown resampling 'smot'.*Did you mean 'smote'\?"):
        FeatureClassifier(resample="smot").fit(*toy)


def test_missing_package_is_said(toy, monkeypatch):
    def absent(name):
        raise ModuleNotFoundError("no", name="imblearn")

    monkeypatch.setattr("textkind.extras.import_module", absent)
    with pytest.raises(MissingExtraError, match=r'pip install "textkind\[resample\]"'):
        FeatureClassifier(resample="oversample").fit(*toy)


def test_through_a_recipe_and_a_run(toy_csv, tmp_path):
    method = {"name": "tfidf", "resample": "oversample"}
    run, _ = train(Recipe.build({"data": {"source": str(toy_csv)}, "method": method}), tmp_path / "run")
    assert run.recipe.method.resample == "oversample"
    assert isinstance(run.classifier.head_.estimator, Resampled)
