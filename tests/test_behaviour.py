"""Behaviour tests: each change does what it says and no more, each test can fail, suites are strict."""

import ast
import json
import re
import tomllib
from pathlib import Path
from random import Random
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import textkind
from textkind import LabelSet, Recipe, Run, train
from textkind.behaviour import changes
from textkind.behaviour.junit import junit
from textkind.behaviour.outcome import Example, Outcome
from textkind.behaviour.runner import EXPECTED, changed_text, run_suite
from textkind.behaviour.suite import TABLES, Suite
from textkind.behaviour.words import GROUPS
from textkind.errors import DataError, RecipeError
from textkind.report.intervals import wilson
from textkind.steps.check import check

LABELS = LabelSet(("joy", "sadness"))
TEXTS = [f"Anna said it is a wonderful day in London number {number}!" for number in range(40)]
HOSTILE = "a\x00b\x1b[31m<script>&\ud7ff\ufffe]]> \x0b"
SUITE = Path(__file__).parents[1] / "examples" / "suite.toml"


def judged_by(rule):
    """A classifier of two labels: joy where `rule(text)` holds."""

    def proba(texts):
        joy = np.array([0.9 if rule(text) else 0.1 for text in texts])
        return np.column_stack([joy, 1 - joy])

    return proba


def only(name, **more):
    return Suite.build({"skip": [other for other in TABLES if other != name], **more})


def seeds(change, text, **more):
    return {change(text, Random(seed), **more) for seed in range(200)}


# changes


def test_case():
    assert changes.upper_case("So sad, straße 1", Random(0)) == "SO SAD, STRASSE 1"
    assert changes.lower_case("So SAD 1", Random(0)) == "so sad 1"
    assert changes.upper_case("12 :)", Random(0)) == "12 :)"


def test_spacing_adds_spaces_and_nothing_else():
    text = "what a  day\nit was here"
    for found in seeds(changes.spacing, text):
        assert found != text
        assert found.split() == text.split()
        assert found.count("\n") == 1
    assert changes.spacing("word", Random(0)) == "  word  "


@pytest.mark.parametrize(
    ("text", "expected"),
    [("so sad", "so sad."), ("so sad?! ", "so sad"), ("v1.2 is out", "v1.2 is out."), ("?!", "?!")],
)
def test_punctuation_touches_the_end_only(text, expected):
    assert changes.punctuation(text, Random(0)) == expected


def test_typo_changes_one_word_and_leaves_the_special_ones():
    text = "see @somebody at https://example.com/page #topic [NAME] wonderful a1b2cdef"
    words = text.split()
    found = seeds(changes.typo, text)
    assert len(found) > 10
    for one in found:
        differing = [place for place, word in enumerate(one.split()) if word != words[place]]
        assert differing == [6]
        assert abs(len(one) - len(text)) <= 1
    assert seeds(changes.typo, "I am so 1234 @user") == {"I am so 1234 @user"}
    assert all(one != "aaaa" for one in seeds(changes.typo, "aaaa"))


def test_typo_makes_as_many_as_asked_in_different_words():
    text = "wonderful things happen everywhere"
    for one in seeds(changes.typo, text, edits=3):
        assert sum(new != old for new, old in zip(one.split(), text.split(), strict=True)) == 3
    assert len(changes.typo("word", Random(0), edits=9).split()) == 1


def test_names_swap_within_their_group_and_keep_the_case():
    groups = [["Anna", "Lisa", "Emma"], ["Rome", "New York"]]
    found = seeds(changes.names, "ANNA met anna and Lisa in rome, Romeo did not", groups=groups)
    assert found == {
        "LISA met lisa and Emma in new york, Romeo did not",
        "EMMA met emma and Anna in new york, Romeo did not",
    }
    assert changes.names("nobody here", Random(0)) == "nobody here"
    assert changes.names("seen in new york.", Random(0), groups) == "seen in rome."
    assert changes.names("dear [NAME]!", Random(0), [["[NAME]", "Anna"]]) == "dear Anna!"


