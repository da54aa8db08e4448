"""Tuning: nothing is learned from a held-out row, the default is never beaten by less, results repeat."""

import json

import numpy as np
import pytest
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from textkind import FeatureClassifier, Recipe, Run, TfidfEncoder, train
from textkind.classifiers import catalog, frozen
from textkind.classifiers.agreement import HeadAgreement
from textkind.classifiers.frozen import Frozen, FrozenParts
from textkind.classifiers.resampling import resample
from textkind.classifiers.search import best_trial
from textkind.classifiers.search_space import Choice, Range, search_space
from textkind.classifiers.tuning import TunedClassifier, tuning_of
from textkind.data.splits import deal_folds, folded
from textkind.encoders.transformer import TransformerEncoder
from textkind.errors import DataError, MissingExtraError
from textkind.tables import FeaturesTable, TfidfTable

pytest.importorskip("optuna")
pytest.importorskip("imblearn")
COLUMNS = ("anger", "joy", "never seen", "sadness")


def keys(**chosen):
    table = FeaturesTable if "encoder" in chosen else TfidfTable
    return table(**chosen).model_dump(exclude={"name", "tune_seconds", "tune_trials"})


def noise(n, *, rare=0.5, words=200, seed=0):
    """Texts of random words, with labels that have nothing to do with them."""
    random = np.random.default_rng(seed)
    texts = [" ".join(f"w{word}" for word in random.integers(0, words, 12)) for _ in range(n)]
    return texts, (np.arange(n) < rare * n).astype(int)


# What leaks when it is done outside the folds: first by hand, so that the test would notice, then by textkind.


def test_planted_leak_of_resampling_outside_the_folds():
    texts, y = noise(160, rare=0.15)
    X, even = resample(TfidfEncoder().fit_transform(texts).toarray(), y, "oversample")
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    nearest = KNeighborsClassifier(1, metric="cosine")
    assert cross_val_score(nearest, X, even, cv=folds, scoring="f1_macro").mean() > 0.8
    settings = keys(head="knn", neighbors=1, resample="oversample")
    tuned = TunedClassifier(settings, trials=1).fit(texts, y)
    assert np.mean(tuned.trials_[0]["scores"]) < 0.6


def test_planted_leak_of_equal_texts_on_both_sides():
    texts, y = noise(80)
    texts, y = texts + [text.upper() + " " for text in texts], np.concatenate([y, y])
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    settings = keys(head="knn", neighbors=1)
    outside = cross_val_score(catalog.build("tfidf", settings, labels=(0, 1), seed=0), texts, y, cv=folds)
    assert outside.mean() > 0.8
    tuned = TunedClassifier(settings, trials=1).fit(texts, y)
    assert np.mean(tuned.trials_[0]["scores"]) < 0.6


def test_planted_leak_of_one_author_on_both_sides():
    random = np.random.default_rng(0)
    authors = np.repeat(np.arange(40), 6)
    texts = [f"author{author} {random.integers(10**9)}" for author in authors]
    y = random.integers(0, 2, 40)[authors]
    apart = TunedClassifier(keys(), trials=1).fit(texts, y)
    assert np.mean(apart.trials_[0]["scores"]) > 0.9
    together = TunedClassifier(keys(), trials=1).fit(texts, y, groups=authors)
    assert np.mean(together.trials_[0]["scores"]) < 0.65
    with pytest.raises(DataError, match="expected a group for each of 240 texts, found 1"):
        TunedClassifier(keys(), trials=1).fit(texts, y, groups=["one"])


def test_planted_leak_of_choosing_features_outside_the_folds():
    texts, y = noise(200, words=400)
    X = SelectKBest(k=60).fit_transform(TfidfEncoder().fit_transform(texts).toarray(), y)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    assert cross_val_score(LogisticRegression(C=100), X, y, cv=folds, scoring="f1_macro").mean() > 0.75
    head = make_pipeline(SelectKBest(k=60), LogisticRegression(C=100))
    inside = cross_val_score(FeatureClassifier(head=head), texts, y, cv=folds, scoring="f1_macro")
    assert inside.mean() < 0.6


def test_search_over_noise_ends_near_chance():
    texts, y = noise(160)
    tuned = TunedClassifier(keys(resample="smote"), trials=4).fit(texts, y)
    assert max(np.mean(trial["scores"]) for trial in tuned.trials_ if trial["complete"]) < 0.62


