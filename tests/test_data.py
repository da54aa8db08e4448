"""Loading: files, folders, columns, cleaning, splits; every bad input has its message read."""

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from textkind import Dataset, LabelSet, LoadOptions, load_dataset
from textkind.data.cleaning import Rows
from textkind.data.columns import choose_columns
from textkind.data.readers import read_table
from textkind.data.splits import folded, split_rows
from textkind.errors import DataError, LabelError, SealedSplitError

GOOD = "".join(f"text number {number},{'ab'[number % 2]}\n" for number in range(40))


def load(tmp_path, content, name="data.csv", **options):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return load_dataset(str(path), LoadOptions(**options))


def train_rows(dataset):
    split = dataset.split("train")
    return list(zip(split.texts, dataset.labels.name(split.targets), strict=True))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_csv_with_any_usual_separator(tmp_path, separator):
    data = load(tmp_path, "text,label\n".replace(",", separator) + GOOD.replace(",", separator))
    assert data.sizes == {"train": 32, "validation": 4, "test": 4}
    assert data.labels.names == ("a", "b")


def test_csv_keeps_quotes_line_breaks_and_bom(tmp_path):
    tricky = '"a ""quoted"" word, a comma\nand a line break",a\n'
    data = load(tmp_path, "\ufefftext,label\n" + tricky * 2 + GOOD)
    everything = train_rows(data)
    assert data.card.columns["text"] == "text"
    assert ('a "quoted" word, a comma\nand a line break', "a") in everything


def test_json_lines_and_parquet_equal_csv(tmp_path):
    rows = [line.split(",") for line in GOOD.splitlines()]
    lines = "".join(f'{{"text": "{text}", "label": "{label}"}}\n' for text, label in rows)
    texts, labels = zip(*rows, strict=True)
    parquet.write_table(pa.table({"text": texts, "label": labels}), tmp_path / "data.parquet")
    prints = {
        load(tmp_path, "text,label\n" + GOOD).fingerprint,
        load(tmp_path, lines, "data.jsonl").fingerprint,
        load_dataset(str(tmp_path / "data.parquet")).fingerprint,
    }
    assert len(prints) == 1


def test_folder_with_own_splits_is_kept(tmp_path):
    for name in ("train", "dev", "test"):
        (tmp_path / f"{name}.csv").write_text("text,label\n" + GOOD.replace("text", name))
    data = load_dataset(str(tmp_path))
    assert data.sizes == {"train": 40, "validation": 40, "test": 40}
    assert not data.card.notes


def test_folder_without_validation_cuts_it_from_train(tmp_path):
    for name in ("train", "test"):
        (tmp_path / f"{name}.csv").write_text("text,label\n" + GOOD.replace("text", name))
    data = load_dataset(str(tmp_path))
    assert data.sizes == {"train": 36, "validation": 4, "test": 40}
    assert "No validation split was given" in data.card.notes[0]


def test_column_split_is_kept_to(tmp_path):
    rows = "".join(
        f"t{number},{'ab'[number % 2]},{'train' if number < 30 else 'test'}\n" for number in range(40)
    )
    assert load(tmp_path, "text,label,split\n" + rows).sizes == {"train": 26, "validation": 4, "test": 10}


def test_bundled_sample_says_where_it_is_from():
    data = load_dataset("sample:emotion")
    assert data.sizes == {"train": 6380, "validation": 719, "test": 1141}
    assert data.card.licence == "Apache-2.0"


def test_pairs_and_several_labels(tmp_path):
    rows = [{"text": f"t{n}", "text_pair": f"p{n}", "labels": ["a", "b"][: n % 3]} for n in range(30)]
    data = load(tmp_path, "\n".join(map(json.dumps, rows)), "data.jsonl")
    assert data.pairs
    assert data.labels == LabelSet(("a", "b"), multi_label=True)
    assert data.split("train").targets.shape == (24, 2)


def test_label_separator_makes_several_labels(tmp_path):
    rows = [f"x{number},{label}" for number, label in enumerate(["a|b", "b", "a"] * 10)]
    data = load(tmp_path, "\n".join(["text,label", *rows]), label_separator="|")
    assert data.labels.multi_label
    assert data.labels.names == ("a", "b")