def test_names_of_the_package_differ_and_have_no_marks():
    every = [name.casefold() for group in GROUPS for name in group]
    assert len(set(every)) == len(every)
    assert all(name.replace(" ", "").isalpha() for name in every)


def test_length_appends_one_sentence():
    assert changes.length("so sad", Random(0), ["Next."]) == "so sad. Next."
    assert changes.length("so sad! ", Random(0), ["Next."]) == "so sad! Next."
    assert len(seeds(changes.length, "so sad")) > 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("This is great, it was too", "This is not great, it was too"),
        ("i’m happy", "i’m not happy"),
        ("im happy", "im not happy"),
        ("I want this", "I do not want this"),
        ("they love what is new", "they do not love what is new"),
        ("what a day", "what a day"),
        ("this is not bad", "this is not bad"),
        ("it isn't bad, it is good", "it isn't bad, it is good"),
        ("i cant say it is good", "i cant say it is good"),
        ("an isle, a thistle", "an isle, a thistle"),
        ("is", "is"),
    ],
)
def test_negation(text, expected):
    assert changes.negation(text, Random(0)) == expected


def test_pairs_are_changed_on_both_sides_and_alike():
    one, other = changed_text(("Anna is in Rome", "Is anna in rome?"), changes.names, "7")
    assert one.casefold().split()[0] == other.casefold().split()[1]
    assert one != "Anna is in Rome"
    assert changed_text(("so", " "), changes.spacing, "0") == ("  so  ", " ")


@settings(max_examples=50, deadline=None)
@given(st.text(min_size=1), st.integers(0, 99))
def test_any_text_can_be_changed(text, seed):
    for name in TABLES:
        first, again = (changed_text(text, getattr(changes, name), str(seed)) for _ in range(2))
        assert first == again
        assert bool(first.strip()) == bool(text.strip())


def test_each_change_has_a_table_and_a_sentence():
    assert list(EXPECTED) == [*TABLES, "must"]


# tests that pass and fail

BRITTLE = {
    "upper_case": lambda text: text != text.upper(),
    "lower_case": lambda text: text != text.lower(),
    "spacing": lambda text: "  " not in text,
    "punctuation": lambda text: text.endswith("!"),
    "typo": lambda text: "said it is a wonderful day" in text and "number" in text,
    "names": lambda text: "Anna" in text,
    "length": lambda text: len(text) < 65,
    "negation": lambda text: True,
}


@pytest.mark.parametrize("name", TABLES)
def test_a_brittle_classifier_fails_and_a_steady_one_passes(name):
    proba = judged_by(BRITTLE[name])
    if name == "negation":  # surer of joy after a "not"
        proba = lambda texts: np.array([[0.9, 0.1] if " not " in text else [0.6, 0.4] for text in texts])  # noqa: E731
    (failed,) = run_suite(only(name), TEXTS, proba, LABELS)
    assert (failed.test, failed.status, failed.failed.n) == (name, "failed", 40)
    assert failed.failed.value > failed.at_most
    example = failed.examples[0]
    assert example.text == TEXTS[example.row] != example.changed
    assert example.changed.endswith(example.lines()[2].removeprefix("  after   ").removeprefix("…"))
    (passed,) = run_suite(only(name), TEXTS, judged_by(lambda text: True), LABELS)
    assert (passed.status, passed.failed.value, passed.examples) == ("passed", 0, ())


def test_negation_may_wobble_a_little():
    def proba(texts):
        joy = np.array([0.6 + 0.02 * (" not " in text) for text in texts])
        return np.column_stack([joy, 1 - joy])

    assert run_suite(only("negation"), TEXTS, proba, LABELS)[0].status == "failed"
    wobble = only("negation", negation={"rise": 0.03})
    assert run_suite(wobble, TEXTS, proba, LABELS)[0].status == "passed"


