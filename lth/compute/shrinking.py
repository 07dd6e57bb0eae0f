"""Shrinks a classifier by the gates that a search found, and writes the smaller model to a folder."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from tabulate import tabulate

from lth.engine import masks, shrink
from lth.engine.gates import GateMask
from lth.engine.models import load_classifier, load_tokenizer
from lth.engine.sizes import Sizes, report
from lth.engine.subnetworks import is_gates
from lth.errors import DataError, LthError
from lth.spec.expressions import Pretrained


def read_gates(file: Path) -> GateMask:
    """The gate mask in a file that `lth.engine.masks.save` wrote. Raises DataError for anything else."""
    mask = masks.load(file)
    if not is_gates(mask):
        raise DataError(f"{file} is a mask of weights; expected one of gates (heads, mlps); give another file")
    return mask


def as_gates(heads: Sequence[Sequence[int]], mlps: Sequence[int]) -> GateMask:
    """The gate mask in nested lists, 1 = kept."""
    return {"heads": torch.tensor(heads, dtype=torch.bool), "mlps": torch.tensor(mlps, dtype=torch.bool)}


def shrink_folder(
    model: Pretrained, gates: GateMask, out: Path, *, onnx: bool = False, batch: int = 32, length: int = 128
) -> tuple[Sizes, bool]:
    """Write the classifier `model` without its closed heads and MLPs to the new folder `out`, with its tokenizer.

    With `onnx`, also writes `out`/model.onnx. Returns the sizes of both models, with the latency of a batch [batch,
    length], and whether the head is new because `model` has only an encoder. Raises ModelError if
    the model cannot be loaded or made smaller, EngineError if the gates do not fit it, and LthError if the folder
    cannot be written.
    """
    (full, fresh), tokenizer = load_classifier(model), load_tokenizer(model)
    small = copy.deepcopy(full)
    shrink.shrink_(small, gates)
    sizes = report(full, small, batch=batch, length=length)
    try:
        shrink.save(small, gates, out, tokenizer)
        if onnx:
            shrink.export_onnx(small, out / "model.onnx")
    except (OSError, SafetensorError) as cause:
        raise LthError(f"{out} cannot be written ({cause}); expected a folder with space; choose another") from cause
    return sizes, fresh


def describe(sizes: Sizes) -> str:
    """The table of both models: parameters, multiply-accumulates per token and milliseconds per batch."""
    full, small = sizes.full, sizes.shrunk
    rows = [
        ("parameters", f"{full.parameters:,}", f"{small.parameters:,}", small.parameters / full.parameters),
        ("multiply-accumulates per token", f"{full.macs:,}", f"{small.macs:,}", small.macs / full.macs),
        (
            f"ms for {sizes.batch} x {sizes.length} tokens, median of {sizes.repeats}",
            f"{1000 * full.seconds:,.1f}",
            f"{1000 * small.seconds:,.1f}",
            small.seconds / full.seconds,
        ),
    ]
    table = [(*cells, f"{share:.1%}") for *cells, share in rows]
    return tabulate(table, ("", "full", "shrunk", "left"), disable_numparse=True, colalign=("left", *["right"] * 3))
