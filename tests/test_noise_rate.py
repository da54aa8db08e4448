"""The rate of wrong labels: a random order that nobody can choose, and an interval that covers."""

import json

import numpy as np
import pytest

from reviewing import review_rows
from textkind.data.correction_log import append, read
from textkind.data.corrections import Correction
from textkind.data.random_order import random_order
from textkind.mistakes.noise_rate import STEP, noise_rate
from textkind.text.inputs import text_id

ROWS, RATE = 1500, 0.15
PLACES = [("train", row) for row in range(ROWS)]
WRONG = np.arange(ROWS) < RATE * ROWS


def kept(row, label="joy"):
    return Correction("train", row, "id", label, "keep")


def relabelled(row, to="sadness"):
    return Correction("train", row, "id", "joy", "relabel", to)


DECISIONS = [relabelled(row) if wrong else kept(row) for row, wrong in enumerate(WRONG)]


def estimate(order, reviewed):
    """The rate's estimate if exactly the rows `reviewed` are decided."""
    return noise_rate([PLACES[row] for row in order], [DECISIONS[row] for row in reviewed]).estimate


@pytest.mark.parametrize("queue", [0, 150, 500])
@pytest.mark.parametrize("sample", [50, 110])
def test_the_interval_covers_the_planted_rate_also_when_the_queue_was_reviewed_besides(sample, queue):
    rng, repeats, covered, values = np.random.default_rng(0), 500, 0, []
    for _ in range(repeats):
        order = rng.permutation(ROWS)
        doubt = np.argsort(-(WRONG * 1.5 + rng.normal(size=ROWS)))[:queue]  # finds wrong labels, not surely
        found = estimate(order, {*order[:sample].tolist(), *doubt.tolist()})
        covered += found.low <= RATE <= found.high
        values.append(found.value)
    # 0.95, and three standard errors of a share of 500 on either side, rounded up for Wilson's own waves
    assert 0.915 <= covered / repeats <= 0.985
    assert abs(np.mean(values) - RATE) < 0.01


def test_a_review_of_the_queue_alone_gives_no_rate():
    rng = np.random.default_rng(0)
    for _ in range(50):
        assert estimate(rng.permutation(ROWS), np.flatnonzero(WRONG).tolist()) is None


def test_the_random_order_is_as_good_as_drawn():
    """Blocks of one order are random samples: their intervals cover the rate, of long texts and short ones."""
    rows = 50_000
    places = [("train", row) for row in range(rows)]
    texts = ["the same text" if row % 3 else f"text {row}" for row in range(rows)]
    wrong = random_order(places, texts) % 5 == 0  # every fifth row of the data, in the order of the sample
    order = [("train", row) for row in range(100)]
    covered = 0
    for block in wrong.reshape(-1, 100):
        found = noise_rate(order, [relabelled(row) if one else kept(row) for row, one in enumerate(block)])
        covered += found.estimate.low <= 0.2 <= found.estimate.high
    assert 0.91 <= covered / (rows / 100) <= 0.985


def test_the_order_is_of_the_rows_alone_and_stays_when_some_are_gone():
    places = [(split, row) for split in ("train", "validation") for row in range(50)]
    texts = [f"text {row % 7}" for row in range(100)]
    order = [places[number] for number in random_order(places, texts)]
    assert sorted(order) == sorted(places)
    assert order != places
    left = [number for number in range(100) if number % 4]
    fewer = random_order([places[number] for number in left], [texts[number] for number in left])
    assert [places[left[number]] for number in fewer] == [one for one in order if places.index(one) % 4]


def test_the_page_has_the_order_of_the_report():
    rows = review_rows([f"text {row}" for row in range(90)])
    places, texts = rows.judged.places, rows.judged.texts
    expected = [places[number] for number in random_order(places, texts)]
    columns = json.loads(rows.columns)
    found = [(columns["splits"][columns["split"][rank]], columns["row"][rank]) for rank in columns["sample"]]
    assert found == expected
    assert columns["sample_step"] == STEP


