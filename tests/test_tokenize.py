"""Tokenizers: the same texts give the same tokenizer; what is shown is what a model gets."""

import json

import numpy as np
import pytest

from textkind.data.sources import load_dataset
from textkind.errors import DataError, RecipeError
from textkind.steps.tokenize import TokenizerOptions, tokenize
from textkind.text.tokenizers import LEARNED, learn_tokenizer
from textkind.text.tokens import token_statistics, tokenized, unknown_id

TEXTS = ["So happy, so very HAPPY!", "how sad it is", "so it is what it is", "ｆｕｌｌ width"]


@pytest.fixture(scope="module")
def sample():
    return load_dataset("sample:emotion").split("train").texts


@pytest.mark.parametrize("kind", LEARNED)
def test_equal_texts_give_an_equal_tokenizer(kind, sample):
    one, other = (learn_tokenizer(kind, sample, size=2000) for _ in range(2))
    assert one.to_str() == other.to_str()


@pytest.mark.parametrize("kind", LEARNED)
def test_vocabulary_keeps_to_its_size_and_starts_with_the_special_tokens(kind, sample):
    tokenizer = learn_tokenizer(kind, sample[:1000], size=300)
    assert tokenizer.get_vocab_size() <= 300
    assert [tokenizer.id_to_token(number) for number in (0, 1)] == ["[PAD]", "[UNK]"]
    assert unknown_id(tokenizer) == 1
    assert sorted(tokenizer.get_vocab().values()) == list(range(tokenizer.get_vocab_size()))


@pytest.mark.parametrize("kind", LEARNED)
def test_no_text_is_out_of_reach(kind):
    tokenizer = learn_tokenizer(kind, TEXTS)
    assert tokenizer.encode("").ids == []
    assert set(tokenizer.encode("☃☃ 한국").ids) >= {1}
    assert tokenizer.encode("SO Full").ids == tokenizer.encode("so ｆull").ids


def test_words_below_the_least_count_are_unknown():
    tokenizer = learn_tokenizer("word", TEXTS, min_count=2)
    assert tokenizer.encode("it is sad").tokens == ["it", "is", "[UNK]"]
    assert learn_tokenizer("word", TEXTS, lowercase=False).encode("happy HAPPY").ids.count(1) == 0


def test_characters_are_seen_one_by_one_also_line_ends():
    tokenizer = learn_tokenizer("character", ["a\nb"])
    assert tokenizer.encode("b\na").tokens == ["b", "\n", "a"]


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (("wrod", TEXTS, {}), RecipeError, "unknown tokenizer 'wrod'.*Did you mean 'word'"),
        (("word", TEXTS, {"size": 2}), RecipeError, "more than 2 entries.*found 2 and 1"),
        (("word", TEXTS, {"min_count": 0}), RecipeError, "least count of 1 or more"),
        (("word", TEXTS, {"min_count": 99}), DataError, "nothing occurs 99 times or more in the 4 text"),
        (("unigram", ["  ", "\n"], {}), DataError, "the 2 text.s. hold nothing"),
    ],
)
def test_what_cannot_be_learned_is_said(call, error, said):
    kind, texts, options = call
    with pytest.raises(error, match=said):
        learn_tokenizer(kind, texts, **options)


def test_rows_are_padded_and_cut_like_a_batch():
    tokenizer = learn_tokenizer("word", TEXTS)
    long, short = tokenized(tokenizer, ["so it is what it is", "sad ☃"], max_tokens=4)
    assert long.tokens == ("so", "it", "is", "what")
    assert (long.cut, short.cut) == (2, 0)
    assert short.tokens == ("sad", "[UNK]", "[PAD]", "[PAD]")
    assert short.mask == (1, 1, 0, 0)
    assert short.ids[1:] == (1, 0, 0)
    matrix = short.one_hot(tokenizer.get_vocab_size())
    assert matrix.sum(axis=1).tolist() == [1, 1, 1, 1]
    assert matrix.argmax(axis=1).tolist() == list(short.ids)
    assert tokenizer.padding is tokenizer.truncation is None  # the caller's tokenizer is left as it was


def test_statistics_equal_counting_by_hand():
    tokenizer = learn_tokenizer("word", TEXTS)
    counted = token_statistics(tokenizer, [*TEXTS, "☃ so", ""])
    lengths = [len(tokenizer.encode(text).ids) for text in [*TEXTS, "☃ so", ""]]
    assert counted.tokens == sum(lengths)
    assert counted.longest == max(lengths)
    assert counted.longest_text == TEXTS[0]
    assert counted.median == np.median(lengths)
    assert counted.unknown == 1 / sum(lengths)
    assert counted.per_word == sum(lengths) / sum(len(text.split()) for text in [*TEXTS, "☃ so"])
    assert token_statistics(tokenizer, []).tokens == 0


def test_pretrained_tokenizer_is_the_one_that_the_encoder_uses(tiny_model):
    from textkind.encoders.transformer import TransformerEncoder

    (shown,) = tokenize(TEXTS[:2], names=[tiny_model])
    counts = TransformerEncoder(model=tiny_model).token_counts(TEXTS[:2])
    assert [sum(row.mask) for row in shown.texts] == counts.ravel().tolist()
    assert shown.texts[0].tokens[0] == "[CLS]"
    assert shown.learned_from is None
    assert shown.limit == 32


def test_only_train_is_learned_from():
    splits = {"train": [{"text": "good film", "label": "a"}, {"text": "bad film", "label": "b"}]}
    splits["test"] = [{"text": "ugly film", "label": "a"}]
    import pandas as pd

    (shown,) = tokenize(source={name: pd.DataFrame(rows) for name, rows in splits.items()}, names=["word"])
    assert shown.learned_from == 2
    assert shown.splits["test"].unknown == 0.5


def test_command_shows_tokens_and_numbers(cli, toy_csv):
    told = cli("tokenize", "I can't", "no", "--data", toy_csv, "--with", "word", "--with", "character")
    assert told.code == 0
    for expected in ("word", "character", "[PAD]", "ids", "mask", "per word", "padding"):
        assert expected in told.out
    document = cli("tokenize", "joy \x1b[31m", "--with", "character", "--json").document
    assert document["tokenizers"][0]["texts"][0]["text"] == "joy \x1b[31m"
    assert json.dumps(document)
    assert "\x1b" not in cli("tokenize", "joy \x1b[31m", "--with", "character", "--one-hot").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "expected texts or a data set"),
        (("x", "--with", "wrod"), "unknown tokenizer 'wrod'. Did you mean 'word'?"),
        (("x", "--max-tokens", "1"), "max_tokens must be 3 or more, found 1"),
        (("", "--with", "word"), "nothing to learn a tokenizer from"),
    ],
)
def test_command_says_what_is_missing(cli, arguments, said):
    told = cli("tokenize", *arguments)
    assert told.code == 2
    assert said in told.err


def test_lengths_can_be_bounded_below_the_models_limit(tiny_model):
    (shown,) = tokenize(["so happy so happy"], names=[tiny_model], options=TokenizerOptions(max_tokens=3))
    assert (len(shown.texts[0].ids), shown.texts[0].cut) == (3, 3)
