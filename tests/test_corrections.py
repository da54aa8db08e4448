"""Decisions about rows: written at once, applied by fingerprint, refused where the row is another one."""

import json
from dataclasses import asdict, replace

import pytest
from rich.console import Console

from textkind import Dataset
from textkind.artifact.run import Run
from textkind.classifiers.contract import TextClassifier
from textkind.data.correction_log import append, read
from textkind.data.corrections import Correction, apply, origins
from textkind.errors import DataError
from textkind.mistakes.noise_rate import noise_rate
from textkind.report.comparison import Comparison
from textkind.report.intervals import Estimate, wilson
from textkind.steps.repair_report import RepairReport, repair_report
from textkind.terminal.repair_report import show_repair_report
from textkind.text.inputs import text_id

DATA = Dataset.of(
    {
        "train": (["so sad", "fine", "odd", "=1+1"], ["joy", "joy", "sadness", "sadness"]),
        "validation": (["hm", "well"], ["joy", "joy"]),
        "test": (["sealed"], ["joy"]),
    }
)


def decided(row, decision, to=None, split="train", **changes):
    part = DATA.audited_splits()[split]
    label = DATA.labels.name(part.targets)[row]
    return replace(Correction(split, row, text_id(part.texts[row]), label, decision, to), **changes)


def test_a_decision_is_on_disk_at_once_with_its_time(tmp_path):
    log = tmp_path / "new" / "log.jsonl"
    append(log, decided(0, "relabel", "sadness", reviewer="R", note="<script>\u202e\n\x1b[31m"))
    append(log, decided(1, "keep", at="2026-11-21T00:00:00+00:00"))
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert lines[0]["at"]
    assert lines[1]["at"] == "2026-11-21T00:00:00+00:00"
    assert [replace(one, at="") for one in read(log)] == [
        decided(0, "relabel", "sadness", reviewer="R", note="<script>\u202e\n\x1b[31m"),
        decided(1, "keep"),
    ]


