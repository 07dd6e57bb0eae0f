"""`lth shrink`: a classifier without the heads and MLPs that a run pruned."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from lth.app.arguments import whole
from lth.app.gates import gates_of
from lth.app.new_folder import new_folder
from lth.compute.models import read_model
from lth.errors import UsageError

MOST_TOKENS = 2**16
"""Our choice: a batch of 512 x 128 tokens, for which BERT-base needs about 2 GB."""
MOST_SEED = 2**63 - 1


def add_command(commands: Any) -> None:
    """Add `shrink` to the subparsers of `lth`."""
    shrink = commands.add_parser("shrink", help="remove from a classifier the heads and MLPs that a run pruned")
    shrink.add_argument("gates", type=Path, help="JSON of a claim run, or a gate mask in a .safetensors file")
    shrink.add_argument("--model", required=True, help="folder of a fine-tuned classifier, hub id or lab")
    shrink.add_argument("--out", required=True, help="new folder for the smaller model")
    shrink.add_argument("--task", help="task of the subnetwork, if the run has several")
    shrink.add_argument("--seed", help="seed of the subnetwork, if the run has several")
    shrink.add_argument("--onnx", action="store_true", help="write model.onnx too (needs lth[onnx])")
    shrink.add_argument("--batch", default="32", help="batch size when latency is measured (default: 32)")
    shrink.add_argument("--length", default="128", help="tokens of each of its sequences (default: 128)")
    shrink.set_defaults(run=_shrink)


def _shrink(options: argparse.Namespace) -> None:
    sizes_of = {name: whole(f"--{name}", getattr(options, name), 1, MOST_TOKENS) for name in ("batch", "length")}
    if sizes_of["batch"] * sizes_of["length"] > MOST_TOKENS:
        raise UsageError(
            f"--batch={options.batch} --length={options.length} are {sizes_of['batch'] * sizes_of['length']:,} tokens; "
            f"expected at most {MOST_TOKENS:,}; give a smaller --batch"
        )
    seed = None if options.seed is None else whole("--seed", options.seed, 0, MOST_SEED)
    from lth.compute.shrinking import as_gates, describe, read_gates, shrink_folder  # torch, for this command alone

    if options.gates.suffix == ".safetensors":
        gates = read_gates(options.gates)
    else:
        gates = as_gates(*gates_of(options.gates, options.task, seed))
    model, out = read_model(options.model), new_folder(options.out)
    sizes, fresh = shrink_folder(model, gates, out, onnx=options.onnx, **sizes_of)
    print(describe(sizes))
    print(f"{sizes.speedup:.2f} times as fast; wrote {out}; lth.engine.shrink.load reads it")
    if fresh:
        print(f"{options.model} has no task head: the smaller model has a new one and must be fine-tuned")
