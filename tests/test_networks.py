"""Networks: what they read, what they compute, and what transformers makes of them when they are saved."""

import gzip
import json
import logging
import struct
from types import SimpleNamespace

import numpy as np
import pytest

from conftest import make_tiny
from textkind import Cnn, FineTuned, NetworkClassifier, Rnn, Training, register
from textkind.encoders.pretrained import find_pretrained
from textkind.errors import DataError, RecipeError, RunError
from textkind.networks.embeddings import read_word_vectors
from textkind.networks.history import Evaluation, History
from textkind.networks.kinds import NETWORKS, network_and_training, network_from, network_to
from textkind.networks.tokens import pretrained_tokens
from textkind.tables import METHOD_TABLES
from textkind.text.batches import length_grouped

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

FAST = Training(epochs=2, batch_size=6, patience=0, precision="exact")
PAIRS = [("so happy today", "what a joy"), ("how sad", "a terrible loss " * 20)]


def fitted(network, toy, training=FAST, **options):
    texts, names = toy
    return NetworkClassifier(network, training, **options).fit(texts, names, X_val=texts, y_val=names)


# What is read


def test_tokens_are_those_of_transformers(tiny_model):
    tokens = pretrained_tokens(find_pretrained(tiny_model), "tiny", max_tokens=12, long="head", typed=True)
    theirs = transformers.AutoTokenizer.from_pretrained(tiny_model)
    texts = ["so happy", "", "a wonderful day " * 9]
    expected = theirs(texts, truncation=True, max_length=12, padding=False)
    rows = tokens.rows(texts)
    assert [row.tolist() for row in rows.ids] == expected["input_ids"]
    expected = theirs(*zip(*PAIRS, strict=True), truncation=True, max_length=12, padding=False)
    rows = tokens.rows(PAIRS)
    assert [row.tolist() for row in rows.ids] == expected["input_ids"]
    assert [row.tolist() for row in rows.types] == expected["token_type_ids"]
    assert tokens.counts(["so happy", "a b c"]).tolist() == [[4], [5]]


def test_windows_of_a_text_are_averaged(tiny_model):
    tokens = pretrained_tokens(find_pretrained(tiny_model), "tiny", max_tokens=6, long="windows")
    rows = tokens.rows(["so happy", "a wonderful day " * 3])
    assert rows.owner.tolist() == [0, 1, 1, 1]
    assert max(rows.lengths) <= 6
    shuffled = rows.by_length()
    assert shuffled.lengths.tolist() == sorted(rows.lengths, reverse=True)
    np.testing.assert_allclose(rows.of_texts(np.array([[1.0], [2.0], [3.0], [7.0]])), [[1], [4]])
    with pytest.raises(
        RecipeError, match="long = 'windows' is for single texts, these are pairs: use 'head'"
    ):
        tokens.rows(PAIRS)


def test_windows_answer_with_the_mean_probability(toy, tiny_model):
    short = fitted(FineTuned(encoder=tiny_model, max_tokens=6), toy)
    whole = fitted(FineTuned(encoder=tiny_model, max_tokens=6, long="windows"), toy)
    assert whole.token_limit is None
    assert short.token_limit == 6
    parts = ["so happy today and", "alone and loud again"]
    each = whole.predict_proba(parts)
    np.testing.assert_allclose(whole.predict_proba([" ".join(parts)])[0], each.mean(axis=0), atol=1e-6)


def test_windows_are_watched_as_they_are_answered():
    from textkind.networks.figures import Figures

    rows = SimpleNamespace(of_texts=lambda each: each.mean(axis=0, keepdims=True))
    # The first window is so sure of the first label that it would outvote the others by its logit
    windows = SimpleNamespace(predictions=np.array([[9.0, 0.0], [-3.0, 2.0], [-3.0, 2.0]]))
    for targets in (np.array([1]), np.array([[0, 1]])):
        assert Figures(SimpleNamespace(rows=rows, targets=targets))(windows)["accuracy"] == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"max_tokens": 33}, "max_tokens must lie between 3 and 32, the limit of .*, found 33"),
        ({"train_layers": 3}, "train_layers must lie between 0 and 2, the layers of .*, found 3"),
        ({"long": "midle"}, "unknown long 'midle': expected 'head', 'head.tail', 'windows'"),
    ],
)
def test_choices_that_do_not_fit_the_model(toy, tiny_model, change, message):
    with pytest.raises(RecipeError, match=message):
        fitted(FineTuned(encoder=tiny_model, **change), toy)


