"""Run: written whole or not at all, opened only if whole and unchanged, the door to the test split."""

import errno
import hashlib
import json
import os
import shutil

import numpy as np
import pytest

from textkind import LabelSet, Recipe, Run, evaluate, train
from textkind.artifact import run as run_module
from textkind.errors import DataError, RunError, TextkindError
from textkind.files import new_file, new_folder


@pytest.fixture
def copy(tfidf_run, tmp_path):
    """A Run that a test may damage."""
    shutil.copytree(tfidf_run.path, tmp_path / "copy")
    return tmp_path / "copy"


def recipe_for(path, **method):
    return Recipe.build({"data": {"source": str(path)}, "method": {"name": "tfidf", **method}})


def test_folder_describes_itself_and_holds_no_pickle(tfidf_run):
    files = {
        path.relative_to(tfidf_run.path).as_posix() for path in tfidf_run.path.rglob("*") if path.is_file()
    }
    assert {
        "run.json",
        "recipe.toml",
        "labels.json",
        "data.json",
        "environment.json",
        "metrics.json",
    } <= files
    assert {"predictions.parquet", "report.html", "model/classifier.json"} <= files
    assert "baselines/majority/classifier.json" in files
    suffixes = {name.rpartition(".")[2] for name in files}
    assert suffixes == {"json", "toml", "html", "parquet", "safetensors", "skops"}
    environment = json.loads((tfidf_run.path / "environment.json").read_text())
    assert {"python", "packages"} <= environment.keys()


def test_opened_run_predicts_by_name(tfidf_run):
    assert tfidf_run.predict(["so happy", "so sad", "furious again"]) == ["joy", "sadness", "anger"]
    assert tfidf_run.predict_proba(["so happy"]).shape == (1, 3)
    assert tfidf_run.labels == LabelSet(("anger", "joy", "sadness"))


def test_trained_equals_loaded(toy_csv, tmp_path):
    run, report = train(recipe_for(toy_csv), tmp_path / "run")
    again = Run.load(tmp_path / "run")
    np.testing.assert_array_equal(again.predict_proba(report.texts), report.proba)
    assert again.recipe == run.recipe


def test_same_recipe_same_figures(toy_csv, tmp_path):
    reports = [train(recipe_for(toy_csv), tmp_path / name)[1].to_dict() for name in ("one", "two")]
    assert reports[0] == reports[1]


def test_features_of_a_local_encoder_through_a_run(toy_csv, tmp_path, tiny_model):
    recipe = Recipe.build(
        {"data": {"source": str(toy_csv)}, "method": {"name": "features", "encoder": tiny_model}}
    )
    run, report = train(recipe, tmp_path / "run")
    np.testing.assert_allclose(run.predict_proba(report.texts), report.proba, atol=1e-6)
    assert sorted(run.baselines) == ["majority", "tfidf"]


def test_encoder_that_changed_since_training(toy_csv, tmp_path, tiny_model):
    moved = tmp_path / "model"
    shutil.copytree(tiny_model, moved)
    recipe = Recipe.build(
        {"data": {"source": str(toy_csv)}, "method": {"name": "features", "encoder": str(moved)}}
    )
    run, _ = train(recipe, tmp_path / "run")
    config = json.loads((moved / "config.json").read_text())
    (moved / "config.json").write_text(json.dumps({**config, "layer_norm_eps": 0.1}))
    with pytest.raises(
        RunError, match="the weights of .* changed since training .*restore them, or train again"
    ):
        _ = run.classifier


def test_test_split_is_opened_through_evaluate_and_counted(tfidf_run, copy):
    run = Run.load(copy)
    assert run.openings == 0
    for opening in (1, 2):
        report, folder = evaluate(run, "test")
        assert run.openings == opening
        assert folder.name == f"test-{opening}"
        assert (folder / "report.html").exists()
    assert report.split == "test"
    assert set(report.to_dict()["baselines"]) == {"majority", "tfidf"}
    assert Run.load(copy).openings == 2
    assert tfidf_run.openings == 0


def test_other_splits_open_nothing(copy):
    run = Run.load(copy)
    report, _ = evaluate(run, "validation")
    assert report.to_dict()["accuracy"] == json.loads((copy / "metrics.json").read_text())["accuracy"]
    assert run.openings == 0
    with pytest.raises(DataError, match="no split 'tets' in"):
        evaluate(run, "tets")


def test_evaluating_on_other_data_is_refused(copy, tmp_path):
    (tmp_path / "other.csv").write_text("text,label\n" + "".join(f"t{n},{'ab'[n % 2]}\n" for n in range(40)))
    with pytest.raises(DataError, match="is not the data that .* was trained on: .*--data, or train again"):
        evaluate(Run.load(copy), "test", str(tmp_path / "other.csv"))
    assert Run.load(copy).openings == 0


def test_missing_folder_and_folder_that_is_no_run(tmp_path):
    with pytest.raises(
        RunError, match=r"no such run: .*nothing is not a folder; `textkind train DATA` makes one"
    ):
        Run.load(tmp_path / "nothing")
    with pytest.raises(RunError, match=r"is not a run, or an incomplete one: it has no run.json"):
        Run.load(tmp_path)


