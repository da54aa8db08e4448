"""textkind report: one page with all parts, of open splits alone, harmless and beside the run."""

import json
import re

import pytest

from conftest import rows_of_kind, toy_run
from pages import HOSTILE, TRAINING, explored, joined, mapped, mistaken, report
from textkind import Dataset
from textkind.artifact.run import Run
from textkind.data.checks import findings
from textkind.data.exploration import Exploration
from textkind.errors import RunError
from textkind.report import data_page, error_section, map_page, page
from textkind.report.charts import libraries
from textkind.steps.report import report as joined_report


def words(html):
    """What a reader sees, without tags."""
    body = re.sub(r"<(style|script).*?</\1>", "", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def named(html):
    return re.findall(r'<li><a href="#(\w+)">(\w+)</a></li>', html)


@pytest.fixture(scope="module")
def network_run(tmp_path_factory, toy):
    """A run of a method without features; the majority stands for the networks, which take minutes."""
    return toy_run(tmp_path_factory.mktemp("majority"), toy, "majority")


def test_command_writes_one_page_beside_the_run_and_once(cli, tfidf_run):
    told = cli("report", tfidf_run.path, "--projection", "pca", "--rows", 3, "--json")
    assert told.code == 0, told.err
    beside = tfidf_run.path.parent / "run.report.html"
    html = beside.read_text("utf-8")
    assert told.document == {
        "run": "run",
        "report": str(beside),
        "bytes": beside.stat().st_size,
        "sections": [name for _, name in named(html)],
    }
    assert [name for name, _ in named(html)] == [
        "overview", "data", "labels", "confusion", "calibration", "map", "errors", "method",
    ]  # fmt: skip
    assert "each answered by a model that has not seen it" in words(html)
    again = cli("report", tfidf_run.path)
    assert again.code == 2
    assert "run.report.html exists already: name another file, or remove it" in again.err
    assert Run.load(tfidf_run.path).openings == 0


def test_a_page_inside_the_run_is_refused_before_the_work(cli, tfidf_run):
    told = cli("report", tfidf_run.path, "--out", tfidf_run.path / "all.html")
    assert told.code == 2
    assert "is inside the run, whose files must not change: name an --out elsewhere" in told.err
    assert not (tfidf_run.path / "all.html").exists()


def test_figures_of_an_earlier_version_are_told_before_the_work(tfidf_run, monkeypatch):
    metrics = json.loads((tfidf_run.path / "metrics.json").read_text("utf-8"))
    del metrics["calibration"]
    monkeypatch.setattr("textkind.steps.report.json.loads", lambda text: metrics)
    with pytest.raises(RunError, match="has no calibration in metrics.json"):
        joined_report(tfidf_run)


def test_unknown_projection_is_refused(cli, tfidf_run, tmp_path):
    told = cli("report", tfidf_run.path, "--projection", "tsne", "--out", tmp_path / "r.html")
    assert told.code == 2
    assert "unknown projection 'tsne'" in told.err


def test_a_method_without_features_has_no_map_and_says_so(cli, network_run, tmp_path):
    told = cli("report", network_run.path, "--rows", 2, "--out", tmp_path / "r.html")
    assert told.code == 0, told.err
    html = (tmp_path / "r.html").read_text("utf-8")
    assert "Map" not in dict(named(html)).values()
    assert "This page has no map: the method majority has no features to draw." in words(html)
    assert 'id="map"' not in html


@pytest.mark.parametrize("kind", ["several", "pairs"])
def test_every_kind_of_task_has_a_page(cli, kind, toy, tmp_path):
    (tmp_path / "data.jsonl").write_text(rows_of_kind(kind, toy))
    cli("train", tmp_path / "data.jsonl", "--method", "tfidf", "--out", tmp_path / "run")
    told = cli("report", tmp_path / "run", "--projection", "pca", "--rows", 3, "--json")
    assert told.code == 0, told.err
    assert ("Confusion" in told.document["sections"]) == (kind == "pairs")


def test_no_text_of_the_test_split_is_shown(toy, tmp_path):
    from textkind import Recipe, train

    texts, labels = toy
    for split in ("train", "validation"):
        rows = [f"{text} {split},{label}" for text, label in zip(texts, labels, strict=True)]
        (tmp_path / f"{split}.csv").write_text(
            "text,label\n" + "\n".join(rows * (3 if split == "train" else 1))
        )
    sealed = [
        "secretword so happy train,anger",
        f"secretword {'long ' * 50},joy",
        "secretword,joy",
        "so sad train,joy",
    ]
    (tmp_path / "test.csv").write_text("text,label\n" + "\n".join(sealed))
    recipe = Recipe.build({"data": {"source": str(tmp_path)}, "method": {"name": "tfidf"}})
    run, _ = train(recipe, tmp_path / "run")
    joined_report(run, projection="pca", rows=50).write(tmp_path / "r.html")
    html = (tmp_path / "r.html").read_text("utf-8")
    assert "secretword" not in html
    assert "test 4 rows" in words(html)
    assert Run.load(run.path).openings == 0


def test_examples_leave_the_unquoted_split_out_and_count_it():
    data = Dataset.of({"train": (["one two three", "x y z"], ["a", "b"]), "test": (["one two three"], ["a"])})
    (told,) = [one for one in findings(Exploration(data), unquoted="test") if one.code == "D001"]
    assert "1 row of test" in told.message
    assert not [one for one in told.examples if one.startswith("test")]


def test_sections_are_those_that_there_are():
    everything = joined(training=TRAINING)
    assert [name for name, _ in named(everything)] == [
        "overview", "data", "training", "labels", "confusion", "calibration", "map", "errors", "method",
    ]  # fmt: skip
    for name, _ in named(everything):
        assert everything.count(f'id="{name}"') == 1
    assert "map" not in dict(named(joined(feature_map=False)))
    assert everything.count(str(libraries())) == 1


def test_parts_are_those_of_the_pages_of_their_own():
    html = joined()
    names = ("joy", "anger")
    single = page.render(report(names), {"title": "x"})
    start, end = (single.index(heading) for heading in ("<h2>Each label", "<h2>Data and method"))
    for part in re.findall(r"<section>.*?</section>", single[start - 20 : end], flags=re.DOTALL):
        assert part in html
    data = data_page.render_data(
        explored(names, [f"{names[number % 2]} words {number}" for number in range(40)])
    )
    for document in (data, map_page.render_map(mapped(names))):
        nested = document.replace("<h2>", "<h3>").replace("</h2>", "</h3>")
        parts = re.findall(r"<section>.*?</section>", nested, flags=re.DOTALL)
        assert len(parts) >= 3
        assert not [part for part in parts if part not in html and "Where it is from" not in part]


def test_errors_show_queue_pairs_slices_shortcuts_and_both_kinds_of_mistakes():
    seen = words(joined())
    for told in (
        "80 rows (train 60, validation 20)",
        "Confident learning takes 5.0% of the labels for wrong",
        "train 0 · joy → anger ? · doubt joy",
        "joy answered anger : 9 rows, 20.0%",
        "Sure: the first 12 of 40",
        "Unsure: the first 12 of 50",
        "3 texts with more than one label, 4 pairs of nearly equal texts",
        "2 slices were held against the rest",
        "the answer anger 30",
    ):
        assert told in seen
    assert "a sealed text" not in seen
    assert "test 7 · sealed" in seen


def test_nothing_found_is_said():
    found = mistaken(("joy", "anger"))
    found |= {"queue": [], "confusions": [], "slices": [], "shortcuts": []}
    found["ranking"] |= {"confident": [], "unsure": []}
    found["disagreements"] = {"equal": 0, "near": 0, "examples": []}
    found["wrong_labels"] |= {"joint": None}
    html = page.template("parts/errors.html.j2").render(**error_section.context(found))
    seen = words(html)
    for told in (
        "None of 0 does worse than the rest beyond chance.",
        "No word or markup misleads the answer beyond chance.",
        "Sure: no mistake.",
    ):
        assert told in seen
    assert "Review first" not in seen


def test_words_are_marked_with_sign_and_weight_not_by_colour_alone():
    html = joined()
    assert '<mark class="for" style="--share:1.00" title="+1.9">joy<sup>+1.9</sup></mark>' in html
    assert '<mark class="against" style="--share:0.63" title="−1.2">text 0<sup>−1.2</sup></mark>' in html


def test_pieces_make_up_the_text_whatever_the_words_say():
    text = "so happy, not"
    for weights in ((), (1.0,), (0.0, 0.0), (2.0, -0.1, 1.0)):
        spans = [(0, 2), (3, 8), (10, 40)][: len(weights)]
        found = [{"start": a, "end": b, "weight": w} for (a, b), w in zip(spans, weights, strict=True)]
        assert "".join(piece["text"] for piece in error_section.pieces(text, found)) == text
    assert error_section.pieces("", []) == []


def test_texts_from_outside_are_shown_as_text():
    html = joined(HOSTILE)
    ours = html.replace(str(libraries()), "")
    assert (
        ours.count("<script") == ours.count("</script>") == 1 + 3 + 1
    )  # its own, and the data of four pictures
    assert not [tag for tag in ("<img", "<b>1</b>", "<i>data", "<u>2") if tag in ours]
    assert "{{ 7 * 7 }}" in ours
    assert not re.search(r"https?://(?!vega.github.io/schema/)|@import|url\(|<link|\ssrc=[^x]", ours)