def test_integer_labels_sort_as_numbers(tmp_path):
    data = load(tmp_path, "text,label\n" + "".join(f"t{n},{n % 11}\n" for n in range(44)))
    assert data.labels.names == tuple(map(str, range(11)))


def test_unusable_rows_are_dropped_and_counted(tmp_path):
    rows = '{"text": null, "label": "a"}\n{"text": "  ", "label": "a"}\n{"text": "x", "label": null}\n'
    good = "".join(f'{{"text": "t{n}", "label": "{"ab"[n % 2]}"}}\n' for n in range(20))
    notes = load(tmp_path, rows + good, "data.jsonl").card.notes
    assert notes[:3] == (
        "train: dropped 1 row(s) with no text (null).",
        "train: dropped 1 row(s) with an empty text.",
        "train: dropped 1 row(s) with no label.",
    )


def test_stray_spaces_are_removed_and_lookalikes_told(tmp_path):
    rows = "".join(f"t{n},{['a', ' a', 'A ', 'b'][n % 4]}\n" for n in range(40))
    data = load(tmp_path, "text,label\n" + rows)
    assert data.labels.names == ("A", "a", "b")
    assert "Spaces around labels were removed: ' a', 'A '." in data.card.notes
    assert any("look alike were kept apart: 'A', 'a'" in note for note in data.card.notes)


BROKEN = [
    ("", "data.csv", r"data.csv is empty \(0 bytes\): expected rows with a text and a label"),
    ("text,label\n", "data.csv", "has no rows: expected a header and at least one row"),
    ("text,label\nx,a\ny\n", "data.csv", "data.csv, line 3: expected 2 columns as in line 1, found 1: put"),
    ("text,label\nx,a\n\"y\nz\",b,c\n", "data.csv", "data.csv, line 3: expected 2 columns"),
    ('text,label\nx,a\n"y,b\n', "data.csv", "data.csv, line 3: .*a quote that is opened must be closed"),
    ("text,text\nx,a\n", "data.csv", "the header names 'text' more than once: rename one"),
    (b"text,label\nx,a\ncaf\xe9,b\n", "data.csv", "line 3: byte 0xe9 is not utf-8.*--encoding cp1252"),
    ("text,label\nx,a\n".encode("utf-16"), "data.csv", "is UTF-16, expected utf-8: pass --encoding utf-16"),
    (b'{"text": "caf\xe9", "label": "a"}\n', "data.jsonl", "line 1: byte 0xe9 is not"),
    ('{"text": "x", "label": "a"}\n{"text": \n', "data.jsonl", "data.jsonl, line 2: not valid JSON"),
    ("[1, 2]\n", "data.jsonl", r"line 1: expected an object such as .*, found list"),
    ('{"text": "x", "label": "a"}\n{"text": 3, "label": "a"}\n', "data.jsonl", "'text' mixes kinds"),
    ("not parquet", "data.parquet", "is not a Parquet file that can be read"),
    ("text,label\n", "data.xlsx", r"cannot read .*data.xlsx: expected a file ending in '.csv'"),
    ("a,b,c\n1,2,3\n", "data.csv", "holds the texts: name it with --text; .*'a', 'b', 'c'"),
    ("text,label\nx,a\ny,a\nz,a\n", "data.csv", "expected two labels or more, found only 'a' in all 3 rows"),
    ("text,label\n" + GOOD + "1,c\n", "data.csv", "two rows .*found one row of 'c'"),
    ("text,label\n" + "".join(f"t{n},{n}.5\n" for n in range(50)), "data.csv", "50 different labels in 50"),
    ("text,label,split\nx,a,train\ny,b,mars\n", "data.csv", "must say train, .*'mars', 'train'"),
    ("text,label\n" + "x,a\ny,b\n" * 9, "data.csv", "the 2 distinct texts are too few to divide"),
    ("text,label\n,a\n ,b\n", "data.csv", "no rows are left to train on"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "name", "message"), BROKEN)
def test_bad_file_is_said_in_one_line(tmp_path, content, name, message):
    with pytest.raises(DataError, match=message) as caught:
        load(tmp_path, content, name)
    assert "\n" not in str(caught.value)


def test_missing_file_names_the_nearest(tmp_path):
    (tmp_path / "reviews.csv").write_text("text,label\n" + GOOD)
    with pytest.raises(
        DataError, match=r"no such file or folder: .*review.csv\. Did you mean 'reviews.csv'\?"
    ):
        load_dataset(str(tmp_path / "review.csv"))