def test_incomplete_run(copy):
    (copy / "labels.json").unlink()
    (copy / "model" / "head.skops").unlink()
    with pytest.raises(
        RunError, match=r"is incomplete, it lacks 'labels.json', 'model/head.skops': copy the whole"
    ):
        Run.load(copy)


@pytest.mark.parametrize("name", ["labels.json", "recipe.toml", "model/head.skops", "predictions.parquet"])
def test_run_that_was_tampered_with(copy, name):
    (copy / name).write_bytes((copy / name).read_bytes() + b" ")
    with pytest.raises(RunError, match=rf"was changed after it was saved: '{name}' differ"):
        Run.load(copy)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"textkind": "1", "format": 1, "files": 3}'])
def test_broken_manifest(copy, content):
    (copy / "run.json").write_text(content)
    with pytest.raises(RunError, match=r"run.json is broken: restore it, or train again"):
        Run.load(copy)


def test_manifest_that_leaves_out_the_model(copy):
    manifest = json.loads((copy / "run.json").read_text())
    del manifest["files"]["model/classifier.json"]
    (copy / "run.json").write_text(json.dumps(manifest))
    with pytest.raises(RunError, match="it lacks 'model/classifier.json'"):
        Run.load(copy)


def rewrite(run, name, content):
    """Change a file and its checksum, as a stranger could."""
    (run / name).write_text(content)
    manifest = json.loads((run / "run.json").read_text())
    manifest["files"][name] = hashlib.sha256(content.encode()).hexdigest()
    (run / "run.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("labels.json", '{"names": 3}'),
        ("data.json", "{"),
        ("recipe.toml", 'seed = "x"'),
        ("model/classifier.json", '{"kind": "strange"}'),
        ("model/classifier.json", "{}"),
        ("model/head.skops", "no archive"),
        ("model/TfidfEncoder/encoder.json", '{"odd": 1}'),
    ],
)
def test_run_of_a_stranger_that_makes_no_sense(copy, name, content):
    rewrite(copy, name, content)
    with pytest.raises(TextkindError) as caught:
        _ = Run.load(copy).classifier
    assert "\n" not in str(caught.value)


def test_manifest_that_points_outside_the_run(copy):
    rewrite(copy, "../outside.txt", "x")
    with pytest.raises(RunError, match="is incomplete, it lacks '../outside.txt'"):
        Run.load(copy)


def test_run_with_other_labels_than_its_model(copy):
    rewrite(copy, "labels.json", '{"names": ["x", "y", "z"], "multi_label": false}')
    with pytest.raises(RunError, match=r"has other labels than .*labels.json: train again"):
        _ = Run.load(copy).classifier


def test_run_of_a_later_format(copy):
    manifest = json.loads((copy / "run.json").read_text())
    (copy / "run.json").write_text(json.dumps({**manifest, "format": 99, "textkind": "9.0"}))
    with pytest.raises(RunError, match=r"has the format 99, this textkind reads 1: use textkind 9\.0"):
        Run.load(copy)


def test_existing_folder_is_refused_before_any_work(toy_csv, tmp_path):
    (tmp_path / "run").mkdir()
    with pytest.raises(RunError, match="run exists already: name another folder, or remove it"):
        train(recipe_for(tmp_path / "no such file.csv"), tmp_path / "run")


@pytest.mark.parametrize("trouble", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_trouble_while_saving_leaves_nothing(toy_csv, tmp_path, monkeypatch, trouble):
    """The disk is full, or Ctrl-C comes, when all but the manifest is written."""

    def fail(folder):
        assert (folder / "report.html").exists()
        raise trouble

    monkeypatch.setattr(run_module, "checksums", fail)
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises((RunError, KeyboardInterrupt)) as caught:
        train(recipe_for(toy_csv), out / "run")
    if isinstance(trouble, OSError):
        assert "could not be written (No space left on device) and nothing of it was kept" in str(
            caught.value
        )
    assert list(out.iterdir()) == []


def test_folder_and_file_appear_whole(tmp_path):
    with new_folder(tmp_path / "deep" / "folder") as folder:
        (folder / "a").write_text("a")
        assert not (tmp_path / "deep" / "folder").exists()
    assert (tmp_path / "deep" / "folder" / "a").read_text() == "a"
    (tmp_path / "file").write_text("old")
    with pytest.raises(RunError), new_file(tmp_path / "file") as path:
        _ = path.write_text("new"), (tmp_path / "none").read_text()
    assert (tmp_path / "file").read_text() == "old"
    assert {path.name for path in tmp_path.iterdir()} == {"deep", "file"}


def test_a_file_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    done = []
    for name in ("fsync", "replace"):
        plain = getattr(os, name)
        monkeypatch.setattr(
            os, name, lambda *given, name=name, plain=plain: (done.append(name), plain(*given))[1]
        )
    with new_file(tmp_path / "file") as path:
        path.write_text("new")
    assert done == ["fsync", "replace"]


def test_writing_below_a_file_is_said_in_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="could not be written"), new_folder(tmp_path / "file" / "run"):
        pass
