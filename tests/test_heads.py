"""Heads by name: probabilities for every label, saved without pickle, wrong keys said."""

from typing import get_args

import numpy as np
import pytest

from textkind.classifiers import catalog
from textkind.classifiers.head_catalog import HEADS, take_head
from textkind.classifiers.own_heads import SmallNetwork
from textkind.errors import RecipeError
from textkind.tables import HeadName, TfidfTable

COLUMNS = ("anger", "joy", "never seen", "sadness")
SPARSE = [name for name in HEADS if name != "gradient_boosting"]


def build(**keys):
    settings = TfidfTable.model_validate(keys).model_dump(exclude={"name"})
    return catalog.build("tfidf", settings, labels=COLUMNS, seed=0)


@pytest.mark.parametrize("kind", ["single", "pairs", "multi"])
@pytest.mark.parametrize("head", SPARSE)
def test_every_head_keeps_every_column_and_survives_saving(head, kind, toy, tmp_path):
    texts, y = toy
    if kind == "pairs":
        texts = [(text, text[::-1]) for text in texts]
    if kind == "multi":
        y = np.array([[name == column for column in COLUMNS] for name in y]).astype(int)
    first, second = build(head=head).fit(texts, y), build(head=head).fit(texts, y)
    proba = first.predict_proba(texts)
    assert proba.shape == (18, 4)
    assert (proba[:, 2] == 0).all()
    if kind != "multi":
        np.testing.assert_allclose(proba.sum(axis=1), 1)
    np.testing.assert_array_equal(second.predict_proba(texts), proba)
    first.save(tmp_path / "model")
    np.testing.assert_array_equal(catalog.load(tmp_path / "model").predict_proba(texts), proba)


@pytest.mark.parametrize("head", ["ridge", "linear_svm"])
def test_calibration_takes_a_label_of_one_row(head, toy):
    texts, names = toy
    proba = build(head=head, scale=True).fit(texts[:13], names[:13]).predict_proba(texts)
    assert np.isfinite(proba).all()


@pytest.mark.parametrize("keys", [{"head": "random_forest", "scale": True}, {"head": "linear_svm"}])
def test_seed_reaches_a_head_inside_another_estimator(keys, toy):
    head = build(**keys).fit(*toy).head_.estimator
    seeds = [value for name, value in head.get_params().items() if name.endswith("random_state")]
    assert seeds == [0]


def test_gradient_boosting_on_dense_features():
    X = np.random.default_rng(0).random((60, 3))
    head = take_head({"head": "gradient_boosting", "scale": True}, sparse=False)
    assert head.fit(X, X[:, 0] > 0.5).score(X, X[:, 0] > 0.5) > 0.9


@pytest.mark.parametrize("head", SPARSE)
def test_three_rows_are_enough(head, toy):
    texts, names = [toy[0][at] for at in (0, 1, 6)], ["joy", "joy", "sadness"]
    proba = build(head=head).fit(texts, names).predict_proba(toy[0])
    np.testing.assert_allclose(proba.sum(axis=1), 1)


def test_network_stops_on_rows_held_out_where_there_are_enough():
    random = np.random.default_rng(0)
    X = random.random((200, 5))
    y = (X[:, 0] > 0.5).astype(int)
    assert SmallNetwork(20, random_state=0).fit(X, y).classifier_.validation_scores_ is not None
    few = SmallNetwork(20, random_state=0).fit(X[:20], y[:20])
    assert few.classifier_.validation_scores_ is None
    assert few.classifier_.n_iter_ <= 50


def test_keys_of_the_heads_reach_them():
    for head, key, path, value in (
        ("knn", "neighbors", "neighbors", 3),
        ("random_forest", "min_leaf", "min_samples_leaf", 4),
        ("gradient_boosting", "learning_rate", "learning_rate", 0.3),
        ("mlp", "hidden", "hidden", 7),
        ("logistic_regression", "C", "C", 10.0),
    ):
        assert take_head({"head": head, key: value}, sparse=False).get_params()[path] == value


def test_recipe_and_catalog_name_the_same_heads():
    assert list(get_args(HeadName)) == list(HEADS)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"head": "rigde"}, r"unknown head 'rigde': expected .*Did you mean 'ridge'\?"),
        ({"head": "mlp", "C": 1.0}, "the head mlp has no C: leave it out, or use 'logistic_regression'"),
        (
            {"head": "knn", "class_weight": "balanced"},
            "the head knn cannot weight labels: leave out class_weight",
        ),
        ({"head": "gradient_boosting"}, "reads no sparse word counts: use random_forest, or method"),
    ],
)
def test_keys_that_do_not_fit(settings, message):
    with pytest.raises(RecipeError, match=message):
        take_head(settings, sparse=True)
