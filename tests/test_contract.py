"""One table: every method, on every kind of task, keeps the contract of TextClassifier."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from textkind import Training
from textkind.classifiers import catalog
from textkind.classifiers.head_catalog import HEADS
from textkind.errors import DataError, LabelError
from textkind.tables import METHOD_TABLES, FeaturesTable

KINDS = ["single", "multi", "pairs"]
COLUMNS = ("anger", "joy", "never seen", "sadness")
RARELY = {"trainer": {"eval_steps": 30, "save_steps": 30}}
TRAINED = {"learning_rate": 0.01, "batch_size": 6, "patience": 0, **RARELY}
TOY = {  # settings with which 18 rows can be learned
    "finetune": {"epochs": 30, "freeze_embeddings": False, **TRAINED},
    "cnn": {"epochs": 20, "min_count": 1, "filters": 16, **TRAINED},
    "rnn": {"epochs": 20, "min_count": 1, "hidden": 16, **TRAINED},
}
CASES = [*METHOD_TABLES, "finetune on tiny_cased", "finetune on tiny_distilbert"]
ODD = ["", " ", "🎉🎉🎉", "word " * 10_000, "zero\x00byte", "\u202eright to left", "\ud83d"]


@pytest.fixture(scope="module", params=CASES)
def build(request):
    """A function that builds the method anew."""
    method, _, model = request.param.partition(" on ")
    settings = METHOD_TABLES[method]().model_dump(exclude={"name"})
    if "encoder" in settings:
        settings["encoder"] = request.getfixturevalue(model or "tiny_model")
    settings |= TOY.get(method, {})

    def new(**changes):
        return catalog.build(method, settings, labels=COLUMNS, seed=0).set_params(**changes)

    new.method = method
    return new


@pytest.fixture(scope="module", params=KINDS)
def task(request, toy):
    """Texts and labels of one kind of task."""
    texts, names = toy
    if request.param == "single":
        return texts, names
    if request.param == "pairs":
        return [(text, text[::-1]) for text in texts], names
    indicator = np.array([[name == column for column in COLUMNS] for name in names]).astype(int)
    indicator[::5, 1] = 1
    return texts, indicator


@pytest.fixture(scope="module")
def fitted(build, task):
    return fit(build(), task)


def fit(classifier, task):
    """Fit on a task, its own rows watched: a network is not to stop before it knows them."""
    return classifier.fit(*task, X_val=task[0], y_val=task[1])


def odd(texts):
    """Odd texts of the same kind as `texts`."""
    return ODD if isinstance(texts[0], str) else [(text, "other side") for text in ODD]


def test_beats_or_equals_the_majority(build, fitted, task):
    texts, y = task
    least = 1 / 3 if build.method == "majority" else 0.7
    assert (fitted.predict(texts) == np.asarray(y)).mean() >= least


def test_one_column_per_label_in_the_given_order(fitted, task):
    proba = fitted.predict_proba(task[0])
    assert proba.shape == (len(task[0]), len(COLUMNS))
    assert tuple(fitted.classes_) == COLUMNS
    assert ((proba >= 0) & (proba <= 1)).all()
    if not fitted.multi_label_:
        np.testing.assert_allclose(proba.sum(axis=1), 1)


def test_label_without_training_rows_keeps_its_column(fitted, task):
    assert (fitted.predict_proba(task[0])[:, 2] == 0).all()


def test_batch_equals_one_by_one(fitted, task):
    texts = task[0]
    single = np.vstack([fitted.predict_proba([text]) for text in texts])
    np.testing.assert_allclose(fitted.predict_proba(texts), single, atol=1e-6)


def test_any_order_gives_the_same_answers(fitted, task):
    texts = list(task[0])
    order = np.random.default_rng(0).permutation(len(texts))
    shuffled = fitted.predict_proba([texts[number] for number in order])
    np.testing.assert_allclose(fitted.predict_proba(texts)[order], shuffled, atol=1e-6)


def test_saved_equals_loaded(fitted, task, tmp_path):
    fitted.save(tmp_path / "model")
    loaded = catalog.load(tmp_path / "model")
    assert type(loaded) is type(fitted)
    np.testing.assert_array_equal(loaded.predict_proba(task[0]), fitted.predict_proba(task[0]))
    np.testing.assert_array_equal(loaded.predict(task[0]), fitted.predict(task[0]))


def test_saved_files_hold_no_pickle(fitted, tmp_path):
    fitted.save(tmp_path / "model")
    suffixes = {path.suffix for path in (tmp_path / "model").rglob("*") if path.is_file()}
    assert suffixes <= {".json", ".safetensors", ".skops"}


def test_fit_returns_self_and_the_same_seed_gives_the_same(build, fitted, task):
    again = build()
    assert fit(again, task) is again
    np.testing.assert_array_equal(again.predict_proba(task[0]), fitted.predict_proba(task[0]))


def test_predicting_twice_gives_the_same(fitted, task):
    """Dropout, which the tiny model has plenty of, does not happen in prediction."""
    np.testing.assert_array_equal(fitted.predict_proba(task[0]), fitted.predict_proba(task[0]))


def test_clone_is_unfitted_and_equal(fitted):
    twin = clone(fitted)
    assert twin.get_params(deep=False).keys() == fitted.get_params(deep=False).keys()
    with pytest.raises(NotFittedError, match="not fitted"):
        twin.predict_proba(["a"])


def test_odd_texts_do_not_break_it(fitted, task):
    proba = fitted.predict_proba(odd(task[0]))
    assert np.isfinite(proba).all()


def test_no_texts_give_no_rows(fitted):
    assert fitted.predict_proba([]).shape == (0, len(COLUMNS))


def test_token_counts_before_and_after_fit(build, fitted, task):
    before, after = build().token_counts(task[0]), fitted.token_counts(task[0])
    np.testing.assert_array_equal(before, after)
    assert len(before) == len(task[0])
    assert build().token_limit == fitted.token_limit


def test_labels_left_out_are_learned(build, task):
    short = {"training": Training(epochs=1)} if build.method in catalog.NETWORKS else {}
    classifier = fit(build(labels=None, **short), task)
    expected = range(len(COLUMNS)) if classifier.multi_label_ else ["anger", "joy", "sadness"]
    assert classifier.classes_.tolist() == list(expected)


@pytest.mark.parametrize(
    ("texts", "y", "error", "message"),
    [
        ("one text", ["joy"], DataError, r"expected a list of texts, found str: write \[text\]"),
        (["a", 3], ["joy", "anger"], DataError, "expected a text or a pair of texts in row 1, found int '3'"),
        (["a", None], ["joy", "anger"], DataError, "in row 1, found NoneType"),
        ([("a", "b"), "c"], ["joy", "anger"], DataError, "found both in one list"),
        (["a", "b"], ["joy"], DataError, "as many labels as texts, at least one; found 2 texts, 1 labels"),
        ([], [], DataError, "found 0 texts"),
        (["a", "b"], ["joy", "surprise"], LabelError, "unknown labels in y: 'surprise'; the labels are"),
        (["a", "b"], np.ones((2, 3)), LabelError, "y has 3 columns, but there are 4 labels"),
    ],
)
def test_bad_input_is_said_in_one_line(build, texts, y, error, message):
    with pytest.raises(error, match=message) as caught:
        build().fit(texts, y)
    assert "\n" not in str(caught.value)


def test_one_label_only_is_refused(build):
    with pytest.raises(DataError, match="expected two labels or more, found only 'joy'"):
        build(labels=None).fit(["a", "b"], ["joy", "joy"])


@pytest.mark.parametrize("head", HEADS)
def test_every_head_keeps_it_on_dense_features(head, task, tiny_model, tmp_path):
    texts, y = task
    settings = FeaturesTable(encoder=tiny_model, precision="exact", head=head, scale=True)
    classifier = catalog.build("features", settings.model_dump(exclude={"name"}), labels=COLUMNS, seed=0)
    proba = classifier.fit(texts, y).predict_proba(texts)
    assert proba.shape == (len(texts), len(COLUMNS))
    assert ((proba >= 0) & (proba <= 1)).all()
    assert (proba[:, 2] == 0).all()
    if not classifier.multi_label_:
        np.testing.assert_allclose(proba.sum(axis=1), 1)
    single = np.vstack([classifier.predict_proba([text]) for text in texts[::6]])
    np.testing.assert_allclose(proba[::6], single, atol=1e-4)
    assert np.isfinite(classifier.predict_proba(odd(texts))).all()
    classifier.save(tmp_path / "model")
    np.testing.assert_array_equal(catalog.load(tmp_path / "model").predict_proba(texts), proba)