def test_missing_column_names_the_nearest_and_those_found(tmp_path):
    with pytest.raises(
        DataError,
        match=r"no column 'lable' \(--label\)\. Did you mean 'label'\? The columns are 'text', 'label'\.",
    ):
        load(tmp_path, "text,label\n" + GOOD, label="lable")


def test_split_that_lacks_a_column(tmp_path):
    (tmp_path / "train.csv").write_text("text,label\n" + GOOD)
    (tmp_path / "test.csv").write_text("text,target\n" + GOOD)
    with pytest.raises(DataError, match="the test split lacks the column 'label' that train has"):
        load_dataset(str(tmp_path))


def test_folder_without_train(tmp_path):
    (tmp_path / "notes.md").write_text("x")
    with pytest.raises(DataError, match=r"expected train.csv .* in .*, found 'notes.md'"):
        load_dataset(str(tmp_path))


def test_folder_with_two_train_files(tmp_path):
    for suffix in ("csv", "tsv"):
        (tmp_path / f"train.{suffix}").write_text("text,label\nx,a\n")
    with pytest.raises(DataError, match="two files for 'train': train.csv and train.tsv"):
        load_dataset(str(tmp_path))


def test_unknown_sample():
    with pytest.raises(
        DataError, match=r"no sample 'emotions': the samples are 'emotion'\. Did you mean 'emotion'\?"
    ):
        load_dataset("sample:emotions")


def test_other_encoding_is_read_when_named(tmp_path):
    data = load(tmp_path, ("text,label\n" + GOOD.replace("text", "café")).encode("cp1252"), encoding="cp1252")
    assert all(text.startswith("café") for text in data.split("train").texts)
    with pytest.raises(DataError, match="unknown encoding 'utf8000'"):
        load(tmp_path, "text,label\n" + GOOD, encoding="utf8000")


def test_hub_name_without_the_hub(monkeypatch):
    import datasets

    def refuse(name, configuration, revision):
        raise ConnectionError("no network\nat all")

    monkeypatch.setattr(datasets, "load_dataset", refuse)
    with pytest.raises(
        DataError, match="'some/name' is neither a file nor a folder here, and no Hub data set"
    ) as caught:
        load_dataset("some/name")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("source", "asked"),
    [
        ("some/name", ("some/name", None, None)),
        ("hub:some/name", ("some/name", None, None)),
        ("some/name:part", ("some/name", "part", None)),
        ("some/name@refs/convert", ("some/name", None, "refs/convert")),
        ("hub:some/name:part@v1.0", ("some/name", "part", "v1.0")),
    ],
)
def test_hub_data_set_gets_its_class_names(monkeypatch, source, asked):
    import datasets

    feature = datasets.ClassLabel(names=["neg", "pos"])
    features = datasets.Features({"text": datasets.Value("string"), "label": feature})
    rows = datasets.Dataset.from_dict({"text": ["x", "y"] * 10, "label": [0, 1] * 10}, features=features)

    def fetch(name, configuration, revision):
        assert (name, configuration, revision) == asked
        return datasets.DatasetDict(train=rows, validation=rows)

    monkeypatch.setattr(datasets, "load_dataset", fetch)
    data = load_dataset(source)
    assert data.labels.names == ("neg", "pos")
    assert data.sizes == {"train": 20, "validation": 20}


def test_test_split_is_sealed_and_openings_are_written_first(tmp_path):
    data = Dataset.of({name: (["x", "y"], ["a", "b"]) for name in ("train", "test")})
    with pytest.raises(
        SealedSplitError, match="the test split is sealed.*textkind evaluate RUN --split test"
    ):
        data.split("test")
    for opening in (1, 2):
        assert len(data.open_test(tmp_path / "ledger.jsonl")) == 2
        assert len((tmp_path / "ledger.jsonl").read_text().splitlines()) == opening


def test_splits_that_are_not_there(tmp_path):
    data = Dataset.of({"train": (["x", "y"], ["a", "b"])})
    with pytest.raises(DataError, match="no split 'validation' in memory: found 'train'"):
        data.split("validation")
    with pytest.raises(DataError, match="memory has no test split"):
        data.open_test(tmp_path / "ledger")
    with pytest.raises(DataError, match="expected a split 'train', found 'test'"):
        Dataset.of({"test": (["x"], ["a"])})
    with pytest.raises(DataError, match="has 2 texts but 1 labels"):
        Dataset.of({"train": (["x", "y"], ["a"])})


