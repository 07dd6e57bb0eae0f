"""What attention heads look at: diagonal, vertical, mixed, block or heterogeneous, by a rule of ours on attention maps.

The kinds are those of Kovaleva et al. 2019 ("Revealing the Dark Secrets of BERT", arXiv 1908.08593, section 4.1), who
trained a classifier on 400 maps annotated by hand. That set is not available, so our rule measures where the attention
mass lies; it has been validated on constructed maps alone, and its shares are not comparable with theirs to the digit.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import torch
from torch import Tensor, nn

from lth.engine.batches import Encoded, batches, evaluation_order
from lth.errors import EngineError

STRUCTURED = 0.5
"""A head is diagonal, vertical or mixed if more than this of its mass, above uniform attention, is on the diagonals and
special tokens, and block if more than this of the rest is within segments. Ours, fixed on constructed maps: with a
quarter of scattered attention mixed in, all kinds are recognised; with two fifths, blocks no longer are."""
MINOR = 0.2
"""A structured head is mixed if its mass on the diagonals and that on the special tokens are both at least this."""


class Pattern(StrEnum):
    """The kinds of attention maps. Only a heterogeneous head can carry what depends on the words."""

    DIAGONAL = "diagonal"
    VERTICAL = "vertical"
    MIXED = "mixed"
    BLOCK = "block"
    HETEROGENEOUS = "heterogeneous"


@dataclass(frozen=True)
class HeadPatterns:
    """The kind of every head, `labels[layer][head]`, and the masses it comes from, each float64 [layers, heads].

    Masses are 1 for attention that lies there alone, 0 for uniform attention, less for attention that avoids the place.
    """

    labels: tuple[tuple[Pattern, ...], ...]
    diagonal: Tensor  # previous, same and next token
    vertical: Tensor  # special tokens
    structured: Tensor  # either of them
    block: Tensor  # the own segment, of what is neither; NaN without pairs of segments and where nothing is left

    def shares_of(self, kept: Tensor | None = None) -> dict[Pattern, float]:
        """The share of each kind among the heads that `kept`, bool [layers, heads], keeps; among all without it.

        NaN for every kind where no head is kept. Raises EngineError for a mask of another shape.
        """
        shape = (len(self.labels), len(self.labels[0]))
        if kept is not None and tuple(kept.shape) != shape:
            raise EngineError(
                f"a head mask of shape {tuple(kept.shape)} for patterns of {shape}; expected [layers, heads] of the "
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
    model: nn.Module, examples: Encoded, *, batch: int = 32, device: str = "cpu", limit: int = 200
) -> HeadPatterns:
    """The pattern of every head of `model`, from its attention maps of the first `limit` examples; see `classify`.

    A place's mass is Σ (m - u) / Σ (1 - u) over the examples, where m is the share of attention on that place, averaged
    over the query tokens, and u that of uniform attention, so that short sentences, most of whose tokens are
    neighbours, look neither diagonal nor vertical. Block mass is taken likewise from the attention between ordinary
    tokens that are no neighbours: m is its share within the own segment, u what that would be if only the distance of
    tokens mattered, so that a head that looks at all tokens nearby is no block. Padding counts nowhere.

    Special tokens and segments are read from the tokens: an example's first token, and every one that equals its last
    ([CLS] a [SEP] b [SEP], or <s> a </s></s> b </s>), each of which ends a segment. Vertical attention to a word, as to
    one full stop, is therefore heterogeneous. A window (ModernBERT's local layers) counts as the head's own choice: in
    texts that are longer than it, attention that is even within it is more diagonal than uniform attention. Nothing is
    drawn, and the model's training mode is left as it is.
    Raises EngineError where examples differ in their first or last token, or have no ordinary one, and for a model that
    does not give its attention maps.
    """
    wanted = Encoded(examples.features[:limit], examples.targets[:limit], examples.pad)
    _check(wanted)
    where, training = torch.device(device), model.training
    model.to(where).eval()
    tallies = []
    try:
        with torch.inference_mode():
            for inputs, _ in batches(wanted, evaluation_order(wanted.lengths, batch), where):
                maps = model(**inputs, output_attentions=True).attentions
                if not maps or any(attention is None for attention in maps):
                    raise EngineError(
                        "the model gave no attention maps; expected one a layer; load it with "
                        'attn_implementation="eager"'
                    )
                cells = _cells(inputs["input_ids"], inputs["attention_mask"].bool())
                tallies.append(torch.stack([cells.tally(attention) for attention in maps], dim=1).cpu())
    finally:
        model.train(training)
    return _patterns(tallies)


def classify(diagonal: float, vertical: float, structured: float, block: float) -> Pattern:
    """The kind of a head of these masses, each 1 for all of its attention and 0 for no more than uniform attention.

    More than half on the diagonals and special tokens together: mixed if each has a fifth, else the one that has more.
    Otherwise block if more than half of the rest is within segments, which one segment (NaN) cannot show, and
    heterogeneous if not.

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
    """Where a batch's queries and keys meet: bool [batch, tokens, tokens]; float in `within_by_distance`."""

    real: Tensor  # neither is padding
    diagonal: Tensor
    vertical: Tensor
    between: Tensor  # both are ordinary tokens and no neighbours
    within: Tensor  # those in one segment
    within_by_distance: Tensor  # on each cell of `between`, the share that `within` has of those at the same distance

    def tally(self, attention: Tensor) -> Tensor:
        """Σ (m - u) and Σ (1 - u) over the examples from maps [batch, heads, tokens, tokens]: float64 [2, heads, 4].

        The last axis is diagonal, vertical, structured and block.
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
    """The cells of a batch of tokens [batch, tokens], of which `real`, at the left, are not padding."""
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
            f"{len(rows)} examples without words between one first and one last token; expected [CLS] … [SEP] around "
            f"each; encode them with the model's own tokenizer"
        )