def test_a_tokenizer_with_more_entries_than_embeddings_is_refused(toy, tmp_path):
    folder = make_tiny(tmp_path)
    path = tmp_path / "tokenizer.json"
    content = json.loads(path.read_text())
    content["model"]["vocab"] |= {f"more{number}": 1000 + number for number in range(9)}
    path.write_text(json.dumps(content))
    message = "the tokenizer of .* does not fit its model: it has 1,009 entries, the model embeddings for"
    with pytest.raises(RecipeError, match=message):
        fitted(FineTuned(encoder=folder), toy)


@pytest.mark.parametrize("change", [{"is_encoder_decoder": True}, {"architectures": ["GPT2LMHeadModel"]}])
def test_a_model_that_writes_text_is_refused(toy, tmp_path, change):
    folder = make_tiny(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | change))
    with pytest.raises(RecipeError, match="is not an encoder but a model that writes text .*take one like"):
        fitted(FineTuned(encoder=folder), toy)


# What is computed


def test_cnn_is_a_maximum_over_windows():
    from textkind.networks.convolutional import CnnConfig, CnnForSequenceClassification

    torch.manual_seed(0)
    model = CnnForSequenceClassification(
        CnnConfig(vocab_size=9, embedding_size=4, widths=[2, 3], filters=5, num_labels=3)
    ).eval()
    ids = [3, 5, 8, 2]
    table = model.embeddings.weight.detach().numpy()
    pooled = []
    for convolution in model.convolutions:
        weight, bias = convolution.weight.detach().numpy(), convolution.bias.detach().numpy()
        width = weight.shape[2]
        text = np.vstack([table[ids], np.zeros((width - 1, 4))])
        windows = [text[start : start + width] for start in range(len(ids))]
        answers = [np.einsum("few,we->f", weight, window) + bias for window in windows]
        pooled.append(np.maximum(answers, 0).max(axis=0))
    found = model.pooled(torch.tensor([ids])).detach().numpy()[0]
    np.testing.assert_allclose(found, np.concatenate(pooled), atol=1e-6)
    padded = torch.tensor([[*ids, 0, 0, 0], [1] * 7])
    np.testing.assert_allclose(model.pooled(padded).detach().numpy()[0], found, atol=1e-6)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_rnn_answers_from_the_last_valid_state(cell, bidirectional):
    from textkind.networks.recurrent import RnnConfig, RnnForSequenceClassification

    torch.manual_seed(0)
    sizes = {"vocab_size": 9, "embedding_size": 4, "hidden_size": 5, "num_hidden_layers": 2, "num_labels": 3}
    model = RnnForSequenceClassification(RnnConfig(cell=cell, bidirectional=bidirectional, **sizes)).eval()
    ids = torch.tensor([[3, 5, 8, 2]])
    states, _ = model.cells(model.embeddings(ids))  # nothing is padded here
    expected = torch.cat([states[0, -1, :5], states[0, 0, 5:]]).detach()
    padded = torch.tensor([[3, 5, 8, 2, 0, 0, 0], [1] * 7])
    found = model.last_states(padded, (padded != 0).long()).detach()
    np.testing.assert_allclose(found[0], expected, atol=1e-6)


def test_relu_is_for_the_plain_cell():
    from textkind.networks.recurrent import RnnConfig, RnnForSequenceClassification

    model = RnnForSequenceClassification(RnnConfig(cell="rnn", activation="relu", vocab_size=9))
    assert model.cells.nonlinearity == "relu"
    with pytest.raises(RecipeError, match="unknown cell 'gruu': expected 'rnn', 'gru', 'lstm'"):
        Rnn(cell="gruu")


def test_length_grouped_batches():
    lengths = np.random.default_rng(0).integers(1, 200, 1003)
    order = length_grouped(lengths, 8, seed=[0, 1])
    assert sorted(order) == list(range(1003))
    assert lengths.max() in lengths[order[:8]]
    batches = [lengths[order[start : start + 8]] for start in range(0, 1000, 8)]
    assert sum(8 * batch.max() for batch in batches) < 1.1 * lengths.sum()
    assert length_grouped(lengths, 8, seed=[0, 1]).tolist() == order.tolist()
    assert length_grouped(lengths, 8, seed=[0, 2]).tolist() != order.tolist()
    assert length_grouped(lengths[:3], 8, seed=[0]).tolist() != []


