"""The estimators among scikit-learn's own: its checks, Pipeline, GridSearchCV, cross-validation."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.utils import estimator_checks

from textkind import FeatureClassifier, MajorityClassifier, TfidfEncoder, TransformerEncoder
from textkind.errors import RecipeError, RunError

NUMBERS = "the check fits on a matrix of numbers; these estimators read texts and refuse anything else"
CANNOT_APPLY = dict.fromkeys(
    [
        "check_estimators_overwrite_params",
        "check_dont_overwrite_parameters",
        "check_fit_score_takes_y",
        "check_estimators_fit_returns_self",
        "check_readonly_memmap_input",
        "check_estimators_unfitted",
        "check_n_features_in_after_fitting",
        "check_positive_only_tag_during_fit",
    ],
    NUMBERS,
)
ESTIMATORS = [FeatureClassifier(), MajorityClassifier(), TfidfEncoder(), TransformerEncoder()]


def api_checks():
    """scikit-learn's checks of the estimator interface, by name."""
    for estimator in ESTIMATORS:
        checks = [estimator_checks.check_estimator_cloneable, *estimator_checks._yield_api_checks(estimator)]
        for check in checks:
            name = getattr(check, "func", check).__name__
            yield pytest.param(estimator, check, name, id=f"{type(estimator).__name__}-{name}")


@pytest.mark.parametrize(("estimator", "check", "name"), list(api_checks()))
def test_scikit_learn_check(estimator, check, name):
    if name in CANNOT_APPLY:
        pytest.skip(CANNOT_APPLY[name])
    check(type(estimator).__name__, estimator)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda one: type(one).__name__)
def test_scikit_learn_sees_that_it_reads_texts(estimator):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator_checks.check_estimator(estimator, on_skip=None)


def test_encoder_in_a_pipeline(toy):
    texts, names = toy
    pipeline = make_pipeline(TfidfEncoder(), RandomForestClassifier(20, random_state=0)).fit(texts, names)
    assert pipeline.score(texts, names) > 0.9


def test_classifier_behind_a_step_that_changes_texts(toy):
    texts, names = toy
    pipeline = make_pipeline(
        FunctionTransformer(lambda batch: [text.lower() for text in batch]), FeatureClassifier()
    )
    assert pipeline.fit(texts, names).score(texts, names) > 0.9


def test_grid_search_reaches_encoder_and_head(toy):
    texts, names = toy
    grid = {"encoder__ngrams": [(1, 1), (1, 2)], "seed": [0]}
    search = GridSearchCV(FeatureClassifier(TfidfEncoder()), grid, cv=2).fit(texts, names)
    assert search.best_params_["encoder__ngrams"] in grid["encoder__ngrams"]
    assert set(search.predict(["so happy", "how sad"])) <= set(names)


def test_cross_validation_with_arrays_and_series(toy):
    import pandas

    texts, names = toy
    for container in (np.array, pandas.Series):
        assert len(cross_val_score(FeatureClassifier(), container(texts), container(names), cv=3)) == 3


def test_head_without_probabilities_is_refused(toy):
    with pytest.raises(RecipeError, match="LinearSVC gives no probabilities: wrap it in sklearn.calibration"):
        FeatureClassifier(head=LinearSVC()).fit(*toy)


@pytest.mark.parametrize(
    "head",
    [
        LogisticRegression(),
        CalibratedClassifierCV(LinearSVC(), cv=2),
        make_pipeline(StandardScaler(with_mean=False), LogisticRegression()),
        KNeighborsClassifier(3),
        RandomForestClassifier(5),
        MultinomialNB(),
        MLPClassifier((4,), max_iter=5),
    ],
    ids=lambda head: type(head).__name__,
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_any_head_survives_saving(head, toy, tmp_path):
    texts, names = toy
    classifier = FeatureClassifier(head=head).fit(texts, names)
    classifier.save(tmp_path / "model")
    loaded = FeatureClassifier.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.predict_proba(texts), classifier.predict_proba(texts))


def test_head_of_a_stranger_is_not_loaded(toy, tmp_path):
    """A head whose file names a type outside the allow-list is refused before it is built."""
    classifier = FeatureClassifier().fit(*toy)
    classifier.head_.estimator.planted = Path("/")
    classifier.save(tmp_path / "model")
    with pytest.raises(RunError, match="holds types that are not trusted"):
        FeatureClassifier.load(tmp_path / "model")


def test_targets_may_be_numbers(toy):
    texts, names = toy
    numbers = [len(name) for name in names]
    answers = FeatureClassifier().fit(texts, numbers).predict(texts)
    assert set(answers.tolist()) <= set(numbers)
