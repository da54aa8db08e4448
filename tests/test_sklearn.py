"""The estimators among scikit-learn's own: its checks, Pipeline, GridSearchCV, cross-validation."""

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
from sklearn.utils import estimator_checks, get_tags

from textkind import (
    Cnn,
    FeatureClassifier,
    MajorityClassifier,
    NetworkClassifier,
    TfidfEncoder,
    Training,
    TransformerEncoder,
)
from textkind.classifiers import contract as classifier_contract
from textkind.encoders import contract as encoder_contract
from textkind.errors import RecipeError, RunError
from textkind.text.inputs import check_texts

WIDTH = "a text has no number of columns that could differ between fit and predict"
SPARSE = "texts are not a sparse matrix"
DTYPE = "texts have no dtype"
CANNOT_APPLY = {
    "check_complex_data": DTYPE,
    "check_transformer_preserve_dtypes": DTYPE,
    "check_array_api_input": "texts are not on a device",
    "check_estimator_sparse_tag": SPARSE,
    "check_estimator_sparse_array": SPARSE,
    "check_estimator_sparse_matrix": SPARSE,
    "check_classifiers_train": WIDTH,
    "check_transformer_general": WIDTH,
    "check_n_features_in": WIDTH,
    "check_fit2d_predict1d": "a list of strings is one-dimensional, and right",
    "check_fit2d_1sample": "one text is no error of shape; that it has one label only is said",
    "check_estimators_nan_inf": "a missing text is None, and refused; NaN and infinity are numbers",
    "check_estimators_empty_data_messages": "an empty text is allowed",
    "check_classifiers_one_label": "one label only is refused: there is nothing to tell apart",
    "check_supervised_y_2d": "a column of y with shape (n, 1) is a single label of several, and refused",
    "check_classifiers_multilabel_output_format_decision_function": "there is no decision_function",
}


def spelled(X):
    """The check's numbers, spelled as words, so that scikit-learn's data reaches estimators of texts."""
    X = np.asarray(X) if not isinstance(X, list | tuple) or np.ndim(X) == 2 else X
    if not isinstance(X, np.ndarray) or X.ndim != 2 or X.dtype.kind in "US":
        return check_texts(X)
    return [
        " ".join(f"c{column}b{value // 0.5:.0f}" for column, value in enumerate(row))
        for row in X.astype(float)
    ]


def reads_numbers(estimator):
    """A class like the estimator's that says it reads matrices, so that every check is handed out."""

    class Numeric(type(estimator)):
        def __sklearn_tags__(self):
            tags = super().__sklearn_tags__()
            tags.input_tags.two_d_array = True
            return tags

    return Numeric()


ESTIMATORS = [
    FeatureClassifier(),
    MajorityClassifier(),
    NetworkClassifier(),
    TfidfEncoder(),
    TransformerEncoder(),
]


def checks():
    """Every check that scikit-learn has for a classifier or a transformer of matrices."""
    for estimator in ESTIMATORS:
        handed_out = estimator_checks._yield_all_checks(reads_numbers(estimator), legacy=True)
        for check in [estimator_checks.check_estimator_cloneable, *handed_out]:
            name = getattr(check, "func", check).__name__
            yield pytest.param(estimator, check, name, id=f"{type(estimator).__name__}-{name}")


@pytest.mark.parametrize(("estimator", "check", "name"), list(checks()))
@pytest.mark.filterwarnings("ignore")  # the checks warn about what they do themselves
def test_scikit_learn_check(estimator, check, name, monkeypatch, request):
    if name in CANNOT_APPLY:
        pytest.skip(CANNOT_APPLY[name])
    if isinstance(estimator, TransformerEncoder):
        estimator = TransformerEncoder(model=request.getfixturevalue("tiny_model"))
    if isinstance(estimator, NetworkClassifier):
        pytest.importorskip("torch")
        estimator = NetworkClassifier(Cnn(min_count=1, filters=16), Training(epochs=20, learning_rate=0.01))
    monkeypatch.setattr(classifier_contract, "check_texts", spelled)
    monkeypatch.setattr(encoder_contract, "check_texts", spelled)
    check(type(estimator).__name__, estimator)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda one: type(one).__name__)
def test_scikit_learn_sees_that_it_reads_texts(estimator):
    tags = get_tags(estimator)
    assert tags.input_tags.string
    assert not tags.input_tags.two_d_array


def test_every_exception_is_still_a_check():
    handed_out = {check.values[2] for check in checks()}
    assert set(CANNOT_APPLY) <= handed_out


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
