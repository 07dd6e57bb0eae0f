"""The `lth` command: everything besides a claim run, such as the lab, the store, shrinking and saved runs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import pytest

from lth.app.gates import gates_of
from lth.app.history_commands import add_commands as add_history
from lth.app.options import OPTIONS, add_options, options_of, read_given
from lth.app.store_commands import add_commands as add_store
from lth.compute.models import read_model
from lth.document.files import read_json
from lth.errors import LthError, UsageError
from lth.history.shown import read_runs
from lth.lab import CHECKPOINT
from lth.report.table import terminal_table
from lth.tasks import get_task, load


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0, 1 if a check failed, 2 for a wrong use, 130 after Ctrl-C."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options) or 0)
    except LthError as problem:
        print(f"lth: {problem}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("lth: interrupted; finished results are kept", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lth", description="Claims about lottery tickets; run them with pytest.")
    parser.add_argument("--version", action="version", version=f"lth {version('lth')}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    lab = commands.add_parser("lab", help="the embedded model and tasks").add_subparsers(
        required=True, metavar="COMMAND"
    )
    pretrain = lab.add_parser("pretrain", help="pre-train the lab's model again")
    pretrain.add_argument("--out", type=Path, help="folder for the checkpoint (default: the package's own)")
    pretrain.add_argument("--steps", type=int, help="number of batches (default: as for the model in the package)")
    pretrain.add_argument("--seed", type=int, default=0, help="seed of weights, masks and order (default: 0)")
    pretrain.set_defaults(run=_pretrain)
    show = lab.add_parser("show", help="print examples of a task")
    show.add_argument("task")
    show.add_argument("-n", type=int, default=10, help="number of examples (default: 10)")
    show.set_defaults(run=_show)

    add_store(commands)

    shrink = commands.add_parser("shrink", help="remove from a classifier the heads and MLPs that a run pruned")
    shrink.add_argument("gates", type=Path, help="JSON of a claim run, or a gate mask in a .safetensors file")
    shrink.add_argument("--model", required=True, help="folder of a fine-tuned classifier, hub id or lab")
    shrink.add_argument("--out", type=Path, required=True, help="new folder for the smaller model")
    shrink.add_argument("--task", help="task of the subnetwork, if the run has several")
    shrink.add_argument("--seed", type=int, help="seed of the subnetwork, if the run has several")
    shrink.add_argument("--onnx", action="store_true", help="write model.onnx too (needs lth[onnx])")
    shrink.add_argument("--batch", type=int, default=32, help="batch size when latency is measured (default: 32)")
    shrink.add_argument("--length", type=int, default=128, help="tokens of each of its sequences (default: 128)")
    shrink.set_defaults(run=_shrink)

    plan = commands.add_parser("plan", help="show what a claim run would compute, and how long that would take")
    _add_claims(plan)
    add_options(plan, "plan")
    plan.set_defaults(run=_plan)

    decide = commands.add_parser(
        "decide", help="judge recorded evidence without training: your own scores or a saved run"
    )
    decide.add_argument("evidence", help=OPTIONS["evidence"].help)
    _add_claims(decide)
    add_options(decide, "decide")
    decide.set_defaults(run=_decide)

    add_history(commands)

    report = commands.add_parser("report", help="show a run saved with --claims-json as a table or as a page")
    report.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="a saved run; with --site also earlier runs or their folder",
    )
    report.add_argument("--site", type=Path, metavar="DIR", help="write a static page with the history of every effect")
    report.set_defaults(run=_report)
    return parser


def _pretrain(options: argparse.Namespace) -> None:
    from lth.lab.pretrain import pretrain  # torch, for this command alone

    steps = {} if options.steps is None else {"steps": options.steps}
    out = pretrain(options.out or CHECKPOINT, seed=options.seed, **steps)
    print(f"wrote {out}")


def _show(options: argparse.Namespace) -> None:
    task = get_task(options.task)
    for example in load(task, "lab").train.select(range(options.n)):
        label = example.get("label", "")
        print("\t".join([str(task.labels[label] if task.labels else label), *(example[name] for name in task.inputs)]))


def _shrink(options: argparse.Namespace) -> None:
    from lth.compute.shrinking import as_gates, describe, read_gates, shrink_folder  # torch, for this command alone

    if options.gates.suffix == ".safetensors":
        gates = read_gates(options.gates)
    else:
        gates = as_gates(*gates_of(options.gates, options.task, options.seed))
    chosen = {name: getattr(options, name) for name in ("onnx", "batch", "length")}
    sizes, fresh = shrink_folder(read_model(options.model), gates, options.out, **chosen)
    print(describe(sizes))
    print(f"{sizes.speedup:.2f} times as fast; wrote {options.out}; lth.engine.shrink.load reads it")
    if fresh:
        print(f"{options.model} has no task head: the smaller model has a new one and must be fine-tuned")


def _add_claims(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--claims", type=Path, default=Path("claims"), help="folder of claims (default: claims)")


def _plan(options: argparse.Namespace) -> int:
    return _run_claims(options, "plan", "--claims-plan")


def _decide(options: argparse.Namespace) -> int:
    OPTIONS["evidence"].read(options.evidence, prefix="")
    return _run_claims(options, "decide", f"--claims-evidence={options.evidence}")


def _run_claims(options: argparse.Namespace, command: str, flag: str) -> int:
    """Run pytest on the folder of claims and show only what the plugin prints; the status is that of `main`."""
    read_given(options, command)
    flags = [flag, *(word for each in options_of(command) for word in each.words(getattr(options, each.name)))]
    claims: Path = options.claims
    if not claims.exists():
        raise UsageError(f"no claims in {claims}; expected the folder of claim tests; give --claims=FOLDER")
    quiet = ["-q", "--no-header", "--tb=no", "-rN", "-p", "no:cacheprovider"]
    quiet += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # this package is imported before pytest looks at it
    status = pytest.main([str(claims), *flags, *quiet])
    return {0: 0, 1: 1}.get(int(status), 2)


def _report(options: argparse.Namespace) -> None:
    if options.site:
        from lth.report.site import site  # jinja2, for this page alone

        document, history = read_runs(options.files)
        index = site(document, options.site, history)
        print(f"wrote {index}; earlier runs in its history: {len(history)}")
        return
    if len(options.files) > 1:
        raise UsageError(f"{len(options.files)} files, but a table shows one run; give one FILE, or --site=DIR")
    print(terminal_table(read_json(options.files[0])))