def test_whatever_learns_sees_no_held_out_row(toy, monkeypatch, tiny_model):
    """Vocabulary, block scales, scaling and head are fitted on the rest of each fold alone, then once on all."""
    from sklearn.preprocessing import MaxAbsScaler

    from textkind.classifiers.heads import Head
    from textkind.encoders.joined import JoinedEncoder

    texts, names = toy
    seen = {"words": [], "blocks": [], "scaled": [], "head": []}

    def spy(owner, name, key, rows):
        real = getattr(owner, name)
        real = getattr(real, "__func__", real)

        def told(*arguments):
            seen[key].append(rows(arguments))
            return real(*arguments)

        monkeypatch.setattr(owner, name, classmethod(told) if owner is Head else told)

    spy(TfidfEncoder, "_learn", "words", lambda given: set(given[1]))
    spy(JoinedEncoder, "_learn", "blocks", lambda given: set(given[1]))
    spy(MaxAbsScaler, "fit", "scaled", lambda given: given[1].shape[0])
    spy(Head, "fit", "head", lambda given: given[2].shape[0])
    settings = keys(encoder=f"{tiny_model} + tfidf", scale=True, precision="exact")
    TunedClassifier(settings, trials=1).fit(texts, names)
    numbers = np.unique(names, return_inverse=True)[1].tolist()
    folds = np.array(deal_folds(texts, numbers, 5, seed=0))
    parts = [{text for text, at in zip(texts, folds, strict=True) if at != fold} for fold in range(5)]
    assert seen["words"] == seen["blocks"] == [*parts, set(texts)]
    assert seen["head"] == seen["scaled"] == [*map(len, parts), len(texts)]


def test_no_public_call_takes_features_instead_of_texts(toy):
    import textkind

    matrix = np.random.default_rng(0).random((18, 4))
    estimators = [
        made
        for name in textkind.__all__
        if hasattr(made := getattr(textkind, name), "fit") and hasattr(made, "get_params")
    ]
    assert len(estimators) >= 4
    built = [
        catalog.build(name, table().model_dump(exclude={"name"}), labels=COLUMNS, seed=0)
        for name, table in (("tfidf", TfidfTable), ("features", FeaturesTable))
    ]
    for estimator in [*(kind() for kind in estimators), *built, TunedClassifier(keys(), trials=1)]:
        with pytest.raises(DataError, match="expected a text or a pair of texts in row 0, found"):
            estimator.fit(matrix, toy[1])
    with pytest.raises(DataError, match="expected a text or a pair of texts in row 0, found"):
        TunedClassifier(keys(), trials=1).fit(*toy).predict_proba(matrix)


def test_folds_are_stratified_and_keep_equal_texts_together():
    texts = [f"Text {number % 40}" if number % 2 else f"text  {number % 40} " for number in range(100)]
    strata = [number % 40 % 4 for number in range(100)]
    folds = deal_folds(texts, strata, 5, seed=3)
    where = {}
    for text, fold in zip(texts, folds, strict=True):
        assert where.setdefault(folded(text), fold) == fold
    for fold in range(5):
        assert [
            sum(at == fold and own == one for at, own in zip(folds, strata, strict=True)) for one in range(4)
        ] == pytest.approx([5] * 4, abs=3)
    assert deal_folds(texts, strata, 5, seed=3) == folds != deal_folds(texts, strata, 5, seed=4)
    assert set(deal_folds(["a", "b", "c"], [0, 0, 1], 5, seed=0)) == {0, 1, 2}
    with pytest.raises(DataError, match="two different texts or more, found one"):
        deal_folds(["a", "A "], [0, 1], 5, seed=0)


def test_same_seed_and_trials_same_result_never_below_the_default(toy):
    first, second = (TunedClassifier(keys(), seconds=600, trials=3).fit(*toy) for _ in range(2))
    assert first.trials_ == second.trials_
    assert first.best_settings_ == second.best_settings_
    np.testing.assert_array_equal(first.predict_proba(toy[0]), second.predict_proba(toy[0]))
    assert len(first.trials_) == 3
    given = first.trials_[0]
    assert given["complete"]
    assert {**keys(), **given["settings"]} == keys()
    best = next(one for one in first.trials_ if {**keys(), **one["settings"]} == first.best_settings_)
    assert np.mean(best["scores"]) >= np.mean(given["scores"])


