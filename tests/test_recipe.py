"""Recipes: strict keys with a suggestion, all problems at once, TOML there and back."""

import inspect

import pytest

from textkind import LoadOptions, Recipe, TfidfEncoder, TransformerEncoder
from textkind.errors import RecipeError
from textkind.tables import DataTable, FeaturesTable, TfidfTable, _HeadTable

DATA = {"data": {"source": "sample:emotion"}}


def test_defaults_are_filled_in_and_survive_toml(tmp_path):
    recipe = Recipe.build(DATA, {"method.C": 10, "seed": 3})
    assert recipe.method.name == "features"
    (tmp_path / "recipe.toml").write_text(recipe.to_toml())
    assert 'pooling = "mean"' in recipe.to_toml()
    assert Recipe.build(Recipe.read(tmp_path / "recipe.toml")) == recipe


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"method.poolin": "cls"}, r"unknown key method\.poolin\. Did you mean 'pooling'\?"),
        ({"method.name": "tfidf", "method.pooling": "cls"}, r"unknown key method\.pooling\. The keys are"),
        ({"sed": 1}, r"unknown key sed\. Did you mean 'seed'\?"),
        ({"data.lable": "x"}, r"unknown key data\.lable\. Did you mean 'label'\?"),
        ({"method.name": "featurs"}, r"unknown method 'featurs'.* 'features'\?"),
        ({"method.C": -1}, r"method\.C = -1: input should be greater than 0"),
        ({"method.head": "knn", "method.C": 2}, r"method\.C = 2: value error, the head knn has no C: leave it out"),
        ({"method.hidden": 9}, r"method\.hidden = 9: value error, the head logistic_regression has no hidden: leave it out, or use 'mlp'"),
        ({"method.resample": "smot"}, r"method\.resample = 'smot': input should be 'oversample', 'undersample' or 'smote'"),
        ({"method.tune_trials": 9}, r"method\.tune_trials = 9: value error, tune_seconds = 0 turns tuning off: set it too"),
        ({"method.pooling": "sum"}, r"method\.pooling = 'sum': input should be 'mean', 'cls'"),
        ({"data.source": None}, r"data\.source = None: input should be a valid string"),
        ({"method": 3}, r"\[method\] must be a table, found 3"),
        ({"data": 3, "data.text": "x"}, r"\[data\] must be a table"),
    ],
)  # fmt: skip
def test_bad_key_or_value(overrides, message):
    with pytest.raises(RecipeError, match=message) as caught:
        Recipe.build(DATA, overrides)
    assert "\n" not in str(caught.value)


def test_all_problems_at_once():
    with pytest.raises(RecipeError) as caught:
        Recipe.build({"sed": 1, "method": {"C": 0, "poolin": "cls"}})
    message = str(caught.value)
    for part in ("unknown key sed", "data.source is missing", "method.C = 0", "unknown key method.poolin"):
        assert part in message


def test_files_that_are_no_recipe(tmp_path):
    with pytest.raises(RecipeError, match="cannot read the recipe .*none.toml: No such file"):
        Recipe.read(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("[method\n")
    with pytest.raises(RecipeError, match="bad.toml is not TOML"):
        Recipe.read(tmp_path / "bad.toml")


def defaults(thing, *, without=()):
    return {
        name: parameter.default
        for name, parameter in inspect.signature(thing).parameters.items()
        if name not in without
    }


def test_recipe_and_estimators_have_the_same_defaults():
    head = {"name", *_HeadTable.model_fields}
    tfidf, features = TfidfTable().model_dump(), FeaturesTable().model_dump()
    assert defaults(TfidfEncoder) == {key: tfidf[key] for key in tfidf.keys() - head}
    words = tfidf.keys() - head - {"unit"}
    assert {key: features[key] for key in words} == {key: tfidf[key] for key in words}
    features["model"] = features.pop("encoder")
    assert defaults(TransformerEncoder, without={"cache"}) == {
        **{key: features[key] for key in features.keys() - head - words - {"weights"}},
        "precision": "exact",  # in Python, where a speed that depends on the machine is asked for by name
    }
    data = DataTable(source="x").model_dump(exclude={"source", "corrections"})
    without = {"seed", "keep"}  # columns that are kept change nothing that is trained
    assert defaults(LoadOptions, without=without) == data


@pytest.mark.parametrize(
    "path",
    sorted(__import__("pathlib").Path(__file__).parents[1].glob("examples/*-*.toml")),
    ids=lambda path: path.stem,
)
def test_example_recipes_are_valid(path):
    assert Recipe.build(Recipe.read(path))
