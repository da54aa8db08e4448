"""textkind errors: from a run to what it gets wrong, harmless to terminals and spreadsheets."""

import csv
import json

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from conftest import rows_of_kind
from textkind import Recipe, Run, train
from textkind.classifiers.features import FeatureClassifier
from textkind.data.splits import folded
from textkind.mistakes.wrong_labels import wrong_labels
from textkind.steps.errors import error_analysis, unfitted
from textkind.terminal.errors import coloured, show_errors

HOSTILE = [
    "<script>alert(1)</script> so happy",
    '=HYPERLINK("http://evil.example","so happy")',
    "\u202eright to left\u202c so\u200b happy",
    "\x1b[31mred\r=1+1\rso happy",
    "\uff0b1+1 so happy",
    "so happy " * 120_000,
]


@pytest.fixture(scope="module")
def hostile_run(tmp_path_factory, toy):
    """A run on toy rows and texts that would like to be more than text, labelled wrongly."""
    folder = tmp_path_factory.mktemp("hostile")
    rows = [(f"{text} {number}", label) for number in range(6) for text, label in zip(*toy, strict=True)]
    rows += [(text, "=anger") for text in HOSTILE]
    rows = [(text, f"={label}" if label == "anger" else label) for text, label in rows]
    with (folder / "train.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "label"), *rows])
    with (folder / "validation.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "label"), ("so happy", "joy"), ("how sad", "sadness")])
    run, _ = train(Recipe.build({"data": {"source": str(folder)}, "method": {"name": "tfidf"}}), folder / "r")
    return run


def test_document_has_every_part_and_only_open_splits(cli, tfidf_run):
    openings = tfidf_run.openings
    document = cli("errors", tfidf_run.path, "--rows", 5, "--json").document
    assert document["splits"].keys() == {"train", "validation"}
    assert document["n"] == sum(document["splits"].values())
    assert len(document["queue"]) == len(document["ranking"]["highest_loss"]) == 5
    assert {item["split"] for item in document["queue"]} <= {"train", "validation"}
    assert document["wrong_labels"]["rate"]["n"] == document["n"]
    for item in document["queue"]:
        for word in item["words"]:
            assert item["text"][word["start"] : word["end"]] == word["text"]
    assert tfidf_run.openings == openings


def test_texts_are_shown_as_text(cli, hostile_run):
    told = cli("errors", hostile_run.path, "--rows", 8)
    assert told.code == 0, told.err
    assert not {"\x1b", "\u202e", "\u200b"} & {*told.out}
    assert "<script>alert(1)</script>" in told.out
    assert max(map(len, told.out.splitlines())) < 400
    assert "because of" in told.out


def test_written_queue_is_whole_and_safe_in_a_spreadsheet(cli, hostile_run, tmp_path):
    csv.field_size_limit(10**7)
    told = cli("errors", hostile_run.path, "--rows", 1, "--csv", tmp_path / "q.csv")
    assert told.code == 0, told.err
    with (tmp_path / "q.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6 * 18 + len(HOSTILE) + 2
    cells = [cell for row in rows for cell in row.values()]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\uff0b"))]
    assert {"'=anger", "joy"} <= {row["label"] for row in rows}
    assert any(len(row["text"]) > 10**6 for row in rows)
    assert [float(row["gain"]) for row in rows] == sorted((float(row["gain"]) for row in rows), reverse=True)
    cli("errors", hostile_run.path, "--csv", tmp_path / "q.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "q.jsonl").read_text().splitlines()]
    assert HOSTILE[1] in {line["text"] for line in lines}
    cli("errors", hostile_run.path, "--csv", tmp_path / "q.tsv")
    for path, separator in ((tmp_path / "q.csv", ","), (tmp_path / "q.tsv", "\t")):
        table = pd.read_csv(path, sep=separator)
        assert len(table) == len(rows)
        assert table["split"].isin(["train", "validation"]).all()  # no text begins a row of its own


def test_fewer_folds_are_fewer_models(cli, tfidf_run, monkeypatch):
    fitted = []
    fit = FeatureClassifier._fit
    monkeypatch.setattr(FeatureClassifier, "_fit", lambda *given: (fitted.append(1), fit(*given))[1])
    error_analysis(tfidf_run, rows=0, folds=2)
    two = len(fitted)
    error_analysis(tfidf_run, rows=0)
    assert (len(fitted) - two) / two == 5 / 2
    assert cli("errors", tfidf_run.path, "--folds", 1).code == 2


def test_a_suffix_that_nobody_writes_is_refused_before_the_work(cli, tfidf_run, tmp_path):
    told = cli("errors", tfidf_run.path, "--csv", tmp_path / "queue.xlsx")
    assert told.code == 2
    assert "expected a file ending in '.csv'" in told.err


def test_wrong_labels_lead_the_queue(hostile_run):
    found = error_analysis(hostile_run, rows=len(HOSTILE))
    first = {item.text[:20] for item in found.queue.items(len(HOSTILE) + 2)}
    assert len(first & {text[:20] for text in HOSTILE}) >= len(HOSTILE) - 1


@pytest.fixture(scope="module")
def by_chance(tmp_path_factory):
    """A run on rows whose labels no text tells; the last validation rows have texts of train."""
    folder, rng = tmp_path_factory.mktemp("chance"), np.random.default_rng(0)
    words = [f"{rng.integers(10**9)} {rng.integers(10**9)}" for _ in range(500)]
    rows = [(text, ("joy", "anger")[rng.integers(2)]) for text in words]
    parts = {
        "train": rows[:300],
        "validation": rows[300:] + [(f"{text} ", label) for text, label in rows[:100]],
    }
    for name, part in parts.items():
        lines = [json.dumps({"text": text, "label": label}) for text, label in part]
        (folder / f"{name}.jsonl").write_text("\n".join(lines))
    recipe = {"data": {"source": str(folder)}, "method": {"name": "tfidf", "C": 1000.0}}
    return train(Recipe.build(recipe), folder / "run")[0]


def test_no_row_is_judged_by_a_model_that_has_learned_its_text(by_chance):
    found = error_analysis(by_chance, rows=0)
    right = ~found.judged.wrong
    assert right[:300].mean() < 0.65
    assert right[300:500].mean() < 0.65
    assert right[500:].mean() < 0.65
    np.testing.assert_array_equal(found.judged.proba[500:], found.judged.proba[:100])


def test_no_row_is_judged_by_a_model_that_has_learned_its_author(tmp_path):
    rng = np.random.default_rng(0)
    authors = [(f"author{number}", ("joy", "anger")[rng.integers(2)]) for number in range(60)]
    rows = [
        {"text": f"{author} {rng.integers(10**9)}", "label": label, "who": author}
        for author, label in authors
        for _ in range(8)
    ]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    recipe = {"data": {"source": str(tmp_path / "rows.jsonl"), "group": "who"}, "method": {"name": "tfidf"}}
    run, _ = train(Recipe.build(recipe), tmp_path / "run")
    assert run.data["columns"]["group"] == "who"
    right = ~error_analysis(run, rows=0).judged.wrong
    assert right.mean() < 0.65
    del recipe["data"]["group"]
    run, _ = train(Recipe.build(recipe), tmp_path / "apart")
    assert (~error_analysis(run, rows=0).judged.wrong).mean() > 0.9


def test_wrong_labels_are_looked_for_with_the_mean_of_the_method_and_tfidf(cli, toy_csv, tmp_path):
    cli("train", toy_csv, "--method", "majority", "--out", tmp_path / "run")
    found = error_analysis(Run.load(tmp_path / "run"), rows=0)
    np.testing.assert_array_equal(found.wrong.scores, wrong_labels(found.together).scores)
    assert not np.allclose(found.wrong.scores, wrong_labels(found.judged).scores)


def by_column(folder, toy, extra=None):
    """A run on toy rows with columns: half of the labels of `source` phone are wrong, `page` is harmless."""
    rows = []
    for number in range(24):
        for place, (text, label) in enumerate(zip(*toy, strict=True)):
            phone = (number + place) % 4 == 0
            wrong = phone and number % 8 < 4
            told = "sadness" if label == "joy" else "joy"
            row = {"text": f"{text} {number}", "label": told if wrong else label}
            row |= {"source": "phone" if phone else "web", "page": "left" if number % 2 else None}
            rows.append(row | {"number": len(rows)} | (extra or {}))
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    recipe = Recipe.build({"data": {"source": str(folder / "rows.jsonl")}, "method": {"name": "tfidf"}})
    return train(recipe, folder / "run")[0]


def test_slices_are_by_columns_of_the_data(toy, tmp_path, cli):
    run = by_column(tmp_path, toy)
    found = cli("errors", run.path, "--rows", 1, "--json").document["slices"]
    bad = next(one for one in found if (one["column"], one["value"]) == ("source", "phone"))
    assert bad["worse"]
    assert bad["accuracy"]["value"] < bad["elsewhere"]["value"]
    assert {one["value"] for one in found if one["column"] == "page"} == {"left", "(missing)"}
    assert not [one for one in found if one["worse"] and one["column"] == "page"]
    assert "number" not in {one["column"] for one in found}
    assert run.openings == 0
    named = cli("errors", run.path, "--by", "number", "--by", "page", "--json", "--rows", 1).document[
        "slices"
    ]
    assert {one["column"] for one in named} & {"source", "page", "number"} == {"page", "number"}
    assert sum(one["column"] == "number" for one in named) == 4
    shown = cli("errors", run.path, "--rows", 1).out
    assert "source: phone" in shown
    assert "tested by label, page, source, words" in shown


def test_columns_that_cannot_be_tested_are_refused_before_the_work(toy, tmp_path, cli, monkeypatch):
    run = by_column(tmp_path, toy, {"tags": ["x"]})
    monkeypatch.setattr("textkind.steps.errors.out_of_fold", lambda *_: pytest.fail("it was worked on"))
    for column, said in {
        "sauce": "no column 'sauce' (--by). Did you mean 'source'? The columns are 'text', 'label', 'source', ",
        "text": "error: cannot look for slices by the column 'text': expected numbers, or values with 20 rows",
        "tags": "expected texts, numbers or dates in the column 'tags', found list",
    }.items():
        told = cli("errors", run.path, "--by", column)
        assert told.code == 2
        assert said in told.err
        assert sum(line.startswith("error: ") for line in told.err.splitlines()) == 1


def test_columns_of_hostile_values_are_harmless(toy, tmp_path, cli):
    values = ["<script>alert(1)</script>", "=1+1", "\x1b[31mred\u202e", "long " * 9000]
    (tmp_path / "data").mkdir()
    lines = [json.dumps({"text": f"{text} {number}", "label": label, "=evil\x1b[5m": values[number % 4]})
             for number in range(24) for text, label in zip(*toy, strict=True)]  # fmt: skip
    (tmp_path / "data" / "train.jsonl").write_text("\n".join(lines))
    recipe = Recipe.build({"data": {"source": str(tmp_path / "data")}, "method": {"name": "majority"}})
    run, _ = train(recipe, tmp_path / "run")
    told = cli("errors", run.path, "--json", "--rows", 1, "--csv", tmp_path / "q.csv")
    found = {one["value"] for one in told.document["slices"] if one["column"] == "=evil\x1b[5m"}
    assert set(values[:3]) < found
    assert max(map(len, found)) == 500
    assert not any(mark in (tmp_path / "q.csv").read_text() for mark in ("=evil", "\x1b", "<script>"))
    shown = cli("errors", run.path, "--rows", 1).out
    assert "=evil" in shown
    assert not {"\x1b", "\u202e"} & {*shown}
    document = told.document
    for one in document["slices"]:
        one["worse"] = True
    console = Console(width=100)
    with console.capture() as capture:
        show_errors(console, document | {"slices": sorted(document["slices"], key=lambda one: one["column"])})
    assert "<script>" in capture.get()
    assert not {"\x1b", "\u202e"} & {*capture.get()}
    assert capture.get().count("long") < 60


def test_words_are_coloured_by_what_they_do():
    words = [{"start": 0, "end": 5, "weight": 2.0}, {"start": 6, "end": 9, "weight": -1.5},
             {"start": 10, "end": 13, "weight": 0.01}]  # fmt: skip
    text = coloured("happy not why", words)
    assert [(span.start, span.end, span.style) for span in text.spans] == [
        (0, 5, "bold green"),
        (6, 9, "bold red"),
    ]
    console = Console(force_terminal=True, color_system="standard", width=80)
    with console.capture() as capture:
        console.print(coloured("\x1b[5mhappy", [{"start": 4, "end": 9, "weight": 1.0}]))
    assert "\x1b[1;32mhappy" in capture.get()
    assert "\x1b[5m" not in capture.get()
    assert len(coloured("word " * 1000, [], 50)) == 50


@pytest.mark.parametrize("method", ["majority", "tfidf"])
@pytest.mark.parametrize("kind", ["several", "pairs"])
def test_every_kind_of_task(method, kind, toy, tmp_path, cli):
    path = tmp_path / "data.jsonl"
    path.write_text(rows_of_kind(kind, toy))
    cli("train", path, "--method", method, "--out", tmp_path / "run")
    told = cli("errors", tmp_path / "run", "--rows", 3, "--csv", tmp_path / "q.csv", "--json")
    assert told.code == 0, told.err
    assert len(told.document["queue"]) == 3
    assert told.document["wrong_labels"]["joint"] is None or kind == "pairs"
    assert cli("errors", tmp_path / "run", "--rows", 3).code == 0


def test_frozen_encoders_encode_each_training_text_once(toy, tmp_path, tiny_model, cli, monkeypatch):
    from textkind.encoders.transformer import TransformerEncoder

    (tmp_path / "toy.csv").write_text(
        "text,label\n" + "\n".join(f"{t} {n},{y}" for n in range(3) for t, y in zip(*toy, strict=True))
    )
    recipe = {"data": {"source": str(tmp_path / "toy.csv")}, "method": {"encoder": tiny_model}}
    run, _ = train(Recipe.build(recipe), tmp_path / "run")
    monkeypatch.setenv("TEXTKIND_CACHE", str(tmp_path / "empty"))
    seen = []
    encode = TransformerEncoder._encode
    monkeypatch.setattr(
        TransformerEncoder, "_encode", lambda self, texts: (seen.extend(texts), encode(self, texts))[1]
    )
    found = error_analysis(run, rows=0)
    assert len(seen) == len(set(seen)) == len(found.judged)
    assert run.classifier.encoder_.cache is None


def test_a_tuned_run_keeps_the_settings_that_were_found(toy_csv, tmp_path):
    pytest.importorskip("optuna")
    method = {"name": "tfidf", "tune_seconds": 30, "tune_trials": 3}
    run, _ = train(Recipe.build({"data": {"source": str(toy_csv)}, "method": method}), tmp_path / "run")
    fresh = unfitted(run, "tfidf")
    assert type(fresh) is FeatureClassifier
    assert fresh.encoder.max_features == run.classifier.best_settings_["max_features"]
    assert fresh.encoder.ngrams == tuple(run.classifier.best_settings_["ngrams"])
    assert len(error_analysis(run, rows=2).words) == 2


def test_data_that_changed_is_refused(cli, toy_csv, tmp_path):
    cli("train", toy_csv, "--method", "tfidf", "--out", tmp_path / "run")
    toy_csv.write_text(toy_csv.read_text().replace("so sad", "so bad"))
    assert "is not the data that" in cli("errors", tmp_path / "run").err


@pytest.mark.slow
def test_the_51_texts_of_emotion_with_two_labels_lead_the_queue(shared, tmp_path):
    recipe = Recipe.build({"data": {"source": str(shared / "emotion")}, "method": {"name": "tfidf"}})
    run, _ = train(recipe, tmp_path / "run")
    found = error_analysis(run, rows=0)
    conflicts = {folded(one.rows[0].text) for one in found.disagreements if one.equal}
    assert len(conflicts) == 51
    first = {folded(found.judged.texts[row]) for row in found.queue.order[:200]}
    assert conflicts <= first
    assert np.isfinite(found.queue.scores).all()
