"""The report page: complete without a network, every text from outside shown as text."""

import re

import pytest

from pages import ABOUT, HOSTILE, explored, report
from textkind.report.charts import libraries
from textkind.report.data_page import render_data
from textkind.report.page import render


def words(page):
    """What a reader sees, without tags."""
    body = re.sub(r"<(style|script).*?</\1>", "", page, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


@pytest.mark.parametrize(
    "metrics",
    [
        report(),
        report(("a", "b"), split="test"),
        report(multi_label=True),
        report(tuple(f"label {number}" for number in range(80))),
    ],
    ids=["single", "test", "several labels a text", "80 labels"],
)
def test_page_shows_figures_with_interval_and_n(metrics):
    seen = words(render(metrics, ABOUT))
    for key in ("accuracy", "macro_f1", "weighted_f1"):
        figure = metrics[key]
        interval = f"[{figure['low']:.3f}, {figure['high']:.3f}]"
        assert f"{figure['value']:.3f} 95 % interval {interval} n = 90" in seen
    for finding in metrics["findings"]:
        assert finding["code"] in seen
    assert metrics["baselines"]["majority"]["difference"]["verdict"] in seen


def test_title_is_all_that_must_be_known():
    assert "a title" in render(report(), {"title": "a title"})


def test_data_may_be_known_in_part():
    seen = words(render(report(), {"title": "x", "data": {"source": "mine.csv"}}))
    assert "source mine.csv licence not stated" in seen


def test_label_without_rows_has_a_dash_and_is_not_called_the_weakest():
    metrics = report()
    metrics["per_class"].reverse()
    nothing = {"value": None, "low": None, "high": None, "n": 0}
    metrics["per_class"][0] |= {"precision": nothing, "recall": nothing, "f1": nothing, "support": 0}
    seen = words(render(metrics, ABOUT))
    assert "c 0 – – –" in seen
    assert seen.index("a " + str(metrics["per_class"][2]["support"])) < seen.index("c 0 –")


def test_baselines_are_shown_with_their_intervals():
    metrics = report()
    seen = words(render(metrics, ABOUT))
    for figures in metrics["baselines"].values():
        for key in ("accuracy", "macro_f1"):
            figure = figures[key]
            assert f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]" in seen


def test_method_is_not_compared_with_itself():
    page = render(report() | {"method": "tfidf"}, ABOUT)
    assert page.count("<b>tfidf</b>") == 2  # one row in either chart
    assert "<span>tfidf</span>" not in page
    assert '<th scope="row">tfidf</th>' not in page


def test_without_another_method_there_is_nothing_to_stand_beside():
    for baselines in ({}, {"features": report()["baselines"]["tfidf"]}):
        assert "Beside the baselines" not in render(report() | {"baselines": baselines}, ABOUT)


def test_confusion_matrix_has_counts_few_labels_also_shares():
    counts = report()["confusion"]["counts"]
    page = render(report(), ABOUT)
    for line in counts:
        for count in filter(None, line):
            assert f'data-n="{count}" title="{count} of {sum(line)} rows"' in page
    assert 'class="matrix compact"' in render(report(tuple(f"label {n}" for n in range(16))), ABOUT)
    assert "there is no confusion matrix" in words(render(report(multi_label=True), ABOUT))


def test_how_the_intervals_came_about_is_told():
    assert "percentile bootstrap over rows, 2,000 resamples" in words(render(report(), ABOUT))


def test_seal_is_told():
    assert "has been opened 2 times" in words(render(report(), ABOUT))
    assert "is still sealed" in words(render(report(), {"title": "x"}))
    assert "This is the test split, opened 2 times" in words(render(report(split="test"), ABOUT))


def test_texts_from_outside_are_shown_as_text():
    page = render(report(HOSTILE), ABOUT)
    assert page.count("<script>") == 1
    assert page.count("</script>") == 1
    assert not [tag for tag in ("<img", "<b>1</b>", "<i>data", "<u>2") if tag in page]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "{{ 7 * 7 }}" in page


def test_page_asks_nothing_of_a_network():
    page = render(report(), ABOUT)
    assert not re.search(r"https?://|//cdn|@import|url\(|<link|\ssrc=", page)


def test_data_page_shows_labels_lengths_findings_and_samples():
    page = words(render_data(explored(("joy", "anger"), [f"some words number {n}" for n in range(20)])))
    assert "train 20 · test 20 rows · 2 labels" in page
    assert "D001 issue 20 rows of test (100.0%) are also in train." in page
    assert "some words number" in page
    assert "Rows of each label" in page


def test_data_page_shows_texts_from_outside_as_text():
    page = render_data(explored(HOSTILE, [f"{text} {n}" for n in range(5) for text in HOSTILE]))
    ours = page.replace(str(libraries()), "")
    assert (
        ours.count("<script") == ours.count("</script>") == 1 + 3
    )  # the page's own, and three pictures' data
    assert "<img" not in ours
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in ours
    assert "\\u003cscript\\u003ealert(1)" in ours
    assert not re.search(r"https?://(?!vega.github.io/schema/)|@import|url\(|<link|\ssrc=[^x]", ours)


def test_same_report_same_page():
    assert render(report(), ABOUT) == render(report(), ABOUT)
