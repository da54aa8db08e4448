"""The command line: JSON for machines, one line for mistakes, and the same answers as Python."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from textkind import Run
from textkind.terminal.plain import plain

ESTIMATE = {"value", "low", "high", "n"}


def assert_figures(document):
    for key in ("accuracy", "macro_f1", "weighted_f1"):
        assert document[key].keys() == ESTIMATE
        assert document[key]["low"] <= document[key]["value"] <= document[key]["high"]


def fresh(*arguments, **settings):
    """Run the command in a process of its own."""
    command = [sys.executable, "-m", "textkind", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **settings)


def test_without_arguments_shows_five_commands(cli):
    result = cli()
    assert result.code == 0
    for command in ("train sample:emotion", "explore FILE", "train FILE", "predict RUN", "evaluate RUN"):
        assert f"textkind {command}" in result.out


def test_version_and_help(cli):
    assert cli("--version").out.startswith("textkind 0.")
    for command in ("explore", "train", "evaluate", "show", "predict", "doctor"):
        assert "--json" in cli(command, "--help").out


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from textkind.cli.app import run; run(['--help']);"
        "print(sorted({'torch', 'sklearn', 'transformers', 'numpy', 'pandas', 'pyarrow'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "[]"


def test_train_prints_one_json_document(cli, toy_csv, tmp_path):
    result = cli("train", toy_csv, "--method", "tfidf", "--out", tmp_path / "run", "--json")
    assert result.code == 0, result.err
    document = result.document
    assert document["run"] == str(tmp_path / "run")
    assert (document["split"], document["n"], document["method"]) == ("validation", 6, "tfidf")
    assert_figures(document)
    assert set(document["baselines"]) == {"majority", "tfidf"}
    for baseline in document["baselines"].values():
        assert_figures(baseline)
        assert {"accuracy", "macro_f1", "p_value", "verdict"} <= baseline["difference"].keys()
    assert {row["label"] for row in document["per_class"]} == {"anger", "joy", "sadness"}
    assert {"truncation", "test_openings", "findings", "confusion", "intervals"} <= document.keys()
    assert "note: No validation or test split was given" in result.err


def test_evaluate_prints_the_same_shape_and_counts(cli, toy_csv, tmp_path):
    trained = cli("train", toy_csv, "--method", "tfidf", "--out", tmp_path / "run", "--json").document
    for opening in (1, 2):
        document = cli("evaluate", tmp_path / "run", "--split", "test", "--json").document
        assert document["split"] == "test"
        assert document["test_openings"] == opening
        assert Path(document["report"]).exists()
        assert document.keys() == trained.keys() | {"report"}
    assert cli("show", tmp_path / "run", "--json").document == {**trained, "test_openings": 2}
    assert "test split opened 3 times" in cli("evaluate", tmp_path / "run", "--split", "test").out


def test_terminal_report(cli, toy_csv, tmp_path):
    result = cli("train", toy_csv, "--method", "tfidf", "--out", tmp_path / "run")
    for part in (
        "validation split, n = 6",
        "majority",
        "macro F1",
        "anger",
        "report.html",
        "textkind predict",
    ):
        assert part in result.out
    assert cli("show", tmp_path / "run").out.splitlines()[:5] == result.out.splitlines()[:5]


def test_recipe_file_and_options(cli, toy_csv, tmp_path):
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(f'seed = 5\n[data]\nsource = "{toy_csv}"\n[method]\nname = "tfidf"\nC = 2.0\n')
    arguments = ["--recipe", recipe, "--set", "method.C=3", "--set", "method.ngrams=[1, 2]", "--seed", 6]
    assert cli("train", *arguments, "--out", tmp_path / "run").code == 0
    saved = Run.load(tmp_path / "run").recipe
    assert (saved.seed, saved.method.C, saved.method.ngrams) == (6, 3.0, (1, 2))


def test_default_name_counts_up(cli, toy_csv, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    names = [cli("train", toy_csv, "--method", "majority", "--json").document["run"] for _ in range(2)]
    assert names == ["runs/toy-majority-1", "runs/toy-majority-2"]


def test_predict_equals_python(cli, tfidf_run):
    texts = ["so happy", "never seen words", "sad and angry"]
    document = cli("predict", tfidf_run.path, *texts, "--json").document
    assert document["labels"] == list(tfidf_run.labels.names)
    found = [[answer["proba"][name] for name in document["labels"]] for answer in document["predictions"]]
    np.testing.assert_array_equal(found, tfidf_run.predict_proba(texts))
    assert [answer["label"] for answer in document["predictions"]] == tfidf_run.predict(texts)
    assert [answer["truncated"] for answer in document["predictions"]] == [False] * 3


def test_predict_shows_bars(cli, tfidf_run):
    lines = cli("predict", tfidf_run.path, "so happy happy").out.splitlines()
    assert lines[0] == "so happy happy"
    assert lines[1].split()[0] == "joy"
    assert "█" in lines[1]
    assert len(lines) == 4


def test_predict_reads_stdin(cli, tfidf_run, monkeypatch):
    import io

    monkeypatch.setattr(sys, "stdin", io.StringIO("so happy\nso sad\n"))
    answers = cli("predict", tfidf_run.path, "-", "--json").document["predictions"]
    assert [(answer["text"], answer["label"]) for answer in answers] == [
        ("so happy", "joy"),
        ("so sad", "sadness"),
    ]


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet"])
def test_predict_a_file(cli, tfidf_run, tmp_path, suffix):
    rows = [{"id": "1", "text": "so happy"}, {"id": "2", "text": ""}, {"id": "3", "text": "so sad, alone"}]
    (tmp_path / "in.csv").write_text('id,text\n1,so happy\n2,\n3,"so sad, alone"\n')
    out = tmp_path / f"out.{suffix}"
    document = cli("predict", tfidf_run.path, "--file", tmp_path / "in.csv", "--out", out, "--json").document
    assert document == {"out": str(out), "rows": 3, "empty": 1, "truncated": 0}
    if suffix == "parquet":
        found = parquet.read_table(out).to_pylist()
    elif suffix == "jsonl":
        found = [json.loads(line) for line in out.read_text().splitlines()]
    else:
        with out.open(newline="") as file:
            found = list(csv.DictReader(file, delimiter="\t" if suffix == "tsv" else ","))
    assert [{key: row[key] for key in ("id", "text")} for row in found] == rows
    assert [row["predicted"] or None for row in found] == ["joy", None, "sadness"]
    expected = tfidf_run.predict_proba(["so happy"])[0]
    np.testing.assert_allclose(
        [float(found[0][f"proba:{name}"]) for name in tfidf_run.labels.names], expected
    )


def test_predicted_csv_is_safe_to_open_in_a_spreadsheet(cli, tfidf_run, tmp_path):
    (tmp_path / "in.csv").write_text('text,amount\n"=HYPERLINK(""x"")",-5\n@sum,+1.5\n')
    cli("predict", tfidf_run.path, "--file", tmp_path / "in.csv", "--out", tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["text"] for row in rows] == ['\'=HYPERLINK("x")', "'@sum"]
    assert [row["amount"] for row in rows] == ["-5", "+1.5"]


def test_predict_pairs(cli, tmp_path):
    rows = [
        {
            "text": f"a{n % 5} common",
            "text_pair": f"b{n} {'common' if n % 2 else 'other'}",
            "label": "ny"[n % 2],
        }
        for n in range(60)
    ]
    (tmp_path / "pairs.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert cli("train", tmp_path / "pairs.jsonl", "--method", "tfidf", "--out", tmp_path / "run").code == 0
    answer = cli("predict", tmp_path / "run", "a1 common", "--pair", "b common", "--json").document[
        "predictions"
    ][0]
    assert answer["text"] == ["a1 common", "b common"]
    out = tmp_path / "out.jsonl"
    assert cli("predict", tmp_path / "run", "--file", tmp_path / "pairs.jsonl", "--out", out).code == 0
    found = [json.loads(line)["predicted"] for line in out.read_text().splitlines()]
    assert found == Run.load(tmp_path / "run").predict([(row["text"], row["text_pair"]) for row in rows])
    assert "⟷" in cli("predict", tmp_path / "run", "a", "--pair", "b").out
    (tmp_path / "one.csv").write_text("text\nx\n")
    result = cli("predict", tmp_path / "run", "--file", tmp_path / "one.csv", "--out", tmp_path / "o.csv")
    assert "was trained on pairs: name the second column with --text-pair" in result.err
    assert not (tmp_path / "o.csv").exists()


def test_predict_several_labels(cli, tmp_path):
    rows = [{"text": f"w{n % 3} x{n}", "labels": [["a"], ["a", "b"], []][n % 3]} for n in range(60)]
    (tmp_path / "multi.jsonl").write_text("\n".join(map(json.dumps, rows)))
    document = cli(
        "train", tmp_path / "multi.jsonl", "--method", "tfidf", "--out", tmp_path / "run", "--json"
    ).document
    assert document["confusion"] is None
    answers = cli("predict", tmp_path / "run", "w1 x", "w2 x", "--json").document["predictions"]
    assert [answer["label"] for answer in answers] == [["a", "b"], []]
    assert "no label reaches a probability of 0.5" in cli("predict", tmp_path / "run", "w2 x").out
    (tmp_path / "in.csv").write_text("text\nw1 x\n")
    cli("predict", tmp_path / "run", "--file", tmp_path / "in.csv", "--out", tmp_path / "out.csv")
    assert '"a,b"' in (tmp_path / "out.csv").read_text()


def test_truncation_is_said_everywhere(cli, tmp_path, tiny_model, toy):
    rows = [
        f"{text} {number} {'word ' * 40},{label}"
        for number in range(4)
        for text, label in zip(*toy, strict=True)
    ]
    (tmp_path / "long.csv").write_text("text,label\n" + "\n".join(rows))
    result = cli(
        "train", tmp_path / "long.csv", "--set", f"method.encoder={tiny_model}", "--out", tmp_path / "run"
    )
    assert "are longer than 32 tokens" in result.err
    assert "are longer than 32 tokens" in " ".join(result.out.split())
    saved = json.loads((tmp_path / "run" / "data.json").read_text())["truncation"]
    assert saved["rows_cut"] == saved["rows"] > 0
    assert "its end was cut" in cli("predict", tmp_path / "run", "word " * 40).out
    answers = cli("predict", tmp_path / "run", "word " * 40, "short", "--json").document["predictions"]
    assert [answer["truncated"] for answer in answers] == [True, False]
    out = cli("predict", tmp_path / "run", "--file", tmp_path / "long.csv", "--out", tmp_path / "o.csv").out
    assert "72 texts were longer than the model reads" in out


MISTAKES = [
    (["train", "nothing.csv"], "error: no such file or folder: nothing.csv."),
    (["train"], "error: recipe: data.source is missing"),
    (["train", "sample:emotion", "--method", "featurs"], "Did you mean 'features'?"),
    (["train", "sample:emotion", "--set", "method.poolin=cls"], "Did you mean 'pooling'?"),
    (["train", "sample:emotion", "--set", "method"], "expected --set KEY=VALUE such as method.C=10"),
    (["train", "sample:emotion", "--text", "txt"], "no column 'txt' (--text). Did you mean 'text'?"),
    (["train", "sample:emotion", "--recipe", "none.toml"], "cannot read the recipe none.toml"),
    (["train", "sample:emotion", "--sed", "1"], "No such option: --sed"),
    (["trian", "sample:emotion"], "No such command 'trian'"),
    (["evaluate", "nothing"], "no such run: nothing is not a folder"),
    (["show", "nothing"], "no such run: nothing is not a folder"),
    (["predict", "nothing", "text"], "no such run: nothing is not a folder"),
    (["predict", "nothing"], "expected texts"),
    (["predict", "nothing", "text", "--file", "x.csv", "--out", "y.csv"], "or both --file and --out"),
    (["predict", "nothing", "--file", "x.csv"], "or both --file and --out"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "message"), MISTAKES, ids=lambda value: " ".join(value)[:50])
def test_mistake_is_one_line_and_exit_code_2(cli, arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = cli(*arguments)
    assert result.code == 2
    assert message in result.err
    assert len([line for line in result.err.splitlines() if "error" in line]) == 1
    assert "Traceback" not in result.err
    assert result.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["RUN", "a", "--pair", "b", "--pair", "c"], "expected one --pair for each text, found 2 for 1"),
        (["RUN", "--file", "none.csv", "--out", "out.csv"], "no such file or folder: none.csv"),
        (
            ["RUN", "--file", "in.csv", "--out", "out.xlsx"],
            "cannot write out.xlsx: expected a file ending in '.csv'",
        ),
        (["RUN", "--file", "in.csv", "--out", "out.csv", "--text", "txt"], "no column 'txt' (--text)"),
        (["RUN", "--file", "broken.csv", "--out", "out.csv"], "broken.csv, line 3: expected 2 columns"),
        (["RUN", "--file", "header.csv", "--out", "out.csv"], "header.csv has no rows"),
    ],
)
def test_mistake_in_predict_leaves_no_file(cli, tfidf_run, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    Path("in.csv").write_text("text\nx\n")
    Path("broken.csv").write_text("text,b\nx,y\nz\n")
    Path("header.csv").write_text("text,b\n")
    before = sorted(tmp_path.iterdir())
    result = cli("predict", tfidf_run.path, *arguments[1:])
    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert sorted(tmp_path.iterdir()) == before


def test_full_disk_is_one_line(cli, toy_csv, tmp_path, monkeypatch):
    from textkind.report.report import Report

    def full(self, folder):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Report, "save", full)
    result = cli("train", toy_csv, "--method", "tfidf", "--out", tmp_path / "out" / "run")
    assert result.code == 2
    assert "could not be written (No space left on device) and nothing of it was kept" in result.err
    assert not (tmp_path / "out").exists()


def test_ctrl_c_while_training_leaves_nothing(tmp_path):
    """A real process, a real signal, in the middle of the work."""
    rows = "".join(f"text number {number} with some words,{'ab'[number % 2]}\n" for number in range(60_000))
    (tmp_path / "data.csv").write_text("text,label\n" + rows)
    command = [
        sys.executable,
        "-m",
        "textkind",
        "train",
        "data.csv",
        "--method",
        "tfidf",
        "--set",
        "method.ngrams=[1,3]",
    ]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - a job in the background ignores it
    )
    assert process.stderr.readline().startswith("note: ")  # the data is read
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert err.splitlines()[-1] == "error: interrupted: no run was saved"
    assert "Traceback" not in err
    assert [path.name for path in tmp_path.iterdir()] == ["data.csv"]


def test_a_fault_of_ours_keeps_its_traceback(cli, monkeypatch, toy_csv):
    from textkind.steps import train

    monkeypatch.setattr(train, "train", lambda recipe, out: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        cli("train", toy_csv)


def test_closed_pipe_is_quiet(tfidf_run):
    code = f"{sys.executable} -m textkind show {tfidf_run.path} --json | true"
    result = subprocess.run(["bash", "-c", code], capture_output=True, text=True, check=False)
    assert "Traceback" not in result.stderr


def test_texts_cannot_drive_the_terminal(cli, tfidf_run):
    assert plain("a\x1b[31mb\nc\x07") == "a\ufffd[31mb c\ufffd"
    out = cli("predict", tfidf_run.path, "[red]happy[/red] \x1b]0;title\x07").out
    assert "\x1b" not in out
    assert "[red]happy[/red]" in out


def test_bytes_that_are_no_text(tfidf_run):
    result = subprocess.run(
        [sys.executable, "-m", "textkind", "predict", str(tfidf_run.path), b"happy \xff", "--json"],
        capture_output=True, check=True,
    )  # fmt: skip
    assert json.loads(result.stdout)["predictions"][0]["text"] == "happy ?"


def test_doctor_names_extras(cli):
    document = cli("doctor", "--json").document
    assert set(document["extras"]) == {"transformers", "minilm", "fast", "map", "resample", "tune"}
    assert "cache" in document
    assert "numpy" in cli("doctor").out


def test_python_m_textkind(tmp_path):
    assert fresh("--version").stdout.startswith("textkind ")
    assert fresh("evaluate", tmp_path / "none").returncode == 2


def test_openmp_waits_without_spinning():
    code = "import os, textkind.cli.app; print(os.environ['OMP_WAIT_POLICY'])"
    environment = {key: value for key, value in os.environ.items() if key != "OMP_WAIT_POLICY"}
    out = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert out.stdout == "PASSIVE\n"


def test_file_of_many_rows_is_answered_in_bounded_memory(cli, tfidf_run, tmp_path):
    texts = pa.array(["so happy and glad"] * 300_000)
    parquet.write_table(pa.table({"text": texts}), tmp_path / "in.parquet")
    document = cli(
        "predict",
        tfidf_run.path,
        "--file",
        tmp_path / "in.parquet",
        "--out",
        tmp_path / "out.parquet",
        "--json",
    ).document
    assert document["rows"] == 300_000
    assert set(parquet.read_table(tmp_path / "out.parquet")["predicted"].to_pylist()) == {"joy"}


def test_explore_reads_names_and_several_labels(cli, tmp_path):
    (tmp_path / "names.txt").write_text("calm\nwild\n")
    rows = "".join(f"text number {n},{n % 2}\n" for n in range(30))
    (tmp_path / "numbered.csv").write_text(f"text,label\n{rows}")
    asked = ("--label", "label", "--names", tmp_path / "names.txt", "--json")
    found = cli("explore", tmp_path / "numbered.csv", *asked).document
    assert found["labels"] == ["calm", "wild"]
    rows = "".join(f"text number {n},{'x|y' if n % 2 else 'x'}\n" for n in range(30))
    (tmp_path / "several.csv").write_text(f"text,label\n{rows}")
    found = cli("explore", tmp_path / "several.csv", "--label-separator", "|", "--json").document
    assert found["multi_label"]
    assert found["labels"] == ["x", "y"]
