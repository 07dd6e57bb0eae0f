"""Pre-trains the lab's BERT on the lab's corpus, deterministically: masked words and next sentences together.

`lth lab pretrain` runs it; the result is the checkpoint in the package. This module knows no task.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy
from tqdm import tqdm
from transformers import BertConfig, BertForPreTraining

from lth.errors import UsageError
from lth.lab import RECORD
from lth.lab.corpus import PRETRAINING_SEED, corpus_hash
from lth.lab.instances import IGNORE, PAD, batches, collate, instances
from lth.lab.lexicon import ADJECTIVES, CONNECTIVES, REACTIONS
from lth.lab.pretraining_state import Progress, load_state_, remove_state, save_state
from lth.lab.tokenizer import MAX_LENGTH, SPECIAL, save_tokenizer, word_ids

if TYPE_CHECKING:
    from numpy.typing import NDArray

HELD_OUT_SEED = PRETRAINING_SEED + 1
LOSSES = 100
"""The number of last batches whose mean loss is reported."""


@dataclass(frozen=True)
class PretrainingRecipe:
    """How the checkpoint was trained. Rates are probabilities of masking a token of that kind."""

    steps: int
    seed: int
    threads: int
    batch: int = 64
    epochs: int = 2
    learning_rate: float = 1e-3
    beta2: float = 0.98
    weight_decay: float = 0.01
    warm_up: float = 0.05
    clip: float = 1.0
    mask_rate: float = 0.2
    mask_rate_connectives: float = 0.5
    mask_rate_sentiment: float = 0.3
    pair_rate: float = 0.6
    next_sentence_weight: float = 0.5
    layers: int = 6
    hidden: int = 96
    heads: int = 8
    intermediate: int = 384


def mask_rates(recipe: PretrainingRecipe) -> NDArray[np.float64]:
    """For every word of the vocabulary, the probability that it is masked."""
    words = word_ids()
    rates = np.full(len(words), recipe.mask_rate)
    for phrase in (phrase for phrases in CONNECTIVES.values() for phrase in phrases):
        rates[words[phrase]] = recipe.mask_rate_connectives
    for word in (*ADJECTIVES, *REACTIONS):
        rates[words[word]] = recipe.mask_rate_sentiment
    rates[: len(SPECIAL)] = 0
    return rates


def tensors(arrays: tuple[NDArray[Any], ...]) -> tuple[torch.Tensor, ...]:
    """The arrays as tensors that share their memory."""
    return tuple(torch.from_numpy(array) for array in arrays)


def logits_of(model: Any, batch: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, torch.Tensor]:
    """(logits of the masked positions [masked, words], logits of `follows` [batch, 2])."""
    ids, segments, hidden, positions, _, _ = batch
    states, pooled = model.bert(input_ids=ids, token_type_ids=segments, attention_mask=hidden, return_dict=False)[:2]
    picked = states.reshape(-1, states.shape[-1])[positions]
    return model.cls.predictions(picked), model.cls.seq_relationship(pooled)


@torch.no_grad()
def evaluate(model: Any, recipe: PretrainingRecipe, count: int = 2000) -> dict[str, float]:
    """Accuracy on held-out documents: of masked words (all masked at the plain rate) and of next sentences."""
    data = instances(count, HELD_OUT_SEED, recipe.pair_rate)
    rng = np.random.default_rng(HELD_OUT_SEED)
    rates = np.full(len(word_ids()), recipe.mask_rate)
    rates[: len(SPECIAL)] = 0
    right = total = right_next = pairs = 0
    for chosen in batches(data, recipe.batch, HELD_OUT_SEED):
        batch = tensors(collate(data, chosen, rates, rng))
        words, follows = logits_of(model, batch)
        right += int((words.argmax(-1) == batch[4]).sum())
        total += len(batch[4])
        right_next += int((follows.argmax(-1) == batch[5]).sum())
        pairs += int((batch[5] != IGNORE).sum())
    return {"mlm_accuracy": round(right / total, 4), "next_sentence_accuracy": round(right_next / pairs, 4)}


def densities(model: Any, sparsity: float = 0.7) -> dict[str, float]:
    """The share of each matrix that global magnitude pruning of encoder and pooler would keep at that sparsity."""
    matrices = {
        name: parameter.detach().abs()
        for name, parameter in model.bert.named_parameters()
        if parameter.ndim == 2 and not name.startswith("embeddings")
    }
    everything = torch.cat([matrix.flatten() for matrix in matrices.values()])
    threshold = everything.kthvalue(int(sparsity * len(everything))).values
    return {name: round(float((matrix > threshold).float().mean()), 3) for name, matrix in matrices.items()}


def new_model(recipe: PretrainingRecipe) -> Any:
    """The untrained model, initialised with the recipe's seed."""
    torch.manual_seed(recipe.seed)
    config = BertConfig(
        vocab_size=len(word_ids()),
        hidden_size=recipe.hidden,
        num_hidden_layers=recipe.layers,
        num_attention_heads=recipe.heads,
        intermediate_size=recipe.intermediate,
        max_position_embeddings=MAX_LENGTH,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        pad_token_id=PAD,
    )
    config._attn_implementation = "eager"  # faster than the fused kernel at this width on a CPU
    return BertForPreTraining(config)


