"""Classifies attention heads by our rule on their maps: diagonal, vertical, mixed, block or heterogeneous.

The kinds are those of Kovaleva et al. 2019 ("Revealing the Dark Secrets of BERT", arXiv 1908.08593, section 4.1), who
trained a classifier on 400 maps annotated by hand. That set is not available, so our rule measures where the attention
mass lies. It has been validated on constructed maps only; its shares do not match theirs exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import torch
from torch import Tensor, nn

from lth.engine.batches import Encoded, batches, evaluation_order
from lth.engine.value_norms import value_norms
from lth.errors import EngineError

BATCH = 32
"""The number of examples in a forward pass."""
STRUCTURED = 0.5
"""A head is diagonal, vertical or mixed if more than this share of its mass, above uniform attention, is on diagonals
and special tokens. It is block if more than this share of the rest is within segments. We fixed it on constructed maps:
with a quarter of scattered attention mixed in, all kinds are recognised; with two fifths, blocks no longer are."""
MINOR = 0.2
"""A structured head is mixed if its mass on the diagonals and its mass on the special tokens are both at least this."""


class Pattern(StrEnum):
    """The kinds of attention maps. Only the attention of a heterogeneous head can depend on the words."""

    DIAGONAL = "diagonal"
    VERTICAL = "vertical"
    MIXED = "mixed"
    BLOCK = "block"
    HETEROGENEOUS = "heterogeneous"


@dataclass(frozen=True)
class HeadPatterns:
    """The kind of each head, `labels[layer][head]`, and the masses it is derived from, each float64 [layers, heads].

    A mass is 1 if all attention is on these tokens, 0 if attention is uniform, and negative if it avoids them.
    """

    labels: tuple[tuple[Pattern, ...], ...]
    diagonal: Tensor  # on the previous, same and next token
    vertical: Tensor  # on special tokens
    structured: Tensor  # on any of these
    block: Tensor  # of the rest, within the same segment; NaN without pairs of segments or without a rest

    def shares_of(self, kept: Tensor | None = None) -> dict[Pattern, float]:
        """The share of each kind among the heads kept by `kept`, bool [layers, heads]; among all heads without it.

        NaN for every kind if no head is kept. Raises EngineError for a mask of another shape.
        """
        shape = (len(self.labels), len(self.labels[0]))
        if kept is not None and tuple(kept.shape) != shape:
            raise EngineError(
                f"the head mask has shape {tuple(kept.shape)}, the patterns {shape}; expected [layers, heads] of the "
                f"same model; measure the patterns of the model that was masked"
            )
        chosen = torch.ones(shape, dtype=torch.bool) if kept is None else kept.bool()
        labels = [
            label
            for row, keeps in zip(self.labels, chosen.tolist(), strict=True)
            for label, keep in zip(row, keeps, strict=True)
            if keep
        ]
        return {pattern: labels.count(pattern) / len(labels) if labels else float("nan") for pattern in Pattern}


def shares(
    model: nn.Module, examples: Encoded, *, device: str = "cpu", limit: int = 200, norm_weighted: bool = False
) -> HeadPatterns:
    """The pattern of each head of `model`, from its attention maps on the first `limit` examples; see `classify`.

    A mass is Σ (m - u) / Σ (1 - u) over the examples: m is the share of attention on these tokens, averaged over the
    query tokens; u is the same share under uniform attention. Subtracting u matters in short sentences: most of their
    tokens are neighbours, and would otherwise look diagonal or vertical. Block mass uses the attention between ordinary
    tokens that are not neighbours: m is the share within the same segment; u is that share if attention depended only
    on the distance of tokens, because a head that attends to all tokens nearby is not a block. Padding is ignored.

    Special tokens are an example's first token and every token equal to its last one; each of the latter ends a segment
    ([CLS] a [SEP] b [SEP], or <s> a </s></s> b </s>). Vertical attention to a word, or to a full stop, is therefore
    heterogeneous. A window (ModernBERT's local layers) is treated as the head's own choice: in texts longer than the
    window, even attention within it is more diagonal than uniform attention. Nothing is random, and the model's
    training mode is restored.

    `norm_weighted`: the maps are attention times the norm of the vector that a token contributes to the head's output
    (see `value_norms`), with every row scaled to sum 1 again. Prasanna et al. 2020, section 5.2, show both.
    Raises EngineError if the first or last tokens of examples differ, if there are no ordinary tokens, or if the model
    returns no attention maps.
    """
    wanted = Encoded(examples.features[:limit], examples.targets[:limit], examples.pad)
    _check(wanted)
    where, training = torch.device(device), model.training
    model.to(where).eval()
    tallies = []
    try:
        with torch.inference_mode(), value_norms(model, norm_weighted) as norms:
            for inputs, _ in batches(wanted, evaluation_order(wanted.lengths, BATCH), where):
                maps = model(**inputs, output_attentions=True).attentions
                if not maps or any(attention is None for attention in maps):
                    raise EngineError(
                        "the model returned no attention maps; expected one per layer; load it with "
                        'attn_implementation="eager"'
                    )
                cells = _cells(inputs["input_ids"], inputs["attention_mask"].bool())
                if norm_weighted:
                    maps = tuple(_weighted(each, norm) for each, norm in zip(maps, norms, strict=True))
                tallies.append(torch.stack([cells.tally(attention) for attention in maps], dim=1).cpu())
    finally:
        model.train(training)
    return _patterns(tallies)


def _weighted(attention: Tensor, norms: Tensor) -> Tensor:
    """Maps [batch, heads, tokens, tokens] times norms [batch, heads, tokens] of the keys; rows sum to 1, or are 0."""
    weighted = attention.float() * norms[:, :, None, :]
    return weighted / weighted.sum(-1, keepdim=True).clamp(min=torch.finfo(torch.float32).tiny)


def classify(diagonal: float, vertical: float, structured: float, block: float) -> Pattern:
    """The kind of a head with these masses: 1 is all of its attention, 0 is as much as uniform attention.

    If diagonals and special tokens together have more than half of the mass, the head is mixed if each has at least a
    fifth, and otherwise the one with more. If not, the head is block if more than half of the rest is within segments,
    and otherwise heterogeneous. With a single segment `block` is NaN, and the head is never block.

    >>> classify(diagonal=0.1, vertical=0.8, structured=0.85, block=0.2)
    <Pattern.VERTICAL: 'vertical'>
    """
    if structured > STRUCTURED:
        if min(diagonal, vertical) >= MINOR:
            return Pattern.MIXED
        return Pattern.DIAGONAL if diagonal > vertical else Pattern.VERTICAL
    return Pattern.BLOCK if block > STRUCTURED else Pattern.HETEROGENEOUS


@dataclass(frozen=True)
class _Cells:
    """Sets of cells (query, key) of a batch: bool [batch, tokens, tokens]; float in `within_by_distance`."""

    real: Tensor  # neither token is padding
    diagonal: Tensor
    vertical: Tensor
    between: Tensor  # both are ordinary tokens, and they are not neighbours
    within: Tensor  # those of `between` in one segment
    within_by_distance: Tensor  # for each cell of `between`: the share of cells at its distance that are in `within`

    def tally(self, attention: Tensor) -> Tensor:
        """Σ (m - u) and Σ (1 - u) over the examples from maps [batch, heads, tokens, tokens]: float64 [2, heads, 4].

        The last axis is diagonal, vertical, structured, block.
        """
        structures = torch.stack([self.diagonal, self.vertical, self.diagonal | self.vertical], dim=1).float()
        expected = self.within_by_distance
        weights = torch.stack([self.within.float() - expected, self.between.float() - expected], dim=1)
        found = torch.einsum("bhij,bpij->bhp", attention.float(), torch.cat([structures, weights], dim=1)).double()
        cells = self.real.sum((-2, -1)).double()[:, None]  # the square of an example's number of tokens
        found /= cells.sqrt()[:, None]
        uniform = (structures.sum((-2, -1)).double() / cells)[:, None, :].expand_as(found[..., :3])
        above = torch.cat([found[..., :3] - uniform, found[..., 3:4]], dim=-1)
        most = torch.cat([1 - uniform, found[..., 4:5]], dim=-1)
        return torch.stack([above, most]).sum(1)


def _cells(ids: Tensor, real: Tensor) -> _Cells:
    """The cells of a batch of tokens [batch, tokens]; `real` is False for padding, which is on the right."""
    ends = (ids == ids.gather(1, real.sum(-1, keepdim=True) - 1)) & real
    special = ends.clone()
    special[:, 0] = True
    segment = ends.long().cumsum(-1) - ends.long()
    words = real & ~special
    at = torch.arange(ids.shape[1], device=ids.device)
    distance = at[:, None] - at[None, :]
    cells = real[:, :, None] & real[:, None, :]
    diagonal = (distance.abs() <= 1) & cells
    between = words[:, :, None] & words[:, None, :] & ~diagonal
    within = between & (segment[:, :, None] == segment[:, None, :])
    paired = (between & ~within).flatten(1).any(-1)[:, None, None]
    between, within = between & paired, within & paired
    by_distance = (distance + len(at) - 1).flatten().expand(len(ids), -1)
    counts = torch.zeros(2, len(ids), 2 * len(at) - 1, device=ids.device)
    for count, part in zip(counts, (within, between), strict=True):
        count.scatter_add_(1, by_distance, part.flatten(1).float())
    shares_within = (counts[0] / counts[1].clamp(min=1)).gather(1, by_distance).view_as(between)
    return _Cells(cells, diagonal, special[:, None, :] & cells, between, within, shares_within * between)


def _patterns(tallies: list[Tensor]) -> HeadPatterns:
    above, most = torch.stack(tallies).sum(0)
    masses = above / most
    labels = tuple(tuple(classify(*head) for head in layer) for layer in masses.tolist())
    return HeadPatterns(labels, *masses.unbind(-1))


def _check(examples: Encoded) -> None:
    rows = [feature["input_ids"] for feature in examples.features]
    frames = {(row[0], row[-1]) for row in rows if row}
    words = any(token != row[-1] for row in rows for token in row[1:-1])
    if len(frames) != 1 or not all(rows) or not words:
        raise EngineError(
            f"{len(rows)} examples have no common first and last token with words between them; expected [CLS] … [SEP] "
            f"around each; encode them with the model's own tokenizer"
        )