def test_dropped_and_ambiguous_rows_are_neither_right_nor_wrong():
    left = [Correction("train", row, "id", "joy", ("drop", "ambiguous")[row % 2]) for row in range(10)]
    rest = [relabelled(row) for row in range(10, 20)] + [kept(row) for row in range(20, STEP * 2)]
    found = noise_rate(PLACES, [*left, *rest])
    assert (found.sample, found.left_out, found.estimate.n) == (50, 10, 40)
    assert found.estimate.value == 0.25
    assert "10 dropped or ambiguous, left out" in found.told
    nothing = noise_rate(PLACES[:10], left)
    assert nothing.estimate is None
    assert "all 10 decided rows" in nothing.told


def test_the_sample_ends_at_the_first_row_that_is_not_decided_and_grows_by_whole_steps():
    rows = [kept(row) for row in range(ROWS)]
    assert noise_rate(PLACES, [one for one in rows if one.row != 60]).sample == 50
    assert noise_rate(PLACES, rows[: STEP - 1]).to_dict()["noise_rate"] is None
    assert f"24 of the first {STEP} are" in noise_rate(PLACES, rows[: STEP - 1]).told
    assert noise_rate(PLACES[:30], rows[:30]).sample == 30  # all there are
    assert noise_rate([], []).estimate is None


def test_a_label_that_was_changed_back_was_not_wrong():
    back = relabelled(0, to="joy").after(relabelled(0))
    assert noise_rate(PLACES[:1], [back]).estimate.value == 0


@pytest.fixture
def planted(cli, tmp_path):
    """A Run on 400 + 100 rows of which every fifth is labelled wrongly, and what a perfect reviewer says of a row."""
    (tmp_path / "data").mkdir()
    answers = {}
    for split, n in (("train", 400), ("validation", 100)):
        lines = []
        for row in range(n):
            true, other = ("joy", "sadness") if row % 2 else ("sadness", "joy")
            text = f"{'glad happy' if true == 'joy' else 'tears cry'} {split} {row} w{row % 7}"
            given = other if row % 5 == 0 else true
            lines.append(json.dumps({"text": text, "label": given}))
            decision = ("keep", None) if given == true else ("relabel", true)
            answers[split, row] = Correction(split, row, text_id(text), given, *decision, reviewer="A")
        (tmp_path / "data" / f"{split}.jsonl").write_text("\n".join(lines))
    assert cli("train", tmp_path / "data", "--method", "tfidf", "--out", tmp_path / "before").code == 0
    return answers


def test_queue_and_sample_give_a_rate_through_the_command_line(cli, planted, tmp_path):
    log, before = tmp_path / "log.jsonl", tmp_path / "before"

    def corrected(name):
        told = cli(
            "train", tmp_path / "data", "--method", "tfidf", "--corrections", log, "--out", tmp_path / name
        )
        assert told.code == 0, told.err
        return cli("repair-report", before, tmp_path / name, "--json").document

    queue = cli("errors", before, "--rows", 60, "--json").document["queue"]
    for item in queue:
        append(log, planted[item["split"], item["row"]])
    document = corrected("queue")
    assert document["noise_rate"] is None
    assert "Random sample" in document["noise_sample"]["told"]
    assert document["wrong_of_reviewed"]["value"] > 0.5
    told = cli("repair-report", before, tmp_path / "queue").out
    assert "How many labels are wrong in all cannot be told" in told
    assert "the rate lies between" in told

    places = list(planted)
    lines = {split: (tmp_path / "data" / f"{split}.jsonl").read_text().splitlines() for split, _ in places}
    texts = [json.loads(lines[split][row])["text"] for split, row in places]
    done = {(one.split, one.row) for one in read(log)}
    for number in random_order(places, texts)[:200]:
        if places[number] not in done:
            append(log, planted[places[number]])
    document = corrected("sampled")
    rate = document["noise_rate"]
    assert rate["n"] == document["noise_sample"]["rows"] == 200
    assert rate["low"] <= 0.2 <= rate["high"]
    told = cli("repair-report", before, tmp_path / "sampled").out
    assert "are wrong, n = 200: the first 200 rows of the random sample" in told
    assert "the rate lies between" not in told