def test_a_crash_in_the_middle_of_a_line_costs_that_line_only(tmp_path, caplog):
    log = tmp_path / "log.jsonl"
    append(log, decided(0, "drop"))
    whole = log.read_bytes()
    log.write_bytes(whole + whole[: len(whole) // 2])
    assert len(read(log)) == 1
    append(log, decided(1, "drop"))  # begins a line of its own
    with caplog.at_level("WARNING", "textkind"):
        assert [one.row for one in read(log)] == [0, 1]
    assert "line 2 was cut short" in caplog.text


@pytest.mark.parametrize("end", ["", "\n"])
def test_a_whole_line_that_is_no_decision_was_not_cut_short(tmp_path, caplog, end):
    log = tmp_path / "log.jsonl"
    append(log, decided(0, "drop"))
    misspelt = json.dumps({**asdict(decided(1, "drop")), "decision": "relable"})
    for line, said in (
        (misspelt, "line 2: unknown decision 'relable'"),
        ("{}", "line 2: expected an object with"),
        ('{"row": ' + "1" * 5000 + "}", "line 2: not JSON"),
    ):
        whole = log.read_bytes()
        log.write_bytes(whole + line.encode() + end.encode())
        with pytest.raises(DataError, match=said):
            read(log)
        log.write_bytes(whole)
    assert "cut short" not in caplog.text


def test_a_line_may_be_cut_anywhere_and_nothing_else_is_lost(tmp_path):
    log = tmp_path / "log.jsonl"
    append(log, decided(0, "relabel", "sadness", reviewer="Zoë", note="}\x1b{"))
    whole = log.read_bytes()
    for end in range(1, len(whole) - 1):
        log.write_bytes(whole + whole[:end])
        append(log, decided(1, "keep"))
        assert [one.row for one in read(log)] == [0, 1], whole[:end]


def test_an_undo_takes_back_its_reviewers_last_decision_about_the_row(tmp_path):
    log = tmp_path / "log.jsonl"
    append(log, decided(0, "relabel", "sadness", reviewer="A"))
    append(log, decided(0, "drop", reviewer="B"))
    append(log, decided(0, "keep", reviewer="A"))
    append(log, decided(0, "undo", reviewer="A"))
    assert [(one.decision, one.reviewer) for one in read(log)] == [("drop", "B")]
    append(log, decided(0, "undo", reviewer="B"))
    append(log, decided(0, "undo", reviewer="B"))  # nothing left to take back
    assert [(one.decision, one.to) for one in read(log)] == [("relabel", "sadness")]


def test_lines_that_are_no_decision_are_named_all_at_once(tmp_path):
    log = tmp_path / "log.jsonl"
    good = asdict(decided(0, "keep"))
    bad = [{**good, "decision": "explode"}, {**good, "row": "0"}, {**good, "extra": 1}, [1], {"split": "train"},
           {**good, "to": "joy"}, {**good, "decision": "relabel", "to": " "}, {**good, "label": None}]  # fmt: skip
    log.write_text("".join(json.dumps(line) + "\n" for line in [good, *bad]))
    with pytest.raises(DataError) as told:
        read(log)
    for number in range(2, 10):
        assert f"line {number}: " in str(told.value)
    assert "unknown decision 'explode'" in str(told.value)
    with pytest.raises(DataError, match="cannot read the corrections"):
        read(tmp_path / "none.jsonl")


def test_the_last_decision_about_a_row_counts(tmp_path):
    log = tmp_path / "log.jsonl"
    append(log, decided(0, "drop"))
    append(log, decided(0, "relabel", "sadness"))
    append(log, decided(1, "drop"))
    append(log, decided(1, "keep"))
    first, second = read(log)
    assert (first.decision, first.to, second.decision) == ("relabel", "sadness", "keep")


def test_a_second_reviewer_may_have_seen_the_row_relabelled(tmp_path):
    log = tmp_path / "log.jsonl"
    append(log, decided(0, "relabel", "sadness"))
    append(log, decided(0, "keep", label="sadness"))
    assert [(one.decision, one.to, one.label) for one in read(log)] == [("relabel", "sadness", "joy")]
    append(log, decided(0, "drop", label="sadness"))
    assert len(apply(DATA, read(log)).split("train")) == 3


def test_every_decision_is_carried_out_and_the_data_stays_as_it_is():
    before = DATA.fingerprint
    log = [decided(0, "relabel", "sadness"), decided(1, "new", "calm"), decided(2, "ambiguous"),
           decided(3, "keep"), decided(0, "drop", split="validation")]  # fmt: skip
    repaired = apply(DATA, log)
    train = repaired.split("train")
    assert train.texts == ("so sad", "fine", "=1+1")
    assert repaired.labels.name(train.targets) == ["sadness", "calm", "sadness"]
    assert repaired.labels.names == ("calm", "joy", "sadness")
    assert repaired.sizes == {"train": 3, "validation": 1, "test": 1}
    assert repaired.card.notes[-1] == (
        "Corrections were applied: keep 1, relabel 1, new 1, drop 1, ambiguous 1."
    )
    assert [one["row"] for one in repaired.card.corrections] == [0, 1, 2, 3, 0]
    assert repaired.card.new_labels == ("calm",)
    assert origins(train, log) == [0, 1, 3]
    assert DATA.fingerprint == before


def test_columns_of_rows_that_are_left_stay_with_them():
    rows = {
        name: (split.texts, DATA.labels.name(split.targets)) for name, split in DATA.audited_splits().items()
    }
    data = Dataset.of(rows, metadata={"train": {"row": [0, 1, None, 3]}, "validation": {"row": [0, 1]}})
    repaired = apply(data, [decided(1, "drop"), decided(0, "relabel", "sadness"),
                            decided(0, "ambiguous", split="validation")])  # fmt: skip
    assert repaired.split("train").metadata == {"row": ("0", None, "3")}
    assert repaired.split("validation").metadata == {"row": ("1",)}


def test_rows_that_changed_are_refused_all_at_once():
    log = [
        decided(0, "drop", id="0" * 16),
        decided(1, "drop", label="sadness"),
        replace(decided(2, "drop"), row=99),
        replace(decided(2, "drop"), split="nowhere"),
        decided(0, "drop", split="test"),
        decided(3, "relabel", "sadnes"),
        decided(2, "relabel", ["joy"]),
    ]
    with pytest.raises(DataError) as told:
        apply(DATA, [*log, decided(3, "keep")])
    for words in (
        "7 of 8 corrections do not fit memory",
        "train 0 has another text now",
        "train 1 has the label 'joy' now, not 'sadness'",
        "train 99 is not there",
        "nowhere 2 is not there",
        "test 0 is of the sealed test split",
        "train 3 gets the unknown label 'sadnes'. Did you mean 'sadness'?",
        "train 2 needs one label, not ['joy']",
    ):
        assert words in str(told.value)
    with pytest.raises(DataError, match="gets the unknown label 'calm'; review these rows"):
        apply(DATA, [decided(0, "relabel", "calm")])


def test_dropping_every_row_of_a_split_is_refused():
    with pytest.raises(DataError, match="leave at least one train row, found that they drop all 4"):
        apply(DATA, [decided(row, "drop") for row in range(4)])
    every = [decided(row, "ambiguous", split="validation") for row in range(2)]
    with pytest.raises(
        DataError, match="leave at least one validation row, found that they drop all 2: keep"
    ):
        apply(DATA, every)


def test_several_labels_are_corrected_as_lists():
    data = Dataset.of({"train": (["x", "y"], [["a", "b"], ["a"]])})
    one = Correction("train", 0, text_id("x"), ["b", "a"], "relabel", ["b"])
    assert apply(data, [one]).labels.name(apply(data, [one]).split("train").targets) == [["b"], ["a"]]
    assert apply(data, [replace(one, to=[])]).labels.names == ("a", "b")


def test_train_takes_a_log_and_the_run_keeps_its_decisions(cli, toy_csv, tmp_path):
    cli("train", toy_csv, "--method", "tfidf", "--out", tmp_path / "before")
    queue = cli("errors", tmp_path / "before", "--rows", 3, "--json").document["queue"]
    log = tmp_path / "log.jsonl"
    for item, decision in zip(queue, ("drop", "relabel", "keep"), strict=True):
        to = item["suggested"] if decision == "relabel" else None
        append(log, Correction(item["split"], item["row"], item["id"], item["label"], decision, to))
    told = cli("train", toy_csv, "--method", "tfidf", "--corrections", log, "--out", tmp_path / "after")
    assert "Corrections were applied: keep 1, relabel 1, drop 1." in told.err.replace("\n", " ")
    append(log, replace(read(log)[2], decision="drop"))  # the log grows on
    again = cli("evaluate", tmp_path / "after", "--json")
    assert again.code == 0, again.err
    rows = cli("errors", tmp_path / "after", "--rows", 99, "--json").document
    places = {(item["split"], item["row"]): item["id"] for item in rows["queue"]}
    assert (queue[0]["split"], queue[0]["row"]) not in places
    assert places[queue[2]["split"], queue[2]["row"]] == queue[2]["id"]


def test_a_log_of_other_data_is_refused_before_anything_is_trained(cli, toy_csv, tmp_path):
    log = tmp_path / "log.jsonl"
    append(log, decided(0, "drop"))
    told = cli("train", toy_csv, "--method", "tfidf", "--corrections", log, "--out", tmp_path / "run")
    assert told.code == 2
    assert "train 0 has another text now" in told.err
    assert not (tmp_path / "run").exists()


@pytest.fixture
def repaired(cli, tmp_path):
    """Runs before and after, on rows a third of which is labelled wrongly; half of those were reviewed."""
    rows, log = [], tmp_path / "log.jsonl"
    for number in range(360):
        true = "joy" if number % 2 else "sadness"
        text = f"{'glad happy' if number % 2 else 'tears cry'} {number} w{number % 7}"
        wrong = number % 3 == 0 and number < 300
        rows.append((text, {"joy": "sadness", "sadness": "joy"}[true] if wrong else true, true))
    train, validation = rows[:300], rows[300:]
    (tmp_path / "data").mkdir()
    for name, part in (("train", train), ("validation", validation)):
        lines = [json.dumps({"text": text, "label": label}) for text, label, _ in part]
        (tmp_path / "data" / f"{name}.jsonl").write_text("\n".join(lines))
    for row, (text, label, true) in enumerate(train[:240]):
        if label != true:
            drop = row % 2
            append(log, Correction("train", row, text_id(text), label, "drop" if drop else "relabel",
                                   None if drop else true))  # fmt: skip
    append(log, Correction("validation", 0, text_id(validation[0][0]), validation[0][1], "keep"))
    cli("train", tmp_path / "data", "--method", "tfidf", "--out", tmp_path / "before")
    cli("train", tmp_path / "data", "--method", "tfidf", "--corrections", log, "--out", tmp_path / "after")
    return tmp_path / "before", tmp_path / "after"


def test_repair_report_leaves_out_what_was_reviewed(cli, repaired):
    document = cli("repair-report", *repaired, "--json").document
    assert document["gain"]["accuracy"]["n"] == 59
    assert document["decisions"] == {"keep": 1, "relabel": 40, "new": 0, "drop": 40, "ambiguous": 0}
    assert document["wrong_of_reviewed"]["n"] == 41
    assert document["wrong_of_all"]["value"] == pytest.approx(40 / 360)
    gain, without = document["gain"]["accuracy"], document["gain_without_drops"]["accuracy"]
    before, after = (document[side]["accuracy"]["value"] for side in ("before", "after"))
    assert gain["value"] == pytest.approx(after - before)
    if document["share_from_drops"] is not None:
        assert document["share_from_drops"] == pytest.approx(1 - without["value"] / gain["value"])
    told = cli("repair-report", *repaired)
    assert told.code == 0
    assert "validation rows that were not reviewed, n = 59" in told.out


def test_what_dropping_brought_is_measured_with_the_same_validation_rows_to_watch(repaired, monkeypatch):
    watched = []
    monkeypatch.setattr(TextClassifier, "_watch", lambda self, texts, targets: watched.append(len(texts)))
    repair_report(*(Run.load(path) for path in repaired))
    assert watched == [60]


def test_rows_that_only_the_earlier_run_had_reviewed_are_left_out_too(cli, repaired, tmp_path):
    _, after = repaired
    rows = [json.loads(line) for line in (tmp_path / "data" / "validation.jsonl").read_text().splitlines()]
    for row in (3, 4):
        append(tmp_path / "first.jsonl", Correction("validation", row, text_id(rows[row]["text"]),
                                                    rows[row]["label"], "keep"))  # fmt: skip
    data = tmp_path / "data"
    cli(
        "train", data, "--method", "tfidf", "--corrections", tmp_path / "first.jsonl", "--out", tmp_path / "b"
    )
    assert cli("repair-report", tmp_path / "b", after, "--json").document["gain"]["accuracy"]["n"] == 57


def test_repair_report_needs_corrections_and_the_same_data(cli, repaired, toy_csv, tmp_path):
    before, after = repaired
    assert "was trained without corrections" in cli("repair-report", after, before).err
    cli("train", toy_csv, "--method", "tfidf", "--out", tmp_path / "other")
    assert "were trained on different data" in cli("repair-report", tmp_path / "other", after).err


def test_repair_report_takes_a_class_that_was_new(cli, toy_csv, tmp_path):
    cli("train", toy_csv, "--method", "tfidf", "--out", tmp_path / "before")
    items = cli("errors", tmp_path / "before", "--rows", 99, "--json").document["queue"]
    for item in [one for one in items if one["split"] == "train"][:4]:
        one = Correction(item["split"], item["row"], item["id"], item["label"], "new", "calm")
        append(tmp_path / "log.jsonl", one)
    cli(
        "train",
        toy_csv,
        "--method",
        "tfidf",
        "--corrections",
        tmp_path / "log.jsonl",
        "--out",
        tmp_path / "after",
    )
    document = cli("repair-report", tmp_path / "before", tmp_path / "after", "--json").document
    assert document["gain_without_drops"] is None
    assert document["decisions"]["new"] == 4


def test_the_share_of_dropped_rows_is_told_only_of_a_gain():
    def gain(value, low):
        estimate = Estimate(value, low, value + 0.1, 100)
        return Comparison(estimate, estimate, 0.01)

    def report(whole, without):
        return RepairReport({}, {}, whole, without, {}, wilson(1, 2), wilson(1, 4), noise_rate([], []))

    assert report(gain(0.1, 0.05), gain(0.075, 0.01)).share_from_drops == pytest.approx(0.25)
    assert report(gain(0.1, 0.05), None).share_from_drops == 0
    assert report(gain(0.1, 0.0), gain(0.1, 0.05)).share_from_drops is None
    document = report(gain(0.1, 0.05), gain(0.075, 0.01)).to_dict()
    document["before"] = document["after"] = document["gain"]
    console = Console(width=120)
    with console.capture() as capture:
        show_repair_report(console, {**document, "decisions": {"drop": 3}})
    assert "25% of the gain in accuracy came from dropped rows." in capture.get()
