"""How fast MiniLM encodes on this CPU: textkind beside what people use, and beside bare engines.

    python benchmarks/encoding.py DATA [--rounds 5] [--films 2000] [--sets tweets imdb]

DATA holds `tweet_eval_emotion` and `imdb` as folders of Parquet. Within a round the ways take turns, so
that a busy machine slows all of them; a ratio is the median of the ratios within the rounds. Tokenizing
is timed, loading and converting models is not. The bare engines get the batches that textkind makes,
tokenized beforehand: what textkind loses to them is its own work. Needs the extras transformers, minilm
and fast, and the packages sentence-transformers, onnx, onnxruntime and onnxscript.
"""

import argparse
import logging
import os
import tempfile
import time
import warnings
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read when torch is loaded
warnings.filterwarnings("ignore")

import numpy as np
import pandas as pd
import torch

from textkind.encoders.engines import FLOAT32, Agreement
from textkind.encoders.pretrained import find_pretrained
from textkind.encoders.torch_engine import load_model
from textkind.encoders.transformer import TransformerEncoder

PRETRAINED = find_pretrained("minilm")
LIMIT = 256  # tokens: what sentence-transformers cuts this model's texts at
FLOPS = 2 * 6 * (4 * 384**2 + 2 * 384 * 1536)  # of the linear layers, for one token
TEXTBOOK_ROWS = 1000


def textbook(model):
    """Pad everything to the longest, batches of 1,000, the mean of a masked array."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(PRETRAINED.folder)

    def encode(texts):
        inputs = tokenizer(texts, padding=True, truncation=True, max_length=LIMIT, return_tensors="pt")
        means = []
        for start in range(0, len(texts), TEXTBOOK_ROWS):
            part = {name: values[start : start + TEXTBOOK_ROWS] for name, values in inputs.items()}
            with torch.no_grad():
                states = model(**part).last_hidden_state.numpy()
            hidden = np.broadcast_to((part["attention_mask"].numpy() == 0)[..., None], states.shape)
            means.append(np.ma.masked_array(states, hidden).mean(axis=1).data)
        return np.concatenate(means)

    return encode


def sentence_transformers():
    """`encode` with its defaults."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(PRETRAINED.folder), device="cpu")
    return lambda texts: model.encode(texts, normalize_embeddings=False)


def textkind(precision, texts):
    """A textkind encoder, fitted on the texts, so that its engine has been chosen."""
    encoder = TransformerEncoder(max_tokens=LIMIT, precision=precision).fit(texts)
    told = encoder.agreement_.sentence() if encoder.agreement_ else FLOAT32
    print(f"textkind {precision}: {told}", flush=True)
    return encoder.transform


def bare(run, batches):
    """The masked mean of an engine's states over batches that are there already."""

    def encode(texts):
        vectors = []
        for ids, mask in batches:
            states = run(ids, mask)
            vectors.append((states * mask[..., None]).sum(1) / mask.sum(1, keepdims=True))
        return np.concatenate(vectors)

    return encode


def openvino_engines(model, batches, calibration):
    """OpenVINO as its tutorials use it: converted, compiled with defaults, called batch by batch."""
    import nncf
    import openvino

    example = {name: torch.ones((2, 8), dtype=torch.int64) for name in ("input_ids", "attention_mask")}
    example["attention_mask"][1, 5:] = 0
    graph = openvino.convert_model(model, example_input=example)
    data = nncf.Dataset([{"input_ids": ids, "attention_mask": mask} for ids, mask in calibration])
    graphs = {"openvino (its default, bfloat16)": graph}
    graphs["openvino int8 (NNCF)"] = nncf.quantize(graph, data, model_type=nncf.ModelType.TRANSFORMER)
    found = {}
    for name, one in graphs.items():
        compiled = openvino.Core().compile_model(one, "CPU")
        found[name] = bare(lambda ids, mask, compiled=compiled: compiled([ids, mask])[0], batches)
    return found


def onnxruntime_engines(model, folder, batches):
    """onnxruntime in float32 and in its dynamic int8, called batch by batch."""
    import onnxruntime
    from onnxruntime.quantization import QuantType, quantize_dynamic

    ids = torch.ones((2, 8), dtype=torch.int64)
    free = {0: torch.export.Dim("rows"), 1: torch.export.Dim("tokens")}
    torch.onnx.export(
        model,
        (ids, ids),
        str(folder / "float32.onnx"),
        input_names=["input_ids", "attention_mask"],
        dynamic_shapes={"input_ids": free, "attention_mask": free},
        dynamo=True,
        verbose=False,
    )
    quantize_dynamic(
        str(folder / "float32.onnx"), str(folder / "int8.onnx"), weight_type=QuantType.QInt8, per_channel=True
    )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = len(os.sched_getaffinity(0))
    found = {}
    for name in ("float32", "int8"):
        session = onnxruntime.InferenceSession(str(folder / f"{name}.onnx"), options)

        def run(ids, mask, session=session):
            return session.run(None, {"input_ids": ids, "attention_mask": mask})[0]

        found[f"onnxruntime {name}"] = bare(run, batches)
    return found