def test_threshold_itself_passes():
    rule = judged_by(lambda text: not (text.isupper() and text.endswith(("1!", "2!"))))
    found = {
        at_most: run_suite(only("upper_case", upper_case={"at_most": at_most}), TEXTS, rule, LABELS)[0]
        for at_most in (0.2, 0.199)
    }
    assert found[0.2].failed.value == 0.2
    assert (found[0.2].status, found[0.199].status) == ("passed", "failed")


def test_rows_that_a_change_leaves_are_not_tried():
    texts = ["12 34"] * 30 + TEXTS[:25]
    (found,) = run_suite(only("upper_case"), texts, judged_by(lambda text: True), LABELS)
    assert found.failed.n == 25


def test_rows_are_bounded_drawn_by_seed_and_asked_once():
    asked = []

    def proba(texts):
        asked.append(list(texts))
        return judged_by(str.isupper)(texts)

    def drawn(seed):
        return [
            one.row
            for one in run_suite(only("upper_case", rows=20, seed=seed), TEXTS, proba, LABELS)[0].examples
        ]

    assert drawn(1) == drawn(1) != drawn(2)
    assert [len(texts) for texts in asked] == [20] * 6
    asked.clear()
    run_suite(Suite(rows=20), TEXTS, proba, LABELS)
    assert [len(texts) for texts in asked] == [20] * 9  # one sample serves all tests


def test_too_few_rows_are_not_judged_and_none_at_all_is_an_error():
    with pytest.raises(DataError, match="expected 20 rows or more that a test can change, found 3"):
        run_suite(Suite(), TEXTS[:3], judged_by(str.isupper), LABELS)
    suite = only("upper_case", must=[{"text": "x", "label": "sadness"}])
    found = run_suite(suite, TEXTS[:3], judged_by(str.isupper), LABELS)
    assert [one.status for one in found] == ["not judged", "passed"]


def test_several_labels_are_compared_as_sets():
    labels = LabelSet(("a", "b", "c"), multi_label=True)

    def proba(texts):
        return np.array(
            [[0.9, 0.9 * ("not" not in text), 0.0] if "!" in text else [0, 0, 0] for text in texts]
        )

    suite = Suite.build({"skip": ["upper_case"]})
    found = {one.test: one for one in run_suite(suite, TEXTS, proba, labels)}
    assert found["punctuation"].status == "failed"
    assert found["punctuation"].examples[0].expected == ["a", "b"]
    assert found["punctuation"].examples[0].answered == []
    assert found["negation"].status == "passed"
    nothing = run_suite(
        only("negation", must=[{"text": "x", "label": []}]),
        TEXTS,
        lambda texts: np.zeros((len(texts), 3)),
        labels,
    )
    assert [one.status for one in nothing] == ["not judged", "passed"]  # no answer: nothing can rise


def test_pairs_are_not_negated():
    pairs = [(text, text) for text in TEXTS]
    found = {one.test: one for one in run_suite(Suite(), pairs, judged_by(lambda pair: True), LABELS)}
    assert found["negation"].status == "not judged"
    assert found["typo"].status == "passed"


# rows that must be right


@pytest.mark.parametrize(
    ("must", "fails"),
    [
        ({"label": "joy"}, False),
        ({"label": "sadness"}, True),
        ({"label": "joy", "at_least": 0.9}, False),
        ({"label": "joy", "at_least": 0.91}, True),
    ],
)
def test_must(must, fails):
    suite = Suite.build(
        {"skip": list(TABLES), "must": [{"text": "so happy", **must}, {"text": "x", "label": "joy"}]}
    )
    (found,) = run_suite(suite, (), judged_by(lambda text: True), LABELS)
    assert (found.test, found.failed.n, found.status) == ("must", 2, "failed" if fails else "passed")
    assert [one.row for one in found.examples] == [1] * fails
    if fails:
        assert "expected " + must["label"] in found.examples[0].lines()[0]