@pytest.mark.parametrize("several", [False, True])
def test_loss_is_torchs(several):
    from torch.nn import functional
    from transformers.modeling_outputs import SequenceClassifierOutput

    from textkind.networks.losses import Loss, balanced, default_loss

    logits = torch.randn(6, 3)
    targets = np.array([0, 0, 0, 1, 1, 2])
    if several:
        targets = np.array([[1, 0, 1], [0, 1, 0], [1, 0, 0], [0, 0, 0], [1, 1, 1], [1, 0, 0]])
    labels = torch.tensor(targets if not several else targets.astype(np.float32))
    outputs = SequenceClassifierOutput(logits=logits)
    plain = Loss()(outputs, labels)
    torch.testing.assert_close(plain, default_loss(logits, labels))
    halves = [Loss()(SequenceClassifierOutput(logits=logits[part]), labels[part], labels.numel()) for part in
              (slice(0, 2), slice(2, 6))]  # two processes, or two batches before one step  # fmt: skip
    torch.testing.assert_close(sum(halves), plain)
    weights = balanced(targets)
    if several:
        expected = functional.binary_cross_entropy_with_logits(logits, labels, pos_weight=weights)
    else:
        smooth = functional.cross_entropy(logits, labels, label_smoothing=0.1)
        torch.testing.assert_close(Loss(smoothing=0.1)(outputs, labels), smooth)
        assert weights[labels].mean() == pytest.approx(1)
        expected = (functional.cross_entropy(logits, labels, reduction="none") * weights[labels]).mean()
    torch.testing.assert_close(Loss(weights)(outputs, labels), expected)


def test_loss_that_is_no_number_is_said():
    from transformers.modeling_outputs import SequenceClassifierOutput

    from textkind.networks.losses import Loss

    with pytest.raises(RecipeError, match="the loss is not a number any more: lower method.learning_rate"):
        Loss()(SequenceClassifierOutput(logits=torch.full((1, 2), torch.nan)), torch.tensor([0]))


# Where embeddings begin


def vectors_file(path, form):
    words = {"happy": [1.0, 2.0], "new york": [3.0, 4.0], "sad": [5.0, 6.0]}
    lines = [f"{word} {first} {second}" for word, (first, second) in words.items()]
    if form == "word2vec.bin":
        entries = b"".join(
            word.replace(" ", "_").encode() + b" " + struct.pack("<2f", *values) + b"\n"
            for word, values in words.items()
        )
        path.write_bytes(b"3 2\n" + entries)
    elif form == "glove.txt.gz":
        path.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode()))
    else:
        header = ["3 2"] if form == "word2vec.txt" else []
        path.write_text("\n".join(header + lines) + "\n")
    return path


@pytest.mark.parametrize("form", ["glove.txt", "glove.txt.gz", "word2vec.txt", "word2vec.bin"])
def test_word_vectors_are_read(tmp_path, form):
    found = read_word_vectors(vectors_file(tmp_path / form, form), {"happy": 3, "sad": 2, "other": 1})
    assert {word: vector.tolist() for word, vector in found.items()} == {"happy": [1, 2], "sad": [5, 6]}


def test_training_starts_from_word_vectors(toy, tmp_path, caplog):
    path = vectors_file(tmp_path / "glove.txt", "glove.txt")
    network = Cnn(embeddings=str(path), min_count=1, filters=4)
    tokens = network.tokens(toy[0])
    with caplog.at_level(logging.INFO, "textkind"):
        model = network.build(tokens, 3, multi_label=False)
    table = model.get_input_embeddings().weight.detach().numpy()
    assert table[tokens.tokenizer.token_to_id("happy")].tolist() == [1, 2]
    assert table[0].tolist() == [0, 0]
    assert "has vectors for 2 of" in caplog.text


