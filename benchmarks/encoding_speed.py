"""How fast MiniLM encodes on this CPU, and how far each engine strays from torch in float32.

    python benchmarks/encoding_speed.py DATA [--repeats 5] [--films 500] [--engines int8 ...] [--json FILE]

DATA holds `tweet_eval_emotion` and `imdb` as Parquet. Every pass tokenizes too. Engines take turns, so
that a busy machine slows all of them; `x torch` is the median of ratios within a turn, `cpu` the ratio
of the least CPU times, which other processes disturb less. Needs the extras transformers, minilm and
fast; sentence-transformers is one of the engines if it is installed.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from textkind.encoders.openvino_model import OpenVinoModel, convert
from textkind.encoders.pooling import mean
from textkind.encoders.pretrained import find_pretrained
from textkind.text.batches import pad, token_budget_batches

PRETRAINED = find_pretrained("minilm")
LAST = PRETRAINED.config["num_hidden_layers"]
LIMITS = {"tweets": 512, "imdb": 256}  # tokens
Engine = Callable[[list[str], int], np.ndarray]


def batches(texts, limit, budget):
    """Yield row numbers, ids and mask, sorted by length."""
    tokenizer = PRETRAINED.tokenizer
    tokenizer.enable_truncation(limit)
    ids = [encoding.ids for encoding in tokenizer.encode_batch_fast(texts)]
    for rows in token_budget_batches([len(one) for one in ids], budget):
        yield rows, *pad([ids[row] for row in rows], 0)


def with_torch(model, budget, texts, limit):
    """The masked mean of the last layer by torch."""
    import torch

    vectors = np.zeros((len(texts), PRETRAINED.config["hidden_size"]), np.float32)
    with torch.inference_mode():
        for rows, *arrays in batches(texts, limit, budget):
            ids, mask = map(torch.from_numpy, arrays)
            states = model(input_ids=ids, attention_mask=mask).last_hidden_state
            vectors[rows] = mean(states.float(), mask).numpy()
    return vectors


def with_openvino(model, budget, texts, limit):
    """The same by OpenVINO; the mean is taken in the graph, or here for a graph of states."""
    vectors = np.zeros((len(texts), PRETRAINED.config["hidden_size"]), np.float32)
    rows, inputs = [], []
    for row, *arrays in batches(texts, limit, budget):
        rows.append(row)
        inputs.append(tuple(arrays))
    for number, [states] in model.run(inputs):
        mask = inputs[number][1][..., None]
        vectors[rows[number]] = states if model.pooled else (states * mask).sum(1) / mask.sum(1)
    return vectors


def with_sentence_transformers(model, texts, limit):
    """`encode` with its defaults: float32, batches of 32."""
    model.max_seq_length = limit
    return model.encode(texts)


def engines(folder: Path, calibration: list[str]) -> dict[str, Engine]:
    """Every engine by name; "torch float32" is the reference."""
    import torch
    import transformers

    torch.set_num_threads(len(os.sched_getaffinity(0)))
    model = PRETRAINED.model
    half = transformers.AutoModel.from_pretrained(PRETRAINED.folder, dtype=torch.bfloat16).eval()
    found: dict[str, Engine] = {
        "torch float32": partial(with_torch, model, 2048),
        "torch bfloat16 weights": partial(with_torch, half, 2048),
    }
    texts = [tuple(one[1:]) for one in batches(calibration, 512, 2048)]
    for precision in ("float32", "bfloat16", "int8"):
        for pooled in (True, False):
            path = folder / f"{precision}-{pooled}"
            began = time.perf_counter()
            convert(
                model,
                path,
                precision=precision,
                layers=[LAST],
                calibration=texts if precision == "int8" else (),
                pooled=pooled,
            )
            took, began = time.perf_counter() - began, time.perf_counter()
            loaded = OpenVinoModel.load(path)
            print(f"{path.name}: converted in {took:.1f} s, loaded in {time.perf_counter() - began:.1f} s")
            for budget in (1024, 2048, 4096) if pooled else (2048,):
                name = f"openvino {precision} {'pooled' if pooled else 'states'} {budget}"
                found[name] = partial(with_openvino, loaded, budget)
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError:
        return found
    found["sentence_transformers"] = partial(
        with_sentence_transformers, SentenceTransformer(str(PRETRAINED.folder), device="cpu")
    )
    return found


def timed(engine: Engine, texts: list[str], limit: int) -> tuple[float, float]:
    """Seconds on the wall and of the CPU."""
    wall, cpu = time.perf_counter(), time.process_time()
    engine(texts, limit)
    return time.perf_counter() - wall, time.process_time() - cpu


def cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Of each row with its own."""
    return (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


def read(data: Path, films: int) -> tuple[dict[str, list[str]], dict[str, tuple[list[str], np.ndarray]]]:
    """The texts to time, and the splits of the tweets with their labels."""
    splits = {}
    for split in ("train", "validation"):
        table = pd.read_parquet(data / "tweet_eval_emotion" / f"{split}.parquet")
        splits[split] = (table["text"].tolist(), table["label"].to_numpy())
    table = pd.read_parquet(data / "imdb" / "test.parquet").sample(films, random_state=0)
    return {"tweets": splits["train"][0], "imdb": table["text"].tolist()}, splits


def main() -> None:
    """Measure and print one line per engine and data set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--films", type=int, default=500)
    parser.add_argument("--engines", nargs="*", default=[], help="parts of names; the reference always runs")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    sets, splits = read(chosen.data, chosen.films)
    sample = np.random.default_rng(0).choice(len(sets["tweets"]), 300, replace=False)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        found = engines(Path(folder), [sets["tweets"][row] for row in sample])
        if chosen.engines:
            kept = ["torch float32", "sentence_transformers", *chosen.engines]
            found = {name: one for name, one in found.items() if any(part in name for part in kept)}
        exact = {key: found["torch float32"](texts, LIMITS[key]) for key, texts in sets.items()}
        quality = {name: _quality(engine, exact, sets, splits) for name, engine in found.items()}
        times = {}
        for _ in range(chosen.repeats):
            for key, texts in sets.items():
                for name, engine in found.items():
                    times.setdefault((name, key), []).append(timed(engine, texts, LIMITS[key]))
    for (name, key), measured in times.items():
        own = np.array(measured)
        row = {"engine": name, "data": key, "texts_per_second": len(sets[key]) / np.median(own[:, 0])}
        for other in ("torch float32", "sentence_transformers"):
            if (other, key) in times:
                theirs = np.array(times[other, key])
                row[f"x {other}"] = np.median(theirs[:, 0] / own[:, 0])
                row[f"cpu x {other}"] = theirs[:, 1].min() / own[:, 1].min()
        rows.append({**row, **quality[name][key], "accuracy": quality[name]["accuracy"]})
    print(pd.DataFrame(rows).sort_values(["data", "engine"]).to_string(index=False, float_format="%.4g"))
    if chosen.json:
        chosen.json.write_text(json.dumps(rows, indent=2, default=float) + "\n", "utf-8")


def _quality(engine: Engine, exact: dict, sets: dict, splits: dict) -> dict:
    """Cosines to the reference, and the accuracy on validation of a head trained on the same features."""
    quality = {}
    for key, texts in sets.items():
        near = cosines(engine(texts, LIMITS[key]), exact[key])
        quality[key] = {"cosine": near.mean(), "least": near.min()}
    features = {split: engine(texts, 512) for split, (texts, _) in splits.items()}
    head = LogisticRegression(max_iter=2000).fit(features["train"], splits["train"][1])
    quality["accuracy"] = head.score(features["validation"], splits["validation"][1])
    return quality


if __name__ == "__main__":
    main()