def test_each_of_several_labels_must_reach_at_least():
    labels = LabelSet(("a", "b"), multi_label=True)
    must = [{"text": "x", "label": ["a", "b"], "at_least": least} for least in (0.6, 0.61)]
    suite = Suite.build({"skip": list(TABLES), "must": must})
    (found,) = run_suite(suite, (), lambda texts: np.tile([0.9, 0.6], (len(texts), 1)), labels)
    assert [one.row for one in found.examples] == [2]


# suites


@pytest.mark.parametrize(
    ("tables", "messages"),
    [
        ({"sed": 1}, ["unknown key sed. Did you mean 'seed'?"]),
        ({"typos": {"edits": 1}}, ["unknown key typos. Did you mean 'typo'?"]),
        ({"typo": {"edit": 1}}, ["unknown key typo.edit. Did you mean 'edits'?"]),
        ({"typo": {"at_most": 2.0}}, ["typo.at_most = 2.0: input should be less than or equal to 1"]),
        ({"spacing": {"at_most": float("nan")}}, ["spacing.at_most = nan"]),
        ({"spacing": {"at_most": True}}, ["spacing.at_most = True"]),
        ({"rows": 0}, ["rows = 0: input should be greater than or equal to 1"]),
        ({"rows": "9"}, ["rows = '9'"]),
        ({"typo": 0.1}, ["typo = 0.1: expected a table"]),
        ({"must": {"text": "x"}}, ["expected a list"]),
        ({"names": {"groups": [["Anna"]]}}, ["names.groups.0"]),
        ({"length": {"sentences": [" "]}}, ["length.sentences.0 = ' '"]),
        ({"skip": ["negatoin"]}, ["unknown test 'negatoin'", "Did you mean 'negation'?"]),
        ({"must": [{"text": "x", "labl": "joy"}]}, ["unknown key [[must]] 1: labl. Did you mean 'label'?", "[[must]] 1: label is missing"]),
        ({"sed": 1, "typo": {"edit": 1}, "rows": 0}, ["unknown key sed", "unknown key typo.edit", "rows = 0"]),
        ({"skip": list(TABLES)}, ["every test is skipped and there is no [[must]]"]),
    ],
)  # fmt: skip
def test_mistakes_in_a_suite_are_said_all_at_once(tables, messages):
    with pytest.raises(RecipeError) as caught:
        Suite.build(tables)
    assert str(caught.value).startswith("suite: ")
    for message in messages:
        assert message in str(caught.value)


def test_must_rows_have_to_fit_the_run():
    must = [{"text": "x", "label": "joi"}, {"text": "x", "label": ["joy", "sadness"]}, {"text": "x", "text_pair": "y", "label": "joy"}]  # fmt: skip
    with pytest.raises(RecipeError) as caught:
        Suite.build({"must": must}).check_must(LABELS, pairs=False)
    for message in ("[[must]] 1: unknown label 'joi'", "Did you mean 'joy'?", "[[must]] 2: expected one label, found 2", "[[must]] 3 has a text_pair"):  # fmt: skip
        assert message in str(caught.value)
    with pytest.raises(RecipeError, match="has no text_pair, but the run was trained on pairs"):
        Suite.build({"must": must[:1]}).check_must(LABELS, pairs=True)


def test_a_label_that_is_a_number_is_told_to_be_a_name():
    with pytest.raises(RecipeError, match='found the number 1: write "1"'):
        Suite.build({"must": [{"text": "a", "label": 1}]})


def test_suites_of_the_documentation_are_valid():
    assert Suite.read(SUITE).must
    (block,) = re.findall(
        r"```toml\n(.*?)```", (SUITE.parents[1] / "docs" / "check.md").read_text(), re.DOTALL
    )
    assert Suite.build(tomllib.loads(block)).skip == ("negation",)


# JUnit


def outcomes():
    bad = Example(3, HOSTILE, HOSTILE + " \x08x", "joy", HOSTILE, 0.7, 0.2)
    return [
        Outcome("typo", EXPECTED["typo"], wilson(20, 100), 0.15, "failed", (bad,)),
        Outcome("names", EXPECTED["names"], wilson(0, 3), 0.15, "not judged", ()),
        Outcome("length", EXPECTED["length"], wilson(0, 100), 0.15, "passed", ()),
    ]


