"""What `lth shrink` does: a classifier's folder and a file of gates become a folder with the smaller model.

Reads gates from a run's JSON or a mask file; the cutting itself is the engine's. Imports torch only when called.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lth.compute.models import read_model
from lth.document.files import read_json
from lth.errors import DataError, EvidenceError, LthError, ModelError, UsageError

if TYPE_CHECKING:
    from lth.engine.gates import GateMask
    from lth.engine.sizes import Sizes

SAVED = ".safetensors"


def shrink_folder(
    model: str,
    gates: Path,
    out: Path,
    *,
    task: str | None = None,
    seed: int | None = None,
    onnx: bool = False,
    batch: int = 32,
    length: int = 128,
) -> tuple[Sizes, bool]:
    """Write the classifier in `model` without its closed heads and MLPs to the folder `out`, with its tokenizer.

    `gates` is a mask file (`*.safetensors`, as `lth.engine.masks.save` writes it) or the JSON of a claim run, whose
    good subnetwork of `task` and `seed` is then taken; both may be left out where the run has only one. `onnx` writes
    `out`/model.onnx too. Gives both models' sizes, with the latency of a batch [batch, length], and whether the head is
    new because `model` holds an encoder only. Raises UsageError for an `out` that holds something, DataError,
    EvidenceError or UsageError for gates that cannot be read or chosen, and ModelError for a model that cannot be made
    smaller.
    """
    import copy

    from lth.engine import shrink
    from lth.engine.sizes import report

    closed = _gates(gates, task, seed)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"--out={out} holds something already; expected a new or an empty folder; choose another")
    full, tokenizer, fresh = _classifier(model)
    small = copy.deepcopy(full)
    shrink.shrink_(small, closed)
    sizes = report(full, small, batch=batch, length=length)
    try:
        shrink.save(small, closed, out, tokenizer)
        if onnx:
            shrink.export_onnx(small, out / "model.onnx")
    except OSError as cause:
        raise LthError(f"{out} cannot be written ({cause}); expected a folder with space; choose another") from cause
    return sizes, fresh


def describe(sizes: Sizes) -> str:
    """The table of both models: parameters, multiply-accumulates a token and milliseconds a batch."""
    from tabulate import tabulate

    full, small = sizes.full, sizes.shrunk
    rows = [
        ("parameters", f"{full.parameters:,}", f"{small.parameters:,}", small.parameters / full.parameters),
        ("multiply-accumulates a token", f"{full.macs:,}", f"{small.macs:,}", small.macs / full.macs),
        (
            f"ms for {sizes.batch} x {sizes.length} tokens, median of {sizes.repeats}",
            f"{1000 * full.seconds:,.1f}",
            f"{1000 * small.seconds:,.1f}",
            small.seconds / full.seconds,
        ),
    ]
    table = [(*cells, f"{share:.1%}") for *cells, share in rows]
    return tabulate(table, ("", "full", "shrunk", "left"), disable_numparse=True, colalign=("left", *["right"] * 3))


def _gates(file: Path, task: str | None, seed: int | None) -> GateMask:
    import torch

    from lth.engine import masks
    from lth.engine.subnetworks import is_gates

    if file.suffix == SAVED:
        mask = masks.load(file)
        if not is_gates(mask):
            raise DataError(f"{file} is a mask of weights; expected one of gates (heads, mlps); give another file")
        return mask
    found = {
        (row.task, seed): (row.heads[at], row.mlps[at])
        for row in read_json(file).structures
        if row.heads
        for at, seed in enumerate(row.seeds)
    }
    if not found:
        raise EvidenceError(f"{file} holds no gates; expected a run of structured pruning; judge prasanna-2 first")
    chosen = [key for key in found if task in (None, key[0]) and seed in (None, key[1])]
    if len(chosen) != 1:
        held = ", ".join(f"{name} {which}" for name, which in found)
        asked = f"--task={task or '?'} --seed={'?' if seed is None else seed}"
        raise UsageError(f"{asked} names {len(chosen)} subnetworks of {file}; expected one of (task seed): {held}")
    heads, mlps = found[chosen[0]]
    return {"heads": torch.tensor(heads, dtype=torch.bool), "mlps": torch.tensor(mlps, dtype=torch.bool)}


def _classifier(model: str) -> tuple[Any, Any, bool]:
    """The classifier, its tokenizer, and whether its head is new."""
    from lth.engine.models import load_tokenizer, source

    start = read_model(model)
    from safetensors import SafetensorError
    from transformers import AutoModelForSequenceClassification
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        network, about = AutoModelForSequenceClassification.from_pretrained(
            **source(start), output_loading_info=True, attn_implementation="eager"
        )
    except (OSError, ValueError, SafetensorError) as cause:
        raise ModelError(
            f"model {model!r} gave no classifier ({' '.join(str(cause).split())[:200]}); expected a folder that "
            f"save_pretrained wrote, lab or a hub id; check --model"
        ) from cause
    return network.eval(), load_tokenizer(start), bool(about["missing_keys"])