def test_the_first_trial_always_ends_and_no_other_begins_after_the_time(toy):
    tuned = TunedClassifier(keys(), seconds=1e-6).fit(*toy)
    assert [trial["complete"] for trial in tuned.trials_] == [True]
    assert tuned.best_settings_ == keys()


def test_trials_that_fall_behind_are_stopped_and_never_the_best():
    texts, y = noise(120, words=30)
    texts = [f"{text} {'yes' if one else 'no'}" for text, one in zip(texts, y, strict=True)]
    tuned = TunedClassifier(keys(), seconds=600, trials=25).fit(texts, y)
    stopped = [trial for trial in tuned.trials_ if not trial["complete"] and trial["scores"]]
    assert stopped
    assert all(len(trial["scores"]) < 5 for trial in stopped)
    one, two = ({"scores": [score], "complete": score < 1} for score in (0.5, 1.0))
    assert best_trial([one, two]) is one


def test_a_trial_that_the_data_refuses_is_passed_over():
    texts = [f"w{number} {'x' if number < 6 else 'y'}{number}" for number in range(12)]
    tuned = TunedClassifier(keys(), trials=8).fit(texts, [0] * 6 + [1] * 6)  # no word occurs twice
    assert tuned.best_settings_["min_count"] == 1
    assert any(not trial["scores"] for trial in tuned.trials_)
    with pytest.raises(DataError, match="no word occurs in 2 or more"):
        TunedClassifier(keys(min_count=2), trials=2).fit(texts, [0] * 6 + [1] * 6)


@pytest.mark.parametrize("kind", ["single", "pairs", "multi"])
def test_saved_equals_loaded(kind, toy, tmp_path):
    texts, y = toy
    if kind == "pairs":
        texts = [(text, text[::-1]) for text in texts]
    if kind == "multi":
        y = np.array([[name == column for column in COLUMNS] for name in y]).astype(int)
        y[0] = 0
    settings = {**keys(), "tune_seconds": 60, "tune_trials": 2}
    tuned = catalog.build("tfidf", settings, labels=COLUMNS, seed=0).fit(texts, y)
    proba = tuned.predict_proba(texts)
    assert (proba[:, 2] == 0).all()
    tuned.save(tmp_path / "model")
    loaded = catalog.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.predict_proba(texts), proba)
    np.testing.assert_array_equal(loaded.predict(texts), tuned.predict(texts))
    assert json.dumps(loaded.trials_) == json.dumps(tuned.trials_)
    assert json.dumps(loaded.best_settings_) == json.dumps(tuned.best_settings_)
    assert {path.suffix for path in tmp_path.rglob("*") if path.is_file()} <= {
        ".json",
        ".safetensors",
        ".skops",
    }


def test_best_settings_are_a_recipe_and_give_the_same_classifier(toy):
    tuned = TunedClassifier(keys(), trials=3).fit(*toy)
    settings = TfidfTable(**tuned.best_settings_).model_dump(exclude={"name"})
    again = catalog.build("tfidf", settings, labels=("anger", "joy", "sadness"), seed=0).fit(*toy)
    np.testing.assert_array_equal(again.predict_proba(toy[0]), tuned.predict_proba(toy[0]))


def test_frozen_encoder_encodes_each_text_once(toy, tiny_model, tmp_path, monkeypatch):
    asked = []
    encode = TransformerEncoder._encode
    monkeypatch.setattr(
        TransformerEncoder, "_encode", lambda self, texts: (asked.extend(texts), encode(self, texts))[1]
    )
    settings = keys(encoder=f"{tiny_model} + tfidf", precision="exact", weights=(0.5, 2.0))
    tuned = TunedClassifier(settings, trials=3).fit(*toy)
    assert sorted(asked) == sorted(toy[0])
    proba = tuned.predict_proba([*toy[0], "a text of no fold"])
    tuned.save(tmp_path / "model")
    loaded = catalog.load(tmp_path / "model")
    np.testing.assert_allclose(loaded.predict_proba([*toy[0], "a text of no fold"]), proba, atol=1e-6)
    assert "Frozen" not in repr(tuned.best_.encoder) + repr(tuned.best_.encoder_)
    assert list(tuned.best_.encoder_.weights) == list(loaded.best_.encoder_.weights) == [0.5, 2.0]