def test_labels_must_be_names():
    with pytest.raises(DataError, match=r"expected labels by name, found int 3: write str\(label\)"):
        Dataset.of({"train": (["x", "y"], ["a", 3])})


def test_fingerprint_changes_with_texts_labels_and_splits():
    def fingerprint(**splits):
        return Dataset.of(splits).fingerprint

    base = fingerprint(train=(["x", "y"], ["a", "b"]))
    assert base == fingerprint(train=(["x", "y"], ["a", "b"]))
    assert base != fingerprint(train=(["x", "z"], ["a", "b"]))
    assert base != fingerprint(train=(["x", "y"], ["b", "a"]))
    assert base != fingerprint(train=(["x", "y"], ["a", "b"]), validation=(["x"], ["a"]))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (["Review", "Sentiment"], ("Review", "Sentiment", None)),
        (["anything", "label"], ("anything", "label", None)),
        (["premise", "hypothesis", "label"], ("premise", "label", "hypothesis")),
        (["id", "text", "labels", "label"], ("text", "labels", None)),
    ],
)
def test_columns_are_guessed(found, expected):
    columns = choose_columns(found)
    assert (columns.text, columns.label, columns.text_pair) == expected


words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1).filter(str.strip)


@given(st.lists(st.tuples(words, st.sampled_from("ab")), min_size=4, max_size=60), st.integers(0, 9))
def test_equal_texts_never_fall_on_two_sides(rows, seed):
    rows = [*rows, ("x", "a"), ("y", "a"), ("x ", "b"), ("Y", "b")]
    texts, labels = map(list, zip(*rows, strict=True))
    cut = split_rows(Rows(texts, labels), {"validation": 0.2, "test": 0.2}, seed=seed)
    sides = {name: {folded(text) for text in part.texts} for name, part in cut.items()}
    assert sum(len(part.texts) for part in cut.values()) == len(texts)
    assert not sides["train"] & sides["validation"]
    assert not (sides["train"] | sides["validation"]) & sides["test"]
    assert sides["train"]


def test_split_is_stratified_and_seeded():
    rows = Rows(
        [f"t{number}" for number in range(1000)],
        ["rare" if number % 50 == 0 else "common" for number in range(1000)],
    )
    shares = {"validation": 0.1, "test": 0.1}
    cut = split_rows(rows, shares, seed=1)
    assert {name: part.labels.count("rare") for name, part in cut.items()} == {
        "train": 16,
        "validation": 2,
        "test": 2,
    }
    assert cut["test"].texts == split_rows(rows, shares, seed=1)["test"].texts
    assert cut["test"].texts != split_rows(rows, shares, seed=2)["test"].texts


@given(st.lists(st.tuples(words, st.sampled_from("ab"), st.integers(0, 8)), min_size=8, max_size=60))
def test_neither_groups_nor_texts_fall_on_two_sides(rows):
    rows = [*rows, ("x", "a", 90), ("y", "a", 91), ("x ", "b", 91), ("z", "b", 92)]
    texts, labels, groups = map(list, zip(*rows, strict=True))
    cut = split_rows(Rows(texts, labels, groups=groups), {"validation": 0.2, "test": 0.2}, seed=0)
    for column in (lambda part: map(folded, part.texts), lambda part: part.groups):
        sides = [set(column(part)) for part in cut.values()]
        assert sum(map(len, sides)) == len(set().union(*sides))
    assert cut["train"].texts


