"""The map of features: repeatable, scaled, beside the figures that keep it from being over-read, harmless."""

import json
import sys

import numpy as np
import pytest
from scipy import sparse
from sklearn.decomposition import PCA

from pages import HOSTILE, mapped
from textkind import Recipe, train
from textkind.report.charts import libraries
from textkind.report.map_page import render_map
from textkind.report.projection import pca, umap
from textkind.steps.map import feature_map

ROWS = np.random.default_rng(0).normal(size=(60, 8))


@pytest.mark.parametrize("project", [pca, umap])
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
def test_projection_is_scaled_and_repeatable(project, kind):
    if project is umap:
        pytest.importorskip("fastumap")
    one, two = (project(kind(ROWS[:50]), kind(ROWS[50:]), seed=3) for _ in range(2))
    np.testing.assert_array_equal(one.train, two.train)
    np.testing.assert_array_equal(one.placed, two.placed)
    together = np.vstack([one.train, one.placed])
    assert together.shape == (60, 2)
    np.testing.assert_allclose([together.min(axis=0), together.max(axis=0)], [[0, 0], [1, 1]])


def test_pca_is_scikit_learns():
    drawn, theirs = pca(ROWS, ROWS[:1]), PCA(2).fit(ROWS)
    np.testing.assert_allclose(drawn.variance, theirs.explained_variance_ratio_)
    assert abs(np.corrcoef(drawn.train[:, 0], theirs.transform(ROWS)[:, 0])[0, 1]) > 0.999


def test_command_writes_a_page_and_json(cli, tfidf_run, tmp_path):
    document = cli(
        "map", tfidf_run.path, "--projection", "pca", "--page", tmp_path / "m.html", "--json"
    ).document
    assert {point["split"] for point in document["points"]} == {"train", "validation"}
    assert "the sealed test split is not here" in (tmp_path / "m.html").read_text().lower()
    assert "unknown projection 'tsne'" in cli("map", tfidf_run.path, "--projection", "tsne").err


def test_methods_without_features_have_no_map(cli, toy_csv, tmp_path):
    cli("train", toy_csv, "--method", "majority", "--out", tmp_path / "run")
    told = cli("map", tmp_path / "run")
    assert told.code == 2
    assert "of the method 'majority', which has no features to map" in told.err


def test_without_umap_the_map_is_pca_unless_umap_was_asked_for(cli, tfidf_run, monkeypatch):
    monkeypatch.setitem(sys.modules, "fastumap", None)
    told = cli("map", tfidf_run.path, "--json")
    assert told.document["projection"] == "pca"
    assert 'pip install "textkind[map]"' in told.err.replace("\n", " ")
    asked = cli("map", tfidf_run.path, "--projection", "umap")
    assert asked.code == 2
    assert "textkind[map]" in asked.err


def test_several_labels_and_pairs_can_be_mapped(tmp_path, toy):
    texts, _ = toy
    rows = [
        {"a": text, "b": f"{text} {n}", "label": ["x", "y"] if n % 3 == 0 else ["x"] if n % 3 == 1 else []}
        for n in range(4) for text in texts
    ]  # fmt: skip
    data = tmp_path / "rows.jsonl"
    data.write_text("\n".join(map(json.dumps, rows)))
    table = {"source": str(data), "text": "a", "text_pair": "b", "label": "label"}
    recipe = Recipe.build({"data": table, "method": {"name": "tfidf"}})
    run, _ = train(recipe, tmp_path / "run")
    drawn = feature_map(run, projection="pca")
    assert set(drawn.labels) == {"x", "y", "(none)"}
    assert len(drawn.points) == run.data["splits"]["train"] + run.data["splits"]["validation"]


@pytest.mark.parametrize("names", [HOSTILE, tuple(f"{HOSTILE[0]} {n}" for n in range(12))])
def test_page_shows_texts_from_outside_as_text(names):
    page = render_map(mapped(names))
    ours = page.replace(str(libraries()), "")
    assert ours.count("<script") == ours.count("</script>") == 2
    assert "<img" not in ours
