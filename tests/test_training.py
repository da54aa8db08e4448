"""Training in steps: stopped, gone on with, shared, watched; through the classifier, the steps and the CLI."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import numpy as np
import pytest

from conftest import make_tiny
from textkind import (
    Cnn,
    FineTuned,
    NetworkClassifier,
    Recipe,
    Run,
    Training,
    evaluate,
    load_dataset,
    resume,
    train,
)
from textkind.artifact.unfinished import Unfinished, unfinished_folder
from textkind.data.correction_log import append, read
from textkind.data.corrections import Correction, apply
from textkind.errors import DataError, RecipeError, RunError
from textkind.networks.options import Plan
from textkind.steps import train as step
from textkind.text.inputs import text_id

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

TWO = ("torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m")  # processes
SMALL = {"name": "cnn", "filters": 4, "min_count": 1, "batch_size": 16, "precision": "exact"}


def recipe(path, **keys):
    return Recipe.build({"data": {"source": str(path)}, "method": {**SMALL, **keys}})


def network(toy, training, net=None, **options):
    texts, names = toy
    classifier = NetworkClassifier(net or Cnn(min_count=1, filters=4), training, **options)
    return classifier.fit(texts, names, X_val=texts, y_val=names)


# How long


def test_plan_grows_epochs_for_few_rows_and_evaluations_for_many():
    habits = Cnn().habits()
    assert Training().plan(500, habits).epochs == 40
    many = Training().plan(500_000, habits)
    assert many.epochs == 5
    assert many.between == pytest.approx(many.steps / 50, rel=0.01)
    assert Training(epochs=2, batch_size=10, evaluations=2).plan(100, habits) == Plan(2, 10, 20, 5, 1e-3)


def test_patience_ends_it_and_the_best_is_kept(toy):
    found = network(toy, Training(epochs=30, batch_size=6, patience=2, learning_rate=1e-9))
    history = found.history_
    assert history.stopped == "patience"
    assert len(history.evaluations) == 3  # the first is never beaten
    assert history.best == 0
    accuracy = (found.predict(toy[0]) == np.array(toy[1])).mean()
    assert accuracy == pytest.approx(history.evaluations[history.best].accuracy)


def test_best_of_a_loss_is_the_lowest(toy):
    history = network(toy, Training(epochs=3, batch_size=6, metric="loss")).history_
    losses = [one.loss for one in history.evaluations]
    assert history.best == losses.index(min(losses))


def test_max_minutes_ends_it_after_one_more_evaluation(toy):
    history = network(toy, Training(epochs=1000, batch_size=2, patience=0, max_minutes=1e-6)).history_
    assert history.stopped == "max_minutes"
    assert [one.step for one in history.evaluations] == [1]


def test_weights_at_the_time_limit_are_kept_if_they_are_the_best(toy, step_clock):
    """The limit is reached between two checkpoints."""
    training = Training(epochs=9, batch_size=6, max_minutes=7.5 / 60, metric="loss", learning_rate=0.01)
    found = network(toy, training)
    assert [one.step for one in found.history_.evaluations] == [3, 6, 8]
    assert found.history_.best == 2
    proba = found.predict_proba(toy[0])
    loss = -np.log(proba[np.arange(18), np.searchsorted(found.classes_, toy[1])]).mean()
    assert loss == pytest.approx(found.history_.evaluations[2].loss, abs=1e-5)


def test_rows_to_watch_are_set_aside_if_none_are_given(toy):
    texts, names = [text for text in toy[0] for _ in range(3)], [name for name in toy[1] for _ in range(3)]
    about = NetworkClassifier(Cnn(min_count=1), Training(epochs=1)).fit(texts, names).history_.about
    assert about["rows"] + about["validation_rows"] == len(texts)
    assert about["validation_rows"] % 3 == 0  # equal texts stay together
    several = NetworkClassifier(Cnn(min_count=1), Training(epochs=1))
    about = several.fit(*toy, groups=[number // 6 for number in range(18)]).history_.about
    assert about["validation_rows"] % 6 == 0  # and so do groups


# What is trained


def trained_names(tiny_model, toy, **choices):
    net = FineTuned(encoder=tiny_model, **choices)
    model = net.build(net.tokens(toy[0]), 3, multi_label=False)
    return {name for name, values in model.named_parameters() if values.requires_grad}


@pytest.mark.parametrize("model", ["tiny_model", "tiny_distilbert"])
def test_parts_of_an_encoder_stay_as_they_are(model, toy, request):
    folder = request.getfixturevalue(model)
    every = trained_names(folder, toy, freeze_embeddings=False)
    frozen = every - trained_names(folder, toy)
    assert frozen
    assert all("embeddings" in name for name in frozen)
    last = trained_names(folder, toy, train_layers=1)
    assert not [name for name in last if "embeddings" in name or "layer.0." in name]
    assert [name for name in last if "layer.1." in name]
    head = trained_names(folder, toy, train_layers=0)
    assert not [name for name in head if "layer." in name]
    assert head


def test_lora_is_added_in_at_the_end(toy, tiny_model, tmp_path):
    pytest.importorskip("peft")
    found = network(
        toy, Training(epochs=3, batch_size=6, learning_rate=0.01), FineTuned(encoder=tiny_model, lora_rank=2)
    )
    found.save(tmp_path / "model")
    loaded = NetworkClassifier.load(tmp_path / "model")
    assert not [name for name in loaded.model_.state_dict() if "lora" in name]
    np.testing.assert_allclose(loaded.predict_proba(toy[0]), found.predict_proba(toy[0]), atol=1e-6)


def test_each_epoch_has_an_order_of_its_own(toy, monkeypatch):
    from textkind.networks import batches

    seeds = []
    order = batches.length_grouped
    monkeypatch.setattr(
        batches, "length_grouped", lambda *given, seed: (seeds.append(seed), order(*given, seed=seed))[1]
    )
    network(toy, Training(epochs=3, batch_size=6), seed=7)
    assert seeds == [(7, 0), (7, 0), (7, 1), (7, 2)]  # the first is for the estimate of the memory


def test_the_callers_random_numbers_are_left_alone(toy):
    before = torch.random.get_rng_state(), np.random.get_state()[1].tolist()
    network(toy, Training(epochs=1))
    assert torch.equal(torch.random.get_rng_state(), before[0])
    assert np.random.get_state()[1].tolist() == before[1]


def test_another_seed_another_network(toy):
    first, second = (network(toy, Training(epochs=1), seed=seed).predict_proba(toy[0]) for seed in (0, 1))
    assert not np.allclose(first, second)


# What cannot be done


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"learning_rate": 1}, "method.trainer: learning_rate is set by the key 'learning_rate'"),
        (
            {"bf16": True, "optin": 1},
            "bf16 is set by the key 'precision'; .* has no 'optin'. Did you mean 'optim'",
        ),
        ({"save_steps": 3, "eval_steps": 2}, "method.trainer does not fit transformers' Trainer"),
    ],
)
def test_settings_that_the_trainer_does_not_take(toy, extra, message):
    with pytest.raises(RecipeError, match=message) as caught:
        network(toy, Training(trainer=extra))
    assert "\n" not in str(caught.value)


def test_settings_of_the_trainer_reach_it(toy):
    history = network(toy, Training(epochs=2, batch_size=6, trainer={"max_steps": 3})).history_
    assert history.evaluations[-1].step == 3


def test_loss_that_runs_away_is_one_line(toy):
    with pytest.raises(RecipeError, match="the loss is not a number any more: lower method.learning_rate"):
        network(toy, Training(epochs=50, batch_size=2, learning_rate=1e37, patience=0))


def test_too_little_memory_names_the_key_to_turn(toy, monkeypatch):
    from textkind.networks.training import GroupedTrainer

    def full(*_):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes")

    monkeypatch.setattr(GroupedTrainer, "training_step", full)
    with pytest.raises(
        RecipeError, match="not enough memory for batches of 64 rows: halve method.batch_size"
    ):
        network(toy, Training())


def test_one_label_alone_cannot_be_learned(toy):
    with pytest.raises(DataError, match="a network needs training rows of two labels or more"):
        NetworkClassifier(Cnn(), labels=["joy", "anger"]).fit(["a", "b"], ["joy", "joy"])


def test_rows_to_watch_must_have_labels_that_can_be_learned():
    classifier = NetworkClassifier(Cnn(min_count=1), labels=["anger", "joy", "fear"])
    with pytest.raises(DataError, match="none of the rows to watch has a label that training rows have"):
        classifier.fit(["a", "b"], ["joy", "anger"], X_val=["c"], y_val=["fear"])


def test_batches_that_lack_labels_do_no_harm(toy):
    texts, names = toy
    order = np.argsort([len(text) for text in texts])
    found = network(
        ([texts[row] for row in order], [names[row] for row in order]), Training(epochs=1, batch_size=2)
    )
    assert np.isfinite(found.predict_proba(texts)).all()


# Interrupted, and gone on with


def test_interrupted_training_goes_on(toy_csv, tmp_path, monkeypatch, caplog):
    whole, _ = train(recipe(toy_csv, epochs=4), tmp_path / "whole")
    interrupt(recipe(toy_csv, epochs=4), tmp_path / "broken", monkeypatch)
    assert "textkind train --resume --out" in caplog.text
    assert not (tmp_path / "broken").exists()
    with pytest.raises(RunError, match="was interrupted: go on with `textkind train --resume --out"):
        train(recipe(toy_csv, epochs=4), tmp_path / "broken")
    (run, report), steps = watched_steps(monkeypatch, resume, tmp_path / "broken")
    assert steps == list(range(9, 17))  # after the last checkpoint, not from the beginning
    assert not unfinished_folder(tmp_path / "broken").exists()
    np.testing.assert_allclose(report.proba, predictions(whole), atol=1e-6)
    assert run.classifier.history_.evaluations == whole.classifier.history_.evaluations


@pytest.mark.parametrize("state", [None, 0.5])
def test_checkpoint_that_a_kill_cut_short_is_passed_over(state, toy_csv, tmp_path, monkeypatch):
    whole, _ = train(recipe(toy_csv, epochs=4), tmp_path / "whole")
    interrupt(recipe(toy_csv, epochs=4), tmp_path / "broken", monkeypatch)
    written = tmp_path / "broken.training" / "seed-0" / "checkpoint-8"
    torn = shutil.copytree(written, written.with_name("checkpoint-12")) / "trainer_state.json"
    if state:
        torn.write_text(torn.read_text()[: int(state * torn.stat().st_size)])
    else:
        torn.unlink()
        (torn.parent / "optimizer.pt").unlink()
    (run, report), steps = watched_steps(monkeypatch, resume, tmp_path / "broken")
    assert steps == list(range(9, 17))
    np.testing.assert_allclose(report.proba, predictions(whole), atol=1e-6)
    assert run.classifier.history_.evaluations == whole.classifier.history_.evaluations


def test_restart_has_the_time_that_is_left(toy_csv, tmp_path, monkeypatch, step_clock):
    choices = recipe(toy_csv, epochs=40, patience=0, max_minutes=13.5 / 60)
    interrupt(choices, tmp_path / "run", monkeypatch)  # in step 9, the checkpoint is of step 8
    (run, _), steps = watched_steps(monkeypatch, resume, tmp_path / "run")
    assert steps == [9, 10, 11, 12, 13, 14]
    assert run.classifier.history_.stopped == "max_minutes"
    assert run.classifier.history_.about["seconds"] == 14


@pytest.mark.parametrize(
    "limit", [{"patience": 2, "learning_rate": 1e-9}, {"patience": 0, "max_minutes": 13.5 / 60}]
)
def test_training_that_was_over_stays_as_it_is(limit, toy_csv, tmp_path, monkeypatch, step_clock):
    """Killed while another seed is trained, say."""
    choices = recipe(toy_csv, epochs=40, **limit)
    whole, _ = train(choices, tmp_path / "whole")
    with monkeypatch.context() as patch:
        patch.setattr("textkind.steps.train._spread", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            train(choices, tmp_path / "run")
    shutil.move(unfinished_folder(tmp_path / "run"), unfinished_folder(tmp_path / "moved"))
    (run, report), steps = watched_steps(monkeypatch, resume, tmp_path / "moved")
    assert steps == []
    assert run.classifier.history_.evaluations == whole.classifier.history_.evaluations
    assert run.classifier.history_.stopped == whole.classifier.history_.stopped
    assert run.classifier.history_.about["seconds"] == whole.classifier.history_.about["seconds"]
    np.testing.assert_allclose(report.proba, predictions(whole), atol=1e-6)


def test_only_checkpoint_was_cut_short(toy_csv, tmp_path, monkeypatch):
    interrupt(recipe(toy_csv, epochs=2), tmp_path / "broken", monkeypatch, step=5)
    (tmp_path / "broken.training" / "seed-0" / "checkpoint-4" / "trainer_state.json").unlink()
    _, steps = watched_steps(monkeypatch, resume, tmp_path / "broken")
    assert steps == list(range(1, 9))


def test_latest_interrupted_training_is_gone_on_with(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for age, name in enumerate(("toy-cnn-2", "toy-cnn-3", "toy-cnn-1")):
        folder = unfinished_folder(Path("runs") / name)
        folder.mkdir(parents=True)
        (folder / "recipe.toml").write_text(recipe("toy.csv").to_toml())
        os.utime(folder, (1000 - age, 1000 - age))
    assert Unfinished.find().out == Path("runs/toy-cnn-2")


@pytest.fixture
def step_clock(monkeypatch):
    """A clock by which each step takes a second, and nothing else any time."""
    from textkind.networks.training import GroupedTrainer

    seconds, original = [], GroupedTrainer.training_step
    monkeypatch.setattr(
        GroupedTrainer, "training_step", lambda *given: (seconds.append(1), original(*given))[1]
    )
    monkeypatch.setattr(
        "textkind.networks.watching.time", SimpleNamespace(monotonic=lambda: float(len(seconds)))
    )


def interrupt(choices, out, monkeypatch, step=9):
    """Train until the step, as Ctrl-C would end it."""
    from textkind.networks.watching import Watcher

    with monkeypatch.context() as patch:
        patch.setattr(Watcher, "on_step_end", stopping_at(step, Watcher.on_step_end))
        with pytest.raises(KeyboardInterrupt):
            train(choices, out)


def watched_steps(monkeypatch, call, *given):
    """What the call returns, and the steps that a network was trained for in it."""
    from textkind.networks.training import GroupedTrainer

    steps, original = [], GroupedTrainer.training_step

    def step(self, *more):
        steps.append(self.state.global_step + 1)
        return original(self, *more)

    with monkeypatch.context() as patch:
        patch.setattr(GroupedTrainer, "training_step", step)
        return call(*given), steps


def stopping_at(step, original):
    def stop(self, args, state, control, **more):
        original(self, args, state, control, **more)
        if state.global_step == step:
            raise KeyboardInterrupt

    return stop


def predictions(run):
    from pyarrow import parquet

    table = parquet.read_table(run.path / "predictions.parquet").to_pydict()
    return np.column_stack([values for name, values in table.items() if name.startswith("proba:")])


def test_training_that_fails_before_a_checkpoint_leaves_nothing(toy_csv, tmp_path):
    with pytest.raises(RecipeError, match="has no 'optin'"):
        train(recipe(toy_csv, trainer={"optin": 1}), tmp_path / "run")
    assert list(tmp_path.iterdir()) == [toy_csv]


def test_training_goes_on_with_the_corrections_that_it_began_with(toy_csv, tmp_path, monkeypatch):
    log = tmp_path / "log.jsonl"
    dropped(toy_csv, log, 0)
    interrupt(corrected(toy_csv, log), tmp_path / "run", monkeypatch)
    dropped(toy_csv, log, 1)
    run, _ = resume(tmp_path / "run")
    assert [one["row"] for one in run.data["corrections"]] == [0]
    log.unlink()  # nor is it needed afterwards
    evaluate(run, "validation")


def test_all_processes_apply_the_same_corrections(toy_csv, tmp_path, monkeypatch):
    """Another process may read the log later than the first, and a reviewer be faster."""
    log, out, seen = tmp_path / "log.jsonl", tmp_path / "run", []
    dropped(toy_csv, log, 0)
    first = Unfinished(out, corrected(toy_csv, log))
    monkeypatch.setattr("textkind.artifact.unfinished._PATIENCE", 60)
    monkeypatch.setattr(step, "fit_on", lambda _, dataset: seen.append(dataset))
    with ThreadPoolExecutor() as pool:
        other = pool.submit(step.assist, first.recipe, out)
        assert wait([other], timeout=0.3).not_done  # for the first one
        dataset = apply(load_dataset(str(toy_csv)), read(log))
        dropped(toy_csv, log, 1)
        with first.kept(dataset):
            other.result(timeout=60)
    assert [one.fingerprint for one in seen] == [dataset.fingerprint]


def test_process_does_not_wait_for_ever_for_the_first(toy_csv, tmp_path, monkeypatch):
    monkeypatch.setattr("textkind.artifact.unfinished._PATIENCE", 0)
    with pytest.raises(RunError, match="has not begun to train"):
        step.assist(corrected(toy_csv, tmp_path / "log.jsonl"), tmp_path / "run")


def corrected(path, log):
    data = {"source": str(path), "corrections": str(log)}
    return Recipe.build({"data": data, "method": {**SMALL, "epochs": 3}})


def dropped(path, log, row):
    """Add a decision to the log."""
    dataset = load_dataset(str(path))
    split, labels = dataset.split("train"), dataset.labels.names
    append(log, Correction("train", row, text_id(split.texts[row]), labels[split.targets[row]], "drop"))


def test_nothing_to_go_on_with(tmp_path, toy_csv, monkeypatch, cli):
    monkeypatch.chdir(tmp_path)
    result = cli("train", "--resume")
    assert (result.code, result.out) == (2, "")
    assert "nothing to go on with: runs has no training that was interrupted" in result.err
    result = cli("train", toy_csv, "--resume", "--seed", 3)
    assert (
        "--resume takes all choices from the interrupted training: leave out 'data.source', 'seed'"
        in result.err
    )


def test_data_that_changed_is_not_gone_on_with(toy_csv, tmp_path, monkeypatch):
    interrupt(recipe(toy_csv), tmp_path / "run", monkeypatch)
    toy_csv.write_text(toy_csv.read_text().replace("what a joy 0", "what a change"))
    with pytest.raises(DataError, match="is not the data any more that the training of .* began with"):
        resume(tmp_path / "run")


def command(*arguments, launcher=()):
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "200"}
    environment.pop("WORLD_SIZE", None)
    line = [sys.executable, "-m", *launcher, "textkind", "train", *map(str, arguments)]
    return subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def settings(keys):
    return [word for key, value in keys.items() for word in ("--set", f"method.{key}={json.dumps(value)}")]


def test_killed_training_goes_on(toy_csv, tmp_path):
    """Kill -9 in the middle, then --resume: the same as never killed."""
    from textkind.networks.checkpoints import last_checkpoint

    keys = {"filters": 4, "min_count": 1, "batch_size": 4, "epochs": 12, "patience": 0, "precision": "exact"}
    arguments = [toy_csv, "--method", "cnn", *settings(keys)]
    process = command(*arguments, "--out", tmp_path / "killed")
    deadline = time.monotonic() + 120
    while not last_checkpoint(tmp_path / "killed.training" / "seed-0"):
        assert time.monotonic() < deadline, process.communicate()[1]
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not (tmp_path / "killed").exists()
    assert unfinished_folder(tmp_path / "killed").exists()
    said = []
    for process in (
        command("--resume", "--out", tmp_path / "killed"),
        command(*arguments, "--out", tmp_path / "whole"),
    ):
        said.append(process.communicate(timeout=240)[1])
        assert process.returncode == 0, said[-1]
    assert ["epoch 1 of 12:" in errors for errors in said] == [False, True]  # the first was not done again
    killed, whole = Run.load(tmp_path / "killed"), Run.load(tmp_path / "whole")
    np.testing.assert_allclose(predictions(killed), predictions(whole), atol=1e-5)
    assert not unfinished_folder(tmp_path / "killed").exists()


# Several processes, several seeds


@pytest.mark.slow
@pytest.mark.parametrize("method", ["cnn", "finetune"])
def test_two_processes_get_the_result_of_one(method, toy_csv, tmp_path):
    own = {"filters": 4, "min_count": 1, "dropout": 0.0} if method == "cnn" else {
        "encoder": make_tiny(tmp_path, dropout=0.0)}  # fmt: skip
    keys = {**own, "batch_size": 4, "epochs": 3, "precision": "exact", "learning_rate": 0.001}
    arguments = [toy_csv, "--method", method, *settings(keys)]
    for name, launched in (("one", ()), ("two", TWO)):
        process = command(*arguments, "--out", tmp_path / name, launcher=launched)
        out, errors = process.communicate(timeout=240)
        assert process.returncode == 0, errors
        assert out.count("validation split") == 1  # one of them speaks
    one, two = Run.load(tmp_path / "one"), Run.load(tmp_path / "two")
    assert two.classifier.history_.about["processes"] == 2
    np.testing.assert_allclose(predictions(two), predictions(one), atol=1e-3)


@pytest.mark.parametrize("first", [True, False])
def test_clock_of_the_first_process_counts(first, monkeypatch):
    """Another process that went by its own would evaluate while the first waits for its gradients."""
    from transformers import TrainerControl

    from textkind.networks.watching import Clock

    asked = []
    monkeypatch.setattr(
        "textkind.networks.watching.broadcast", lambda own: (asked.append(bool(own)), torch.tensor(first))[1]
    )
    clock, control = Clock(1000 if first else 1e-9), TrainerControl()
    clock.on_step_end(
        SimpleNamespace(device=torch.device("cpu")), SimpleNamespace(global_step=1, max_steps=9), control
    )
    assert asked == [not first]
    assert clock.over == control.should_training_stop == control.should_evaluate == first


@pytest.mark.slow
def test_two_processes_stop_at_the_same_step(toy_csv, tmp_path):
    keys = {"filters": 4, "min_count": 1, "batch_size": 4, "epochs": 3000, "patience": 0, "max_minutes": 0.05}
    for attempt in range(3):  # their clocks differ by chance
        out = tmp_path / f"run-{attempt}"
        process = command(toy_csv, "--method", "cnn", *settings(keys), "--out", out, launcher=TWO)
        try:
            _, errors = process.communicate(timeout=120)
        finally:
            process.terminate()  # if they wait for each other for ever
        assert process.returncode == 0, errors
        history = Run.load(out).classifier.history_
        assert history.stopped == "max_minutes"
        assert history.about["processes"] == 2


def test_processes_need_a_folder_that_all_know(toy_csv, monkeypatch, cli):
    monkeypatch.setenv("WORLD_SIZE", "2")
    result = cli("train", toy_csv, "--method", "cnn")
    assert result.code == 2
    assert "several processes train a network only, and need --out" in result.err


def test_seeds_give_mean_and_spread(toy_csv, tmp_path, cli):
    result = cli("train", toy_csv, "--method", "cnn", *settings({"filters": 4, "min_count": 1, "epochs": 2}),
                 "--seeds", 3, "--out", tmp_path / "run", "--json")  # fmt: skip
    assert result.code == 0, result.err
    seeds = result.document["seeds"]
    assert [one["seed"] for one in seeds["seeds"]] == [0, 1, 2]
    values = [one["accuracy"] for one in seeds["seeds"]]
    assert seeds["accuracy"] == {
        "mean": pytest.approx(np.mean(values)),
        "deviation": pytest.approx(np.std(values, ddof=1)),
    }
    assert values[0] == result.document["accuracy"]["value"]
    assert "With 3 seeds: accuracy" in cli("show", tmp_path / "run").out
    assert "With 3 seeds: accuracy" in (tmp_path / "run" / "report.html").read_text()


# What a person sees


def test_a_run_shows_its_training(toy_csv, tmp_path, cli):
    result = cli("train", toy_csv, "--method", "cnn", *settings({"filters": 4, "min_count": 1, "epochs": 2}),
                 "--out", tmp_path / "run")  # fmt: skip
    assert result.code == 0, result.err
    assert "rows with up to" in result.err
    assert "memory: about" in result.err
    assert "epoch 2 of 2: training loss" in result.err
    assert "kept are the weights after epoch" in " ".join(result.out.split())
    document = cli("show", tmp_path / "run", "--json").document
    assert [one["epoch"] for one in document["training"]["evaluations"]] == [1, 2]
    page = (tmp_path / "run" / "report.html").read_text()
    assert "Training and validation loss" in page
    assert "T00" not in "".join(finding["code"] for finding in document["findings"])
    again, _ = evaluate(Run.load(tmp_path / "run"), "validation")
    np.testing.assert_allclose(again.proba, predictions(Run.load(tmp_path / "run")), atol=1e-6)


def test_pages_of_methods_without_steps_carry_no_pictures(tfidf_run):
    assert 'class="plot"' not in (tfidf_run.path / "report.html").read_text()
