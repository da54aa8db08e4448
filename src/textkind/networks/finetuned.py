"""Fine-tuning: a pretrained encoder with a new head, all of it trained, or a part."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textkind.encoders.pretrained import Pretrained, find_pretrained
from textkind.errors import RecipeError
from textkind.extras import import_extra
from textkind.networks.contract import Habits, Network
from textkind.networks.tokens import TextTokens, pretrained_tokens

if TYPE_CHECKING:
    from torch.nn import ModuleList
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_WIDTH, _RATE = 768, 5e-5  # BERT's hidden size and a rate that it likes; a narrower model takes a higher one


@dataclass(frozen=True, kw_only=True)
class FineTuned(Network):
    """`AutoModelForSequenceClassification` on a pretrained encoder.

    Args:
        encoder: a name in the catalog, a folder, or a name on the Hub.
        revision: of a Hub model: a branch, tag or commit.
        max_tokens: the most tokens of a row, special tokens included; None: the model's own limit.
        long: what becomes of longer texts, see `textkind.text.windows.pieces`. Windows are trained on as rows
            of their own, and the probabilities of a text's windows averaged.
        train_layers: how many of the last layers are trained; None: all.
        freeze_embeddings: leave the embeddings as they are: half of MiniLM's values need no gradient and no
            moments then, and words that training does not show stay near those that it does.
        lora_rank: above 0, all layers stay as they are and matrices of that rank are trained beside their
            linear maps (Hu et al., *LoRA*, 2021; the extra `lora`), and added to them at the end.

    >>> FineTuned(train_layers=2).kind
    'finetune'
    """

    kind: ClassVar[str] = "finetune"
    encoder: str = "minilm"
    revision: str | None = None
    max_tokens: int | None = None
    long: str = "head"
    train_layers: int | None = None
    freeze_embeddings: bool = True
    lora_rank: int = 0

    def tokens(self, texts: Sequence[str]) -> TextTokens:
        found = self._pretrained()
        typed = found.config.get("type_vocab_size", 0) > 1
        return pretrained_tokens(found, self.encoder, max_tokens=self.max_tokens, long=self.long, typed=typed)

    def build(self, tokens: TextTokens, columns: int, *, multi_label: bool) -> PreTrainedModel:
        torch = import_extra("torch", "transformers")
        transformers = import_extra("transformers", "transformers")
        transformers.utils.logging.set_verbosity_error()  # it would tell that the head is new
        transformers.utils.logging.disable_progress_bar()
        model = transformers.AutoModelForSequenceClassification.from_pretrained(
            self._pretrained().folder,
            num_labels=columns,
            problem_type="multi_label_classification" if multi_label else "single_label_classification",
            dtype=torch.float32,
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
        )
        if self.lora_rank:
            return _with_lora(model, self.lora_rank)
        self._freeze(model)
        return model

    def habits(self) -> Habits:
        config = self._pretrained().config
        width = config.get("hidden_size") or config.get("dim") or _WIDTH
        rate = (1e-4 if self.lora_rank else _RATE) * _WIDTH / max(width, 128)
        return Habits(learning_rate=rate, batch_size=32, epochs=(3, 15), steps=800, bfloat16=True)

    def finish(self, model: PreTrainedModel) -> PreTrainedModel:
        """The model alone, with LoRA's matrices added in, as any library loads it."""
        model = model.merge_and_unload() if self.lora_rank else model  # ty: ignore[not-callable]
        for parameter in model.parameters():
            parameter.requires_grad_(False)
        return model

    def hub_tokenizer(self, tokens: TextTokens) -> PreTrainedTokenizerBase:
        from transformers import AutoTokenizer

        folder = self._pretrained().folder
        tokenizer: Any = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        tokenizer.model_max_length = tokens.limit
        return tokenizer

    @property
    def limit(self) -> int | None:
        return None if self.long == "windows" else self.max_tokens or self._pretrained().limit

    def _pretrained(self) -> Pretrained:
        found = find_pretrained(self.encoder, self.revision)
        kind = found.config.get("model_type", "unknown")
        decoder = any(
            "CausalLM" in name or "LMHead" in name for name in found.config.get("architectures") or ()
        )
        if found.config.get("is_encoder_decoder") or found.config.get("is_decoder") or decoder:
            raise RecipeError(
                f"{self.encoder!r} is not an encoder but a model that writes text (model_type {kind!r}): "
                "take one like minilm, distilbert-base-uncased or roberta-base"
            )
        return found

    def _freeze(self, model: PreTrainedModel) -> None:
        if self.train_layers is not None:
            layers = _layers(model)
            if not 0 <= self.train_layers <= len(layers):
                raise RecipeError(
                    f"train_layers must lie between 0 and {len(layers)}, the layers of {self.encoder!r}, "
                    f"found {self.train_layers}"
                )
            for layer in layers[: len(layers) - self.train_layers]:
                layer.requires_grad_(False)
        if self.freeze_embeddings or self.train_layers is not None:
            holder: Any = model.base_model
            getattr(holder, "embeddings", holder.get_input_embeddings()).requires_grad_(False)


def _layers(model: PreTrainedModel) -> ModuleList:
    """The stack of layers, wherever the architecture keeps it."""
    from torch.nn import ModuleList

    count = getattr(model.config, "num_hidden_layers", None)
    stacks = [
        module
        for module in model.base_model.modules()
        if isinstance(module, ModuleList) and len(module) == count
    ]
    for stack in stacks:
        return stack
    raise RecipeError("the layers of this architecture were not found: leave train_layers out")


def _with_lora(model: PreTrainedModel, rank: int) -> PreTrainedModel:
    peft = import_extra("peft", "lora")
    settings = peft.LoraConfig(
        task_type="SEQ_CLS", r=rank, lora_alpha=2 * rank, lora_dropout=0.05, target_modules="all-linear"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft asks by a name that transformers gives up
        return peft.get_peft_model(model, settings)
