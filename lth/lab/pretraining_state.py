"""The unfinished state of a pre-training: what it needs to go on as if it had never been stopped.

One file has it all: weights and the optimiser's moments as safetensors, and the rest as JSON in the file's metadata, so
that the state changes in one step. Nothing is pickled. This module knows no corpus and no loss.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from lth.errors import UsageError, reason
from lth.lab import STATE

MOMENTS = ("step", "exp_avg", "exp_avg_sq")
"""What AdamW keeps of each parameter (Loshchilov & Hutter 2019, arXiv 1711.05101)."""


@dataclass
class Progress:
    """How far a pre-training has come: batches done, losses of the last of them, and the generator of the masks."""

    done: int
    losses: list[float]
    generator: np.random.Generator


def save_state(
    out: Path, made_by: Mapping[str, Any], model: Any, optimizer: torch.optim.Optimizer, progress: Progress
) -> None:
    """Write the state to the folder, under a temporary name first; `made_by` says which arguments it belongs to."""
    tensors = {f"weights {name}": part.detach() for name, part in model.named_parameters()}
    for name, part in model.named_parameters():
        tensors |= {f"{moment} {name}": optimizer.state[part][moment] for moment in MOMENTS}
    about = {
        "made_by": made_by,
        "done": progress.done,
        "losses": progress.losses,
        "generator": progress.generator.bit_generator.state,
    }
    written = out / f"{STATE}.new"
    save_file(tensors, written, {"about": json.dumps(about)})
    os.replace(written, out / STATE)


def load_state_(
    out: Path, made_by: Mapping[str, Any], model: Any, optimizer: torch.optim.Optimizer, progress: Progress
) -> None:
    """Put the folder's state, if there is one, into model, optimiser and progress.

    Raises UsageError for a state that was made by other arguments, and for one that cannot be read.
    """
    file = out / STATE
    if not file.exists():
        return
    try:
        with safe_open(file, "pt") as state:
            about = json.loads(state.metadata()["about"])
            _check_same(out, about["made_by"], made_by)
            for name, part in model.named_parameters():
                with torch.no_grad():
                    part.copy_(state.get_tensor(f"weights {name}"))
                optimizer.state[part] = {moment: state.get_tensor(f"{moment} {name}") for moment in MOMENTS}
        progress.generator.bit_generator.state = about["generator"]
        progress.done, progress.losses = int(about["done"]), [float(loss) for loss in about["losses"]]
    except (OSError, SafetensorError, ValueError, TypeError, LookupError, AttributeError, RuntimeError) as cause:
        raise UsageError(
            f"{file} cannot be read ({reason(cause)}); expected the state of an unfinished pre-training; delete it to "
            f"begin anew"
        ) from cause


def remove_state(out: Path) -> None:
    """Remove the state of a pre-training that is finished."""
    for name in (STATE, f"{STATE}.new"):
        (out / name).unlink(missing_ok=True)


def _check_same(out: Path, found: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    """Raise UsageError unless the state was made by the same arguments on the same corpus."""
    differing = [name for name in asked if found.get(name) != asked[name]]
    if not differing:
        return
    given, wanted = (", ".join(f"{name}={each.get(name)}" for name in differing) for each in (asked, found))
    raise UsageError(
        f"{out} has an unfinished pre-training with {wanted}, but {given} was asked for; expected the same to go on; "
        f"give the same arguments, or another folder"
    )
