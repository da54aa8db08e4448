"""How fast MiniLM is fine-tuned on this CPU: textkind beside a plain Trainer with its defaults.

    python benchmarks/training.py DATA [--seeds 3] [--epochs 2] [--batch-size 64] [--rate 1e-4]

DATA holds `tweet_eval_emotion` as a folder of Parquet. Both train the same model on the same rows with the
same batch size and epochs, one after the other with each seed, and answer the validation split. Both have
their defaults otherwise, the Trainer float32, `DataCollatorWithPadding`, batches at random, all weights
trained with a rate of 5e-5; `--rate` gives both the same. Speed is the time of `Trainer.train`; in textkind's
is a checkpoint at the end, in the other none. The paired test is McNemar's on the answers of all seeds. Needs
the extras transformers and minilm.
"""

import argparse
import os
import tempfile
import time
import warnings
from pathlib import Path
from statistics import median

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read when torch is loaded
warnings.filterwarnings("ignore")

import numpy as np
import torch
import transformers
from sklearn.metrics import f1_score

from textkind import FineTuned, NetworkClassifier, Training, load_dataset
from textkind.encoders.pretrained import find_pretrained
from textkind.report.comparison import compare


def plain(train, validation, k, options, seed):
    """A Trainer as its documentation shows it; returns seconds and the answers to the validation rows."""
    folder = find_pretrained("minilm").folder
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder, num_labels=k)
    rows = [
        {**tokenizer(text, truncation=True, max_length=512), "labels": int(target)}
        for text, target in zip(*train, strict=True)
    ]
    with tempfile.TemporaryDirectory() as output:
        arguments = transformers.TrainingArguments(
            output_dir=output,
            per_device_train_batch_size=options.batch_size,
            num_train_epochs=options.epochs,
            learning_rate=options.rate or 5e-5,
            save_strategy="no",
            dataloader_pin_memory=False,
            disable_tqdm=True,
            use_cpu=True,
            seed=seed,
        )
        trainer = transformers.Trainer(
            model=model,
            args=arguments,
            train_dataset=rows,
            data_collator=transformers.DataCollatorWithPadding(tokenizer),
        )
        trainer.remove_callback(transformers.PrinterCallback)
        started = time.perf_counter()
        trainer.train()
        seconds = time.perf_counter() - started
    answers = []
    with torch.inference_mode():
        for start in range(0, len(validation), 64):
            batch = tokenizer(
                validation[start : start + 64], padding=True, truncation=True, return_tensors="pt"
            )
            answers.append(model.eval()(**batch).logits.argmax(dim=1).numpy())
    return seconds, np.concatenate(answers)


def ours(train, validation, k, options, seed):
    """textkind with the same batch size and epochs."""
    steps = int(-(-len(train[0]) // options.batch_size) * options.epochs)
    training = Training(
        epochs=options.epochs,
        batch_size=options.batch_size,
        learning_rate=options.rate,
        trainer={"eval_steps": steps, "save_steps": steps},  # nothing is chosen: the last weights count
    )
    classifier = NetworkClassifier(FineTuned(), training, labels=range(k), seed=seed)
    few = train[0][:1], train[1][:1]  # there has to be a row to watch
    timed = transformers.Trainer.train
    spent = []

    def clocked(self, *given, **named):
        started = time.perf_counter()
        timed(self, *given, **named)
        spent.append(time.perf_counter() - started)

    transformers.Trainer.train = clocked
    try:
        classifier.fit(*train, X_val=few[0], y_val=few[1])
    finally:
        transformers.Trainer.train = timed
    return spent[0], classifier.predict(validation)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=float, default=2)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--rate", type=float)
    options = parser.parse_args()
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    dataset = load_dataset(str(options.data / "tweet_eval_emotion"))
    train, validation = (dataset.split(name) for name in ("train", "validation"))
    k = len(dataset.labels)
    seconds, answers = {plain: [], ours: []}, {plain: [], ours: []}
    for seed in range(options.seeds):
        for way in (plain, ours):
            spent, answered = way((train.texts, train.targets), validation.texts, k, options, seed)
            seconds[way].append(spent)
            answers[way].append(answered)
            f1 = f1_score(validation.targets, answered, average="macro")
            accuracy = (answered == validation.targets).mean()
            print(
                f"seed {seed} {way.__name__:6} {spent:6.1f} s, accuracy {accuracy:.3f}, macro F1 {f1:.3f}",
                flush=True,
            )
    ratios = [slow / fast for slow, fast in zip(seconds[plain], seconds[ours], strict=True)]
    print(f"times as fast: {median(ratios):.2f} (each seed: {', '.join(f'{ratio:.2f}' for ratio in ratios)})")
    truth = np.eye(k, dtype=bool)[np.tile(validation.targets, options.seeds)]
    ours_all, plain_all = (np.eye(k, dtype=bool)[np.concatenate(answers[way])] for way in (ours, plain))
    told = compare(truth, ours_all, plain_all, seed=0).to_dict()
    print(f"on {len(truth):,} answers textkind is {told['verdict']} (p = {told['p_value']:.3f}): {told}")


if __name__ == "__main__":
    main()
