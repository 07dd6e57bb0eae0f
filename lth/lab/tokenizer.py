"""The lab's word-level tokenizer: the lexicon's words and BERT's special tokens, as a `tokenizers` file.

The libraries of tokenizers are imported when one is saved, because they take seconds and plans do without.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lth.lab.lexicon import vocabulary

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
MAX_LENGTH = 64


def word_ids() -> dict[str, int]:
    """Word -> id: the special tokens first, then the vocabulary in alphabetical order."""
    return {word: index for index, word in enumerate((*SPECIAL, *vocabulary()))}


def build_tokenizer() -> PreTrainedTokenizerFast:
    """The tokenizer: it lower-cases, splits at spaces and punctuation and adds `[CLS]` and `[SEP]` as BERT does."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    ids = word_ids()
    tokenizer = Tokenizer(models.WordLevel(ids, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(word, ids[word]) for word in ("[CLS]", "[SEP]")],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=MAX_LENGTH,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        pad_token="[PAD]",
        mask_token="[MASK]",
    )


def save_tokenizer(folder: Path) -> None:
    """Write tokenizer.json and tokenizer_config.json."""
    build_tokenizer().save_pretrained(folder)