def test_junit_is_xml_whatever_the_texts_hold():
    root = ET.fromstring(junit(HOSTILE, outcomes()))
    (suite,) = root
    assert {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": "3", "failures": "1", "errors": "0", "skipped": "1",
    }  # fmt: skip
    assert [case.get("name") for case in suite] == ["typo", "names", "length"]
    (failure,) = suite.iter("failure")
    assert failure.get("message") == "20 of 100 rows failed, 20.0 % [13.3, 28.9]; at most 15 % may"
    assert "<script>&" in failure.text
    assert "\ufffd" in failure.text
    assert not set(failure.text) & set("\x00\x1b\x08\ufffe")
    (skipped,) = suite.iter("skipped")
    assert skipped.get("message") == "not judged: the change fits 3 rows only"


def test_each_must_is_a_case_of_its_own():
    broken = Example(2, HOSTILE, None, "joy", HOSTILE, 0.9, 0.2)
    must = Outcome("must", EXPECTED["must"], wilson(1, 3), 0.0, "failed", (broken,))
    (suite,) = ET.fromstring(junit("run", [must]))
    assert (suite.get("tests"), suite.get("failures")) == ("3", "1")
    assert [case.get("name") for case in suite] == ["must 1", "must 2", "must 3"]
    assert [bool(case.findall("failure")) for case in suite] == [False, True, False]
    assert "expected joy with 0.90 or more" in suite[1][0].get("message")


def test_long_texts_are_cut_around_the_change():
    text = "word " * 500
    lines = Example(0, text, text[:1000] + "X" + text[1000:], "joy", "sadness", 0.7, 0.2).lines()
    assert all(len(line) < 200 for line in lines)
    assert "word Xword" in lines[2]


# the command


@pytest.fixture(scope="module")
def run(tmp_path_factory, toy):
    """A Run with 48 validation rows of capitals, names and negatable sentences."""
    folder = tmp_path_factory.mktemp("check")
    rows = [
        f"Anna said it is so: {text} {number},{label}" for number in range(20) for text, label in zip(*toy, strict=True)
    ]  # fmt: skip
    (folder / "toy.csv").write_text("text,label\n" + "\n".join(rows) + "\n")
    recipe = Recipe.build({"data": {"source": str(folder / "toy.csv")}, "method": {"name": "tfidf"}})
    return train(recipe, folder / "run")[0]


PASSING = "[length]\nat_most = 1\n[typo]\nat_most = 1\n[negation]\nat_most = 1\n"


def test_command_prints_json_and_exits_0(cli, run, tmp_path):
    (tmp_path / "suite.toml").write_text(PASSING)
    arguments = (
        "check",
        run.path,
        "--suite",
        tmp_path / "suite.toml",
        "--junit",
        tmp_path / "j.xml",
        "--json",
    )
    result = cli(*arguments)
    assert result.code == 0, result.err
    document = result.document
    assert (document["passed"], document["split"], document["rows"]) == (True, "validation", 500)
    assert [one["test"] for one in document["tests"]] == list(TABLES)
    for one in document["tests"]:
        assert one["failed"].keys() == {"value", "low", "high", "n"}
        assert one["failed"]["n"] <= document["validation_rows"]
    assert len(list(ET.parse(tmp_path / "j.xml").iter("testcase"))) == len(TABLES)
    assert cli(*arguments).document == document
    assert run.openings == 0
    assert {one["failed"]["n"] for one in cli(*arguments, "--rows", 21).document["tests"]} == {21}