def test_tuning_checks_int8_by_a_head(toy, tiny_model, monkeypatch):
    seen = []
    held = HeadAgreement(rows=len(toy[0]), exact=0.9, fast=0.9)

    def verify(encoder, texts, targets, k):
        seen.append((texts, k))
        return [held]

    monkeypatch.setattr(frozen, "verify_int8", verify)
    tuned = TunedClassifier(keys(encoder=tiny_model, precision="exact"), trials=1).fit(*toy)
    assert seen == [(list(toy[0]), len(set(toy[1])))]
    assert held.sentence()[1:] in " ".join(tuned.notes)


def test_what_learns_is_never_frozen(tiny_model):
    words, vectors = TfidfEncoder(), TransformerEncoder(model=tiny_model)
    parts = FrozenParts(["so happy", "how sad"], np.array([0, 1]), 2)
    assert parts.frozen(words) is words
    known = parts.frozen(vectors)
    assert isinstance(known, Frozen)
    assert parts.frozen(TransformerEncoder(model=tiny_model)) is known
    assert parts.frozen(TransformerEncoder(model=tiny_model, pooling="cls")) is not known
    assert known.fit([]).transform([("so happy", "how sad")]).shape == (1, 4 * 16)


def test_space_holds_what_is_given_and_fits_the_method():
    space = search_space(keys(C=5000.0, ngrams=(2, 3), min_count=7))
    assert space["C"] == Range(0.01, 5000.0)
    assert space["ngrams"] == Choice(((2, 3), (1, 1), (1, 2)))
    assert space["min_count"] == Choice((7, 1, 2))
    assert "ngrams" not in search_space(keys(unit="character", ngrams=(2, 5)))
    assert search_space(keys(encoder="minilm")).keys() == {"C", "class_weight", "scale"}
    assert search_space(keys(encoder="minilm + tfidf-char", head="mlp")).keys() == {
        "hidden",
        "scale",
        "min_count",
        "sublinear",
    }


@pytest.mark.parametrize(
    ("head", "own"),
    [
        ("ridge", {"C", "class_weight", "scale"}),
        ("linear_svm", {"C", "class_weight", "scale"}),
        ("random_forest", {"min_leaf", "class_weight"}),
        ("gradient_boosting", {"learning_rate", "class_weight"}),
        ("knn", {"neighbors", "scale"}),
        ("mlp", {"hidden", "scale"}),
    ],
)
def test_space_of_every_head(head, own):
    assert search_space(keys(encoder="minilm", head=head)).keys() == own


@pytest.mark.parametrize("head", ["knn", "mlp"])
def test_heads_with_whole_numbers_can_be_tuned(head, toy):
    tuned = TunedClassifier(keys(head=head), trials=2).fit(*toy)
    assert tuned.predict(toy[0]).shape == (18,)


def test_optuna_stays_silent_and_is_left_as_it_was(toy, capsys):
    import optuna

    before = optuna.logging.get_verbosity()
    TunedClassifier(keys(), trials=2).fit(*toy)
    assert optuna.logging.get_verbosity() == before
    assert capsys.readouterr() == ("", "")


def test_missing_package_is_said(toy, monkeypatch):
    def absent(name):
        raise ModuleNotFoundError("no", name="optuna")

    monkeypatch.setattr("textkind.extras.import_module", absent)
    with pytest.raises(MissingExtraError, match=r'pip install "textkind\[tune\]"'):
        TunedClassifier(keys(), trials=1).fit(*toy)


def test_through_a_run_and_the_command_line(toy_csv, tmp_path, cli):
    method = {"name": "tfidf", "tune_seconds": 60, "tune_trials": 2}
    run, report = train(Recipe.build({"data": {"source": str(toy_csv)}, "method": method}), tmp_path / "run")
    np.testing.assert_array_equal(Run.load(run.path).predict_proba(report.texts), report.proba)
    found = cli("show", run.path, "--json").document["tuning"]
    assert found == json.loads(json.dumps(tuning_of(run.path / "model")))
    assert found["score"] >= found["score_as_given"]
    assert len(found["trials"]) == 2
    assert found["sentence"].startswith("Tuned by cross-validation on the training rows: macro F1 ")
    assert "the best of 2 trials, 0 of them stopped early, and so a little too good." in found["sentence"]
    assert "Tuned by cross-validation on the training rows" in cli("show", run.path).out


def test_run_without_tuning_says_so(tfidf_run):
    assert tfidf_run.state()["tuning"] is None