def peaks():
    """The best rate of a square product that torch reaches, in operations a second."""
    found = {"float32": 0.0, "bfloat16": 0.0, "int8": 0.0}
    for size in (512, 1024, 2048):
        for name, kind in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
            a = torch.randn(size, size).to(kind)
            found[name] = max(found[name], _rate(lambda a=a: a @ a, size))
        whole = torch.randint(-9, 9, (size, size), dtype=torch.int8)
        found["int8"] = max(found["int8"], _rate(lambda whole=whole: torch._int_mm(whole, whole), size))
    return found


def _rate(product, size, rounds=20):
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        product()
        times.append(time.perf_counter() - start)
    return 2 * size**3 / min(times)


def read(data, films):
    tweets = pd.read_parquet(data / "tweet_eval_emotion" / "train.parquet")["text"].tolist()
    reviews = pd.read_parquet(data / "imdb" / "test.parquet")["text"].sample(films, random_state=0).tolist()
    return {"tweets": tweets, "imdb": reviews}


def measure(texts, rounds, folder):
    """Return seconds (rounds,) and vectors by way; the textbook's runs less often, as it takes minutes."""
    plain = TransformerEncoder(max_tokens=LIMIT).fit([])
    batches = list(plain.reader_.batches(list(dict.fromkeys(texts))))
    calibration = list(plain.reader_.batches(texts[:300]))
    model = load_model(PRETRAINED.folder)
    ways = {
        "textbook": textbook(model),
        "sentence-transformers": sentence_transformers(),
        "textkind exact": textkind("exact", texts),
        "textkind auto": textkind("auto", texts),
        "textkind fast": textkind("fast", texts),
        **openvino_engines(model, batches, calibration),
        **onnxruntime_engines(model, folder, batches),
    }
    seconds, vectors = {name: [] for name in ways}, {}
    for way in ways.values():
        way(texts[:64])  # loads what is loaded late
    for number in range(rounds):
        for name, way in ways.items():
            if name == "textbook" and number % 2 and rounds > 1:
                seconds[name].append(seconds[name][-1])
                continue
            start = time.perf_counter()
            vectors[name] = way(texts)
            seconds[name].append(time.perf_counter() - start)
        told = ", ".join(f"{name} {times[-1]:.1f} s" for name, times in seconds.items())
        print(f"round {number + 1} of {rounds}: {told}", flush=True)
    tokens = sum(int(mask.sum()) for _, mask in batches)
    return seconds, vectors, tokens


def table(name, texts, seconds, vectors, tokens, peak):
    """A Markdown table of one data set."""
    print(f"\n### {name}: {len(texts):,} texts, {tokens:,} tokens\n")
    print(
        "| way | texts/s | x sentence-transformers | x textbook | of the peak | cosine to float32 (least) |"
    )
    print("|---|---|---|---|---|---|")
    times = {way: np.array(values) for way, values in seconds.items()}
    for way, values in times.items():
        kind = _kind(way)
        share = FLOPS * tokens / np.median(values) / peak[kind]
        theirs = np.median(times["sentence-transformers"] / values)
        print(
            f"| {way} | {len(texts) / np.median(values):,.0f} | {theirs:.2f} | "
            f"{np.median(times['textbook'] / values):.1f} | {share:.0%} of {kind} | {_near(vectors, way)} |"
        )


def _kind(way):
    if "int8" in way or "fast" in way:
        return "int8"
    return "bfloat16" if "bfloat16" in way or "auto" in way else "float32"


def _near(vectors, way):
    if not way.startswith("textkind"):
        return ""
    agreement = Agreement.of(FLOAT32, vectors["textkind exact"], vectors[way])
    return f"{agreement.cosine_mean:.5f} ({agreement.cosine_min:.5f})"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--films", type=int, default=2000)
    parser.add_argument("--sets", nargs="*", default=["tweets", "imdb"])
    chosen = parser.parse_args()
    logging.disable(logging.WARNING)
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    peak = peaks()
    print("measured peaks, GFLOP/s:", {name: round(rate / 1e9) for name, rate in peak.items()})
    for name, texts in read(chosen.data, chosen.films).items():
        if name in chosen.sets:
            with tempfile.TemporaryDirectory() as folder:
                seconds, vectors, tokens = measure(texts, chosen.rounds, Path(folder))
            table(name, texts, seconds, vectors, tokens, peak)


if __name__ == "__main__":
    main()