def test_command_exits_1_when_a_test_fails_and_still_writes(cli, run, tmp_path):
    must = '[[must]]\ntext = "[red]so happy\\u001b[31m[/red]"\nlabel = "anger"\nat_least = 0.99\n'
    (tmp_path / "suite.toml").write_text(PASSING + must)
    result = cli("check", run.path, "--suite", tmp_path / "suite.toml", "--junit", tmp_path / "j.xml")
    assert result.code == 1
    for part in (
        "share of rows that failed",
        "upper_case",
        "must: expected that the row has this answer",
        "expected anger with 0.99 or more, answered joy",
        "[red]so happy",
        "8 of 9 tests passed",
    ):
        assert part in result.out
    assert "\x1b" not in result.out
    assert result.err == ""
    (suite,) = ET.parse(tmp_path / "j.xml").getroot()
    assert suite.get("failures") == "1"


def test_must_alone_needs_no_data(run, tmp_path, toy):
    import shutil

    copied = shutil.copytree(run.path, tmp_path / "run")
    data = json.loads((copied / "data.json").read_text())
    suite = Suite.build({"skip": list(TABLES), "must": [{"text": "so happy", "label": "joy"}]})
    checked = check(Run.load(copied), suite, data=str(tmp_path / "gone.csv"))
    assert checked.passed
    assert checked.validation_rows is None
    assert data["location"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--suite", "none.toml"], "cannot read the suite none.toml"),
        (["--suite", "broken.toml"], "broken.toml is not TOML"),
        (["--suite", "strange.toml"], "suite: unknown key typo.edit. Did you mean 'edits'?"),
        (["--suite", "label.toml"], "suite: [[must]] 1: unknown label 'joi'"),
        (["--rows", "0"], "--rows"),
        (
            ["--rows", "3"],
            "no test could be judged: expected 20 rows or more that a test can change, found 3",
        ),
        (["--data", "sample:emotion"], "is not the data that"),
    ],
)
def test_mistake_is_one_line_and_exit_code_2(cli, run, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    Path("broken.toml").write_text("seed = \n")
    Path("strange.toml").write_text("[typo]\nedit = 1\n")
    Path("label.toml").write_text('[[must]]\ntext = "x"\nlabel = "joi"\n')
    before = sorted(tmp_path.iterdir())
    result = cli("check", run.path, *arguments, "--junit", "out/j.xml")
    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert len([line for line in result.err.splitlines() if "error" in line]) == 1
    assert sorted(tmp_path.iterdir()) == before


def test_pairs_and_several_labels_can_be_checked(cli, tmp_path, toy):
    rows = [
        {"a": text, "b": f"{text} {n}", "label": ["x", "y"] if n % 3 == 0 else ["x"] if n % 3 == 1 else []}
        for n in range(15) for text in toy[0]
    ]  # fmt: skip
    data = tmp_path / "rows.jsonl"
    data.write_text("\n".join(map(json.dumps, rows)))
    table = {"source": str(data), "text": "a", "text_pair": "b", "label": "label"}
    trained, _ = train(Recipe.build({"data": table, "method": {"name": "tfidf"}}), tmp_path / "run")
    found = cli("check", trained.path, "--json")
    assert found.code in (0, 1), found.err
    judged = {one["test"]: one for one in found.document["tests"]}
    assert judged["spacing"]["status"] == "passed"
    assert judged["spacing"]["failed"]["n"] >= 20
    assert all(len(example["text"]) == 2 for one in judged.values() for example in one["examples"])


def test_behaviour_knows_no_classifier():
    for path in (Path(textkind.__file__).parent / "behaviour").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert not str(node.module).startswith(
                    ("textkind.classifiers", "textkind.encoders", "textkind.artifact")
                )


def test_word_counts_on_real_emotions(cli, shared, tmp_path):
    """Counts of words do not see case, spaces and marks; a typo hides a word from them."""
    recipe = Recipe.build({"data": {"source": str(shared / "emotion")}, "method": {"name": "tfidf"}})
    trained, _ = train(recipe, tmp_path / "run")
    found = {one.test: one for one in check(trained).outcomes}
    for name in ("upper_case", "spacing", "punctuation"):
        assert (found[name].failed.value, found[name].failed.n) == (0, 500)
    assert found["lower_case"].status == "not judged"  # these tweets have no capitals
    assert found["typo"].failed.value > 0.05
    assert trained.openings == 0