def save(model: Any, out: Path, recipe: PretrainingRecipe, progress: Progress) -> None:
    """Write the model, the tokenizer and recipe.json to the folder."""
    model.eval()
    model.save_pretrained(out)
    (out / "model.safetensors").chmod(0o644)
    save_tokenizer(out)
    density = densities(model)
    record = {
        "recipe": asdict(recipe),
        "corpus_seed": PRETRAINING_SEED,
        "corpus_sha256": corpus_hash(),
        "steps_done": progress.done,
        "final_loss": round(float(np.mean(progress.losses)), 4),
        **evaluate(model, recipe),
        "density_at_70_percent": {
            "lowest": min(density.values()),
            "pooler": density["pooler.dense.weight"],
            "each": density,
        },
    }
    (out / RECORD).write_text(json.dumps(record, indent=2) + "\n")


def share_of_rate(recipe: PretrainingRecipe, step: int) -> float:
    """The share of the learning rate at a step, counted from 0: a linear warm-up, then a linear decay to 0."""
    warm_up = recipe.warm_up * recipe.steps
    return min((step + 1) / warm_up, max(0.0, (recipe.steps - step) / (recipe.steps - warm_up)))


def pretrain(out: Path, *, steps: int = 18000, seed: int = 0, threads: int = 2, save_every: int = 500) -> Path:
    """Train the lab's model and write its checkpoint to `out`; the same arguments give the same weights.

    Each of the `steps` takes 64 sequences of about 22 tokens. Every `save_every` steps the training's state is written
    to `out`; the same call goes on from there, to the same weights. The state is removed at the end.
    Raises UsageError for `steps` or `threads` below 1, and for a folder with the state of other arguments.
    """
    if steps < 1 or threads < 1:
        raise UsageError(f"steps={steps}, threads={threads}; expected at least 1 each; leave them out for the defaults")
    recipe = PretrainingRecipe(steps, seed, threads)
    out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    model = new_model(recipe)
    decayed = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": recipe.weight_decay}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=recipe.learning_rate, betas=(0.9, recipe.beta2), fused=True)
    progress = Progress(0, [], np.random.default_rng([seed, 2]))
    made_by = {**asdict(recipe), "corpus_sha256": corpus_hash()}
    load_state_(out, made_by, model, optimizer, progress)
    data = instances(steps * recipe.batch // recipe.epochs, PRETRAINING_SEED, recipe.pair_rate)
    rates = mask_rates(recipe)
    left = islice(batches(data, recipe.batch, seed, recipe.epochs), progress.done, None)
    bar = tqdm(left, total=steps, initial=progress.done, desc="pretrain", mininterval=5)
    for chosen in bar:
        for group in optimizer.param_groups:
            group["lr"] = recipe.learning_rate * share_of_rate(recipe, progress.done)
        batch = tensors(collate(data, chosen, rates, progress.generator))
        words, follows = logits_of(model, batch)
        loss = cross_entropy(words, batch[4])
        if (batch[5] != IGNORE).any():
            loss = loss + recipe.next_sentence_weight * cross_entropy(follows, batch[5], ignore_index=IGNORE)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
        optimizer.step()
        progress.done += 1
        progress.losses = [*progress.losses[1 - LOSSES :], loss.item()]
        if progress.done % 20 == 0:
            bar.set_postfix(loss=f"{np.mean(progress.losses):.3f}", refresh=False)
        if progress.done % save_every == 0 and progress.done < steps:
            save_state(out, made_by, model, optimizer, progress)
    save(model, out, recipe, progress)
    remove_state(out)
    return out
