"""A model and data so small that a fine-tuning takes a fraction of a second, for tests of everything around it."""

from __future__ import annotations

import random
from pathlib import Path

GOOD, BAD = ("good", "fine", "great", "lovely"), ("bad", "poor", "awful", "dull")
FILLERS = ("the", "a", "film", "book", "is", "was", "very", "it", "and", "story")


def write_data(folder: Path, train: int = 160, dev: int = 60) -> Path:
    """SST-2 in the official layout: a sentence's label is that of its one good or bad word."""
    rng = random.Random(0)
    place = folder / "SST-2"
    place.mkdir(parents=True)
    for name, count in (("train", train), ("dev", dev)):
        lines = ["sentence\tlabel"]
        for _ in range(count):
            label = rng.randrange(2)
            words = rng.choices(FILLERS, k=rng.randint(3, 8))
            words.insert(rng.randrange(len(words)), rng.choice((BAD, GOOD)[label]))
            lines.append(f"{' '.join(words)} \t{label}")
        (place / f"{name}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def write_model(folder: Path, layers: int = 2, seed: int = 0) -> Path:
    """A BERT with random weights, drawn with the seed, and a word-level tokenizer, as save_pretrained writes it."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *GOOD, *BAD, *FILLERS]
    tokenizer = Tokenizer(models.WordLevel({word: at for at, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    ).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=32,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        BertModel(config).save_pretrained(folder)
    return folder


def write_gates(file: Path, layers: int = 2) -> Path:
    """Gates for that BERT, as `lth.engine.masks.save` writes them: the first head and the first MLP are closed."""
    import torch

    from lth.engine import masks

    heads, mlps = torch.ones(layers, 2, dtype=torch.bool), torch.ones(layers, dtype=torch.bool)
    heads[0, 0] = mlps[0] = False
    masks.save({"heads": heads, "mlps": mlps}, file)
    return file