def test_groups_keep_about_the_shares_and_the_seed():
    rows = Rows([f"t{n}" for n in range(600)], ["a", "b"] * 300, groups=[n // 6 for n in range(600)])
    cut = split_rows(rows, {"validation": 0.1, "test": 0.2}, seed=0)
    assert 50 <= len(cut["validation"].texts) <= 72
    assert 110 <= len(cut["test"].texts) <= 132
    assert cut["test"].texts == split_rows(rows, {"validation": 0.1, "test": 0.2}, seed=0)["test"].texts


@pytest.mark.parametrize(
    "write",
    [
        str,
        lambda day: f"2026-01-{day + 1:02}",
        lambda day: f"2026-01-{day + 1:02}T09:00:00+01:00",
        lambda day: __import__("datetime").date(2026, 1, day + 1),
    ],
    ids=["numbers", "dates", "moments", "dates of Arrow"],
)
def test_newest_rows_are_tested_on(write):
    days = [n * 7 % 20 for n in range(100)]  # five rows a day, not in order
    rows = Rows([f"t{n}" for n in range(100)], ["a", "b"] * 50, times=[write(day) for day in days])
    cut = split_rows(rows, {"validation": 0.1, "test": 0.2}, seed=0)
    of = {name: {days[int(text[1:])] for text in part.texts} for name, part in cut.items()}
    assert of == {"train": set(range(14)), "validation": {14, 15}, "test": {16, 17, 18, 19}}


def test_text_that_comes_again_stays_where_it_came_first():
    texts = [f"t{n}" for n in range(20)]
    texts[19] = "T0 "
    cut = split_rows(Rows(texts, ["a", "b"] * 10, times=list(range(20))), {"test": 0.2}, seed=0)
    assert "T0 " in cut["train"].texts
    assert cut["test"].texts == ["t15", "t16", "t17", "t18"]


@pytest.mark.parametrize(
    ("times", "said"),
    [
        (["1", "2", "soon", "4"], "row 3 says 'soon'; write all of them as numbers, or all as dates"),
        (["2026-01-01", "2026-01-02", None, "2026-01-03"], "row 3 says 'None'"),
        (["2026-01-01", "2026-01-02T00:00:00+01:00"] * 2, r"row 2 says '2026-01-02T00:00:00\+01:00'"),
    ],
)
def test_times_that_have_no_order(times, said):
    with pytest.raises(DataError, match=said):
        split_rows(Rows(list("abcd"), ["a", "b", "a", "b"], times=times), {"test": 0.2}, seed=0)


def divided(tmp_path, **options):
    rows = "".join(f"text number {n},{'ab'[n % 2]},{n // 8},{n}\n" for n in range(80))
    (tmp_path / "rows.csv").write_text(f"text,label,author,day\n{rows}")
    return load_dataset(str(tmp_path / "rows.csv"), LoadOptions(**options))


def test_how_data_was_divided_stands_on_its_card(tmp_path):
    assert (
        "(seed 0, by the groups of the column 'author')" in divided(tmp_path, group="author").card.notes[-1]
    )
    by_time = divided(tmp_path, time="day")
    assert "(by time, the column 'day')" in by_time.card.notes[-1]
    assert by_time.sizes == {"train": 64, "validation": 8, "test": 8}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"group": "author", "time": "day"}, "expected one column to split by, found both"),
        ({"group": "auther"}, "no column 'auther' to split by. Did you mean 'author'"),
        ({"group": "label"}, "too few to divide: nothing is left for 'validation', 'test'"),
    ],
)
def test_columns_that_cannot_divide(tmp_path, options, said):
    with pytest.raises(DataError, match=said):
        divided(tmp_path, **options)


def test_splits_of_the_source_are_kept_and_groups_that_cross_them_counted():
    import pandas as pd

    parts = {
        name: pd.DataFrame({"text": [f"{name} {n}" for n in range(4)], "label": list("abab"), "who": whose})
        for name, whose in (("train", [1, 1, 2, 2]), ("validation", [2, 3, 3, 3]), ("test", [4, 4, 4, 1]))
    }
    notes = load_dataset(parts, LoadOptions(group="who")).card.notes
    assert "2 of the 4 groups of the column 'who' are in more than one of them" in notes[-1]
    notes = load_dataset(parts, LoadOptions(time="who")).card.notes
    assert "are kept, not cut by the column 'who'" in notes[-1]
    del parts["validation"]
    notes = load_dataset(
        parts | {"train": pd.concat([parts["train"]] * 9)}, LoadOptions(group="who")
    ).card.notes
    assert "1 of the 3 groups of the column 'who' are in more than one of them" in notes[-1]


def with_columns(n=200):
    """Rows whose columns say which row they are of; some rows cannot be used."""
    rows = [{"text": f"t{n}", "label": "ab"[n % 2], "row": f"r{n}", "year": 2000 + n % 3} for n in range(n)]
    rows[7]["text"] = " "
    rows[8]["label"] = None
    rows[9] |= {"row": None, "year": None}
    return pa.Table.from_pylist(rows)