def test_training_starts_from_a_pretrained_table(toy, tiny_model):
    network = Rnn(tokenizer=tiny_model, embeddings=tiny_model, hidden=4)
    model = network.build(network.tokens(toy[0]), 3, multi_label=False)
    theirs = transformers.AutoModel.from_pretrained(tiny_model).get_input_embeddings().weight.detach().numpy()
    np.testing.assert_array_equal(model.get_input_embeddings().weight.detach().numpy()[1:], theirs[1:])
    with pytest.raises(RecipeError, match="a row for each entry of its own tokenizer: set tokenizer = "):
        fitted(Rnn(embeddings=tiny_model), toy)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b"happy 1 2\nsad 1\n", "expected a word and 2 numbers in .*a.txt line 2"),
        ("a.txt", b"happy 1 x\n", "expected a word and 2 numbers in .*a.txt line 1"),
        ("a.txt", b"glad 1 2\n", "has a vector for none of the 2 entries: is it another language"),
        ("a.bin", b"what is this\n", "expected the counts of words and dimensions in the first line"),
        ("a.bin", b"2 2\nhappy \0\0", "ends or breaks at word 1 of 2: load it again"),
    ],
)
def test_files_that_hold_no_word_vectors(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_word_vectors(tmp_path / name, {"happy": 0, "sad": 1})


def test_dimension_must_fit_the_file(toy, tmp_path):
    path = vectors_file(tmp_path / "glove.txt", "glove.txt")
    with pytest.raises(
        RecipeError, match="dimension = 5 does not fit .*, whose vectors have 2: leave it out"
    ):
        fitted(Cnn(embeddings=str(path), min_count=1, dimension=5), toy)


# What is kept


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("pairs", [False, True])
def test_pipelines_of_transformers_answer_the_same(kind, pairs, toy, tiny_model, tmp_path):
    texts, names = toy
    texts = [(text, text[::-1]) for text in texts] if pairs else texts
    network = FineTuned(encoder=tiny_model) if kind == "finetune" else NETWORKS[kind](min_count=1)
    classifier = fitted(network, (texts, names), labels=["anger", "joy", "never seen", "sadness"])
    classifier.save(tmp_path / "model")
    register()
    pipe = transformers.pipeline("text-classification", str(tmp_path / "model" / "network"), top_k=None)
    proba = classifier.predict_proba(texts)
    for row, text in enumerate(texts[:6]):
        answer = pipe({"text": text[0], "text_pair": text[1]} if pairs else text)
        found = {one["label"]: one["score"] for one in (answer[0] if isinstance(answer[0], list) else answer)}
        expected = {
            label: proba[row, column] for column, label in enumerate(classifier.classes_) if column != 2
        }
        assert found == pytest.approx(expected, abs=1e-5)


def test_a_saved_network_knows_its_choices(toy, tmp_path):
    network = Rnn(cell="lstm", hidden=8, min_count=1)
    fitted(network, toy).save(tmp_path / "model")
    loaded = NetworkClassifier.load(tmp_path / "model")
    assert loaded.network == network
    loaded.save(tmp_path / "again")
    files = sorted(path.relative_to(tmp_path / "model") for path in (tmp_path / "model").rglob("*"))
    assert files == sorted(path.relative_to(tmp_path / "again") for path in (tmp_path / "again").rglob("*"))
    with pytest.raises(
        RunError, match="unknown kind of network 'gnn': this version knows 'finetune', 'cnn', 'rnn'"
    ):
        network_from({"kind": "gnn"})


@pytest.mark.parametrize("kind", NETWORKS)
def test_recipe_and_classes_have_the_same_keys_and_defaults(kind):
    settings = METHOD_TABLES[kind]().model_dump(exclude={"name"})
    network, training = network_and_training(kind, settings)
    assert (network, training) == (NETWORKS[kind](), Training())
    assert network_from(json.loads(json.dumps(network_to(network)))) == network


# What a person is told of a training


def history(losses, trained, *, f1=0.8, steps=None):
    evaluations = tuple(
        Evaluation(step=10 * at, epoch=at, training_loss=mine, loss=loss, accuracy=f1, macro_f1=f1)
        for at, (loss, mine) in enumerate(zip(losses, trained, strict=True), 1)
    )
    return History(
        evaluations=evaluations,
        steps=steps or tuple((at, loss) for at, loss in enumerate(trained)),
        best=0,
        metric="macro_f1",
        stopped="patience",
        majority_f1=0.2,
        about={"seconds": 3.0, "peak_megabytes": 400, "learning_rate": 1e-3},
    )


@pytest.mark.parametrize(
    ("found", "codes"),
    [
        (history([0.5, 0.4], [0.6, 0.3]), []),
        (history([0.4, 0.5], [0.6, 0.3]), ["T001"]),
        (history([0.4, 0.5], [0.3, 0.4]), []),  # both rise: nothing was learned by heart
        (history([0.5, 0.4], [0.6, 0.3], f1=0.21), ["T002"]),
        (history([0.5, 0.4], [0.6, 0.3], steps=((1, 0.7), (2, 0.6), (3, 1.5))), ["T003"]),
        (history([0.5, 0.4], [0.6, 0.3], steps=((1, 2.7), (2, 0.6), (3, 1.5))), []),
    ],
)
def test_checks_of_a_training(found, codes):
    assert [finding.code for finding in found.findings()] == codes


def test_history_comes_back_from_disk(tmp_path):
    told = history([0.4, 0.5], [0.6, 0.3])
    told.save(tmp_path)
    assert History.load(tmp_path) == told
    assert (
        "ended by no gain any more); kept are the weights after epoch 1, the best macro F1" in told.sentence()
    )
