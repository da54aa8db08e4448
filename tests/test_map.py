"""The map of features: repeatable, scaled, beside the figures that keep it from being over-read, harmless."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.decomposition import PCA

from pages import HOSTILE
from textkind.report.charts import libraries
from textkind.report.map_page import render_map
from textkind.report.projection import pca, umap

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


def test_page_shows_texts_from_outside_as_text():
    points = [
        {"split": split, "row": row, "x": 0.5, "y": row / 4, "label": name, "true": name,
         "predicted": HOSTILE[0], "wrong": name != HOSTILE[0], "text": name}
        for split in ("train", "validation") for row, name in enumerate(HOSTILE)
    ]  # fmt: skip
    near = {"neighbours": 4, "n": 4, "map": 0.5, "features": 0.5}
    page = render_map({"run": HOSTILE[0], "projection": "umap", "share_of_variance": None, "labels": HOSTILE,
                       "multi_label": False, "neighbour_agreement": near, "points": points})  # fmt: skip
    ours = page.replace(str(libraries()), "")
    assert ours.count("<script") == ours.count("</script>") == 2
    assert "<img" not in ours