def metadata_by_text(split):
    assert {len(values) for values in split.metadata.values()} <= {len(split)}
    columns = [
        dict(zip(split.metadata, row, strict=True)) for row in zip(*split.metadata.values(), strict=True)
    ]
    return dict(zip(split.texts, columns, strict=True))


@pytest.mark.parametrize("options", [{}, {"group": "year", "test_share": 0.3}, {"time": "number"}])
def test_columns_go_with_their_rows_through_cleaning_and_splitting(options):
    table = with_columns()
    table = table.append_column("number", pa.array(range(len(table))))
    data = load_dataset(table, LoadOptions(keep="all", **options))
    seen = {}
    for split in data.audited_splits().values():
        assert list(split.metadata) == ["row", "year", "number"]
        seen |= metadata_by_text(split)
    assert len(seen) == 198
    assert seen.pop("t9") == {"row": None, "year": None, "number": "9"}
    assert all(own == {"row": f"r{text[1:]}", "year": str(2000 + int(text[1:]) % 3), "number": text[1:]}
               for text, own in seen.items())  # fmt: skip


def test_columns_are_kept_by_name_and_change_nothing_else():
    plain, kept = (load_dataset(with_columns(), LoadOptions(keep=keep)) for keep in ((), ("row",)))
    assert plain.fingerprint == kept.fingerprint
    assert plain.to_dict() == kept.to_dict()
    assert all(split.metadata == {} for split in plain.audited_splits().values())
    assert list(kept.split("train").metadata) == ["row"]


def test_columns_that_say_the_split_or_the_labels_are_not_metadata(tmp_path):
    rows = "".join(f"t{n},{n % 2},{1 - n % 2},{'train' if n < 30 else 'test'},w\n" for n in range(40))
    data = load(tmp_path, "text,x,y,split,from\n" + rows, label="x, y", keep="all")
    assert data.split("train").metadata == {"from": ("w",) * len(data.split("train"))}


def test_values_of_columns_are_texts_that_can_be_written():
    import datetime

    rows = {
        "text": [f"t{n}" for n in range(20)],
        "label": list("ab") * 10,
        "real": [2020.0, float("nan")] * 10,
        "flag": [True, None] * 10,
        "day": [datetime.date(2026, 1, 2), None] * 10,
        "kind": pa.array([" web ", ""] * 10).dictionary_encode(),
        "lists": [[1], []] * 10,
        "bytes": [b"\xff", b""] * 10,
        "nothing": [None, None] * 10,
    }
    kept = load_dataset(pa.table(rows), LoadOptions(keep="all")).split("train").metadata
    assert {name: set(values) for name, values in kept.items()} == {
        "real": {"2020", None},
        "flag": {"true", None},
        "day": {"2026-01-02", None},
        "kind": {"web", None},
        "nothing": {None},
    }
    with pytest.raises(
        DataError, match=r"texts, numbers or dates in the column 'lists', found list<.*name an"
    ):
        load_dataset(pa.table(rows), LoadOptions(keep=("lists",)))


def test_columns_of_one_name_are_not_kept():
    twice = with_columns().append_column("year", pa.array(range(200)))
    assert list(load_dataset(twice, LoadOptions(keep="all")).split("train").metadata) == ["row"]
    with pytest.raises(DataError, match="in the column 'year', found several of that name"):
        load_dataset(twice, LoadOptions(keep=["year"]))


def test_columns_that_cannot_be_kept():
    parts = {name: with_columns(60) for name in ("train", "validation", "test")}
    with pytest.raises(
        DataError, match=r"no column 'raw' \(--by\)\. Did you mean 'row'\? The columns are 'text'"
    ):
        load_dataset(parts, LoadOptions(keep=("year", "raw")))
    parts |= {
        "validation": parts["validation"].drop_columns("year"),
        "test": parts["test"].drop_columns("row"),
    }
    assert len(load_dataset(parts, LoadOptions(keep=("row",))).split("validation").metadata["row"]) == 58
    with pytest.raises(
        DataError, match=r"no column 'year' \(--by\) in the validation split, though train has"
    ):
        load_dataset(parts, LoadOptions(keep=("year",)))
    found = load_dataset(parts, LoadOptions(keep="all")).audited_splits()
    assert [list(split.metadata) for split in found.values()] == [["row", "year"], ["row"], ["year"]]


def test_metadata_in_memory_has_a_value_for_each_row():
    rows = {"train": (["x", "y"], ["a", "b"])}
    data = Dataset.of(rows, metadata={"train": {"who\ud800": ["A\ud800", 3]}})
    assert data.split("train").metadata == {"who?": ("A?", "3")}
    with pytest.raises(DataError, match="split 'train' has 2 texts but 1 values in the column 'who'"):
        Dataset.of(rows, metadata={"train": {"who": ["A"]}})


def test_big_file_is_read_in_bounded_batches(tmp_path):
    from textkind.data.readers import iter_batches

    path = tmp_path / "big.csv"
    path.write_text("text,label\n" + "some words that make a row of a fair length,a\n" * 800_000)
    sizes = [batch.nbytes for batch in iter_batches(path)]
    assert len(sizes) > 1
    assert max(sizes) < 64 << 20


def test_row_longer_than_a_megabyte_is_one_row(tmp_path):
    (tmp_path / "long.csv").write_text("text,label\n" + "word " * 300_000 + ",a\n")
    assert read_table(tmp_path / "long.csv").num_rows == 1


def test_label_set():
    labels = LabelSet.collect(["10", "9", "b", "A"])
    assert labels.names == ("9", "10", "A", "b")
    assert labels.answers(np.eye(4)) == ["9", "10", "A", "b"]
    with pytest.raises(LabelError, match=r"unknown label 'B ': the labels are .*Did you mean 'b'\?"):
        labels.ids(["B "])
    with pytest.raises(LabelError, match="found more than once: 'a'"):
        LabelSet(("a", "a"))


def test_label_set_with_several_labels_a_text(tmp_path):
    labels = LabelSet.collect([["b", "a"], []], multi_label=True)
    targets = labels.ids([["a"], ["b", "a"], []])
    assert targets.tolist() == [[1, 0], [1, 1], [0, 0]]
    assert labels.name(targets) == [["a"], ["a", "b"], []]
    assert labels.answers(np.array([[0.5, 0.4]])) == [["a"]]
    labels.save(tmp_path / "labels.json")
    assert LabelSet.load(tmp_path / "labels.json") == labels


@pytest.fixture
def known(monkeypatch):
    """A catalog of one small set."""
    from textkind.data import known_sets

    parts = {"train": [f"t{n}" for n in range(20)], "test": [f"u{n}" for n in range(4)]}
    splits = {
        name: (len(texts), known_sets.checksum(Rows(texts, ["a", "b"] * (len(texts) // 2))))
        for name, texts in parts.items()
    }
    entry = known_sets.KnownSet("Tiny", ("tiny",), "CC0", splits)
    monkeypatch.setattr(known_sets, "known_sets", lambda: [entry])
    return parts


def write_parts(folder, parts):
    folder.mkdir()
    for name, texts in parts.items():
        rows = [f"{text},{'ab'[n % 2]}\n" for n, text in enumerate(texts)]
        (folder / f"{name}.csv").write_text("text,label\n" + "".join(rows))
    return load_dataset(str(folder)).card


@pytest.mark.parametrize("name", ["tiny", "another-name"])
def test_known_set_is_recognized_in_any_order_and_split(known, tmp_path, name):
    known["train"] = known["train"][10:] + known["train"][:10]
    card = write_parts(tmp_path / name, known)
    assert card.licence == "CC0"
    assert "This is Tiny, row for row" in card.notes[-1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda parts: parts["train"].pop(), "train has 19 usable rows instead of 20."),
        (lambda parts: parts["test"].__setitem__(0, "other"), "test has other texts or labels."),
    ],
)
def test_copy_that_differs_is_said(known, tmp_path, change, said):
    change(known)
    card = write_parts(tmp_path / "tiny", known)
    assert card.notes[-1].startswith("The name says Tiny, but this is not the copy")
    assert said in card.notes[-1]
    assert card.licence is None


def test_other_data_of_that_name_is_left_alone(known, tmp_path):
    card = write_parts(tmp_path / "tiny", {"train": [f"mine {n}" for n in range(30)], "test": ["x", "y"]})
    assert not any("Tiny" in note for note in card.notes)
