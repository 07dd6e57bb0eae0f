"""Every option of a claim run, declared once: flag, parser, default, help and example.

The options of pytest, the same options of `lth`, the table in the docs and the error texts are made from this table. It
imports no library, because every start of pytest imports it.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any, get_args

from lth.app import parsers
from lth.app.option import Option
from lth.errors import UsageError, did_you_mean
from lth.history import DEFAULT_STORAGE, LATEST
from lth.verdict.rule import Correction, Method, Rule

METHODS, CORRECTIONS = get_args(Method), get_args(Correction)
PRUNABLE = ("encoder", "paper")
DEVICES = ("auto", "cpu", "cuda", "mps")
RUN = "run"
"""The command of `lth` that is a claim run."""
ORDERS = ("claim", "effect", "verdict")
BLOCKS = ("task", "claim", "headline")

OPTIONS = {
    option.name: option
    for option in (
        Option(
            "--claims-task",
            parsers.tasks,
            default="sst2",
            help="tasks to judge claims on; MODULE:NAME is one of your own",
            example="sst2,cola",
            metavar="A,B|all",
            recorded="all tasks of recorded evidence",
            commands=("plan", "decide", "explain"),
            short=True,
        ),
        Option(
            "--claims-source",
            parsers.tasks,
            default=None,
            help="tasks whose tickets are trained on the other tasks",
            example="mnli,mlm",
            metavar="A,B|all",
            otherwise="the tasks that are judged",
            commands=("plan",),
        ),
        Option(
            "--claims-model",
            parsers.models,
            default="lab",
            help="pre-trained encoder: the lab's own, a hub id or a folder; or at least three of them, or lab:N for N "
            "models of the lab: verdicts are then about models, and seeds are averaged within each",
            example="bert-base-uncased",
            metavar="lab[:N]|ID|FOLDER[,…]",
            commands=("plan", "explain"),
            probe=parsers.probe_models,
            short=True,
        ),
        Option(
            "--claims-data",
            parsers.text,
            default=None,
            help="examples: from the lab, from the hub or from a folder",
            example="path/to/glue",
            metavar="lab|hub|FOLDER",
            otherwise="lab for the lab's model, hub for any other model",
            commands=("plan", "explain"),
            probe=parsers.probe_known,
            short=True,
        ),
        Option(
            "--claims-seeds",
            parsers.seeds,
            default="5",
            help="number of seeds, at most 1,000, or the seeds, or auto: add seeds while a verdict is INCONCLUSIVE",
            example="auto:8",
            metavar="N|A,B,C|auto[:MAX]",
            commands=("plan", "explain"),
            short=True,
        ),
        Option(
            "--claims-protocol",
            parsers.protocol,
            default=None,
            help="training recipe: lab, paper or short, with your changes",
            example="paper:epochs=2",
            metavar="NAME[:K=V,…]",
            otherwise="lab for the lab's model, paper for any other model",
            commands=("plan", "explain"),
        ),
        Option(
            "--claims-schedule",
            parsers.schedule,
            default=None,
            help="rounds of pruning: the share X of the original or remaining weights in each, or the sparsities A,B,C",
            example="original:0.1",
            metavar="original:X|remaining:X|A,B,C",
            otherwise="the protocol's schedule",
            commands=("plan", "explain"),
        ),
        Option(
            "--claims-sparsity",
            parsers.number(0, 1),
            default=None,
            help="sparsity at which tickets are judged: the share of weights removed",
            example="0.7",
            metavar="SHARE",
            otherwise="the protocol's or the saved run's; if it has none, the paper's for the task",
            commands=("plan", "decide", "explain"),
        ),
        Option(
            "--claims-prunable",
            parsers.one_of(*PRUNABLE),
            default=None,
            help="weights that can be pruned: the encoder's matrices, or (paper) these and the pooler",
            example="paper",
            metavar="|".join(PRUNABLE),
            otherwise="the protocol's set",
            commands=("plan",),
        ),
        Option(
            "--claims-criterion",
            parsers.criterion,
            default="magnitude",
            help="what ranks weights for pruning: magnitude, random, first-order or a function of your own",
            example="my_pruner:score",
            metavar="NAME|MODULE:FUNCTION",
            commands=("plan",),
        ),
        Option(
            "--claims-alpha",
            parsers.number(0, 0.5),
            default=f"{Rule.alpha:g}",
            help="error rate of each side of an interval",
            example="0.01",
            metavar="P",
            recorded="the saved run's",
            commands=("decide", "compare"),
        ),
        Option(
            "--claims-margin",
            parsers.number(0, 1),
            default=f"{Rule.margin:g}",
            help="loss that still counts as matching, as a share of the full model's score",
            example="0.01",
            metavar="SHARE",
            recorded="the saved run's",
            commands=("decide",),
        ),
        Option(
            "--claims-method",
            parsers.one_of(*METHODS),
            default=Rule.method,
            help="how intervals are computed",
            example="bootstrap",
            metavar="|".join(METHODS),
            recorded="the saved run's",
            commands=("decide",),
        ),
        Option(
            "--claims-correction",
            parsers.one_of(*CORRECTIONS),
            default=Rule.correction,
            help="correction of verdicts for several tasks",
            example="none",
            metavar="|".join(CORRECTIONS),
            recorded="the saved run's",
            commands=("decide",),
        ),
        Option(
            "--claims-shrink-variance",
            None,
            default="off",
            help="moderated t: the variances of all rows help to estimate the error of each",
            example="",
            recorded="the saved run's",
            commands=("decide",),
        ),
        Option(
            "--claims-only",
            parsers.names,
            default=None,
            help="judge only these claims; shell patterns are allowed",
            example="chen-1,chen-4",
            metavar="ID,…",
            otherwise="all claims that are collected",
            commands=("plan", "decide"),
        ),
        Option(
            "--claims-skip",
            parsers.names,
            default=None,
            help="leave these claims out; shell patterns are allowed",
            example="chen-3",
            metavar="ID,…",
            otherwise="none",
            commands=("plan",),
        ),
        Option("--claims-strict", None, default="off", help="fail if a verdict is INCONCLUSIVE", example=""),
        Option(
            "--claims-max-time",
            parsers.number(0),
            default=None,
            help="start no experiment after this many minutes; judge the claims that have all their results",
            example="30",
            metavar="MINUTES",
            otherwise="no limit",
        ),
        Option(
            "--claims-pictures",
            None,
            default="off",
            help="also train what only pictures show: every control at every round of pruning",
            example="",
            commands=("plan",),
        ),
        Option("--claims-plan", None, default="off", help="print what would be computed and stop", example=""),
        Option(
            "--claims-sort",
            parsers.one_of(*ORDERS),
            default="claim",
            help="order of the table's rows: as declared, largest effect first, or by verdict",
            example="effect",
            metavar="|".join(ORDERS),
        ),
        Option(
            "--claims-group-by",
            parsers.one_of(*BLOCKS),
            default="task",
            help="blocks of the table: one a task, one a claim, or (headline) on how many tasks each claim holds",
            example="claim",
            metavar="|".join(BLOCKS),
        ),
        Option(
            "--claims-columns",
            parsers.columns,
            default=None,
            help="columns of the table, in the table's own order",
            example="effect,verdict",
            metavar="A,B",
            otherwise="all that fit",
        ),
        Option(
            "--claims-json",
            parsers.path,
            default=None,
            help="write all verdicts and their evidence as JSON",
            example="verdicts.json",
            metavar="FILE",
            otherwise="not written",
            commands=("decide",),
            probe=parsers.probe_file,
        ),
        Option(
            "--claims-report",
            parsers.path,
            default=None,
            help="write a Markdown report with its pictures beside it",
            example="verdicts.md",
            metavar="FILE",
            otherwise="not written",
            commands=("decide",),
            probe=parsers.probe_file,
        ),
        Option(
            "--claims-evidence",
            parsers.evidence,
            default=parsers.MEASURED,
            help="what is judged: measured scores, the papers' figures, a folder with scores.csv or a saved run's JSON",
            example="published",
            metavar="measured|published|PLACE",
        ),
        Option(
            "--claims-store",
            parsers.path,
            default=".lth/store",
            help="folder for results",
            example="path/to/store",
            metavar="FOLDER",
            commands=("plan", "store", "explain"),
            probe=parsers.probe_folder,
        ),
        Option(
            "--claims-workers",
            parsers.count,
            default=None,
            help="number of worker processes",
            example="1",
            metavar="N",
            otherwise="one for each core",
            commands=("plan",),
        ),
        Option(
            "--claims-device",
            parsers.one_of(*DEVICES),
            default="auto",
            help="where to compute",
            example="cuda",
            metavar="|".join(DEVICES),
        ),
        Option(
            "--claims-save",
            parsers.run_name,
            default=None,
            help="save the run's JSON as the next numbered run, under this name",
            example="before-upgrade",
            metavar="NAME",
            otherwise="not saved",
        ),
        Option("--claims-autosave", None, default="off", help="save the run under its commit and date", example=""),
        Option(
            "--claims-storage",
            parsers.path,
            default=str(DEFAULT_STORAGE),
            help="folder for saved runs",
            example="path/to/runs",
            metavar="FOLDER",
            commands=("list", "compare", "explain"),
            probe=parsers.probe_folder,
        ),
        Option(
            "--claims-compare",
            parsers.text,
            default=None,
            help=f"compare with a saved run, by number, pattern or file; {LATEST} if none is named",
            example="before-upgrade",
            metavar="NUM|GLOB",
            otherwise="not compared",
            alone=LATEST,
            probe=parsers.probe_known,
        ),
        Option(
            "--claims-compare-fail",
            parsers.condition,
            default=None,
            help="fail on a change: verdict, effect:X, effect:X% or pvalue:P; GLOB= before it names claims; repeatable",
            example="chen-1=effect:0.02",
            metavar="EXPR",
            otherwise="no change fails",
            commands=("compare",),
            repeated=True,
        ),
    )
}


def options_of(command: str) -> list[Option]:
    """The options that a command of `lth` shares with a claim run; `run` has all of them."""
    return [option for option in OPTIONS.values() if command in (RUN, *option.commands)]


def add_options(parser: argparse.ArgumentParser, command: str) -> None:
    """Add these options to the command's parser."""
    for option in options_of(command):
        option.add(parser.add_argument, command)


def read_given(namespace: argparse.Namespace, command: str) -> dict[str, Any]:
    """The typed values of these options, by name. Raises UsageError for a value that cannot be used."""
    return {
        option.name: option.read(getattr(namespace, option.name), f"{option.typed(command)}=")
        for option in options_of(command)
    }


def read_options(options: Mapping[str, object]) -> dict[str, Any]:
    """The typed value of every option by name: that of the given text or Python value, or the default for None.

    >>> read_options({"task": "sst2,cola", "seeds": 2})["task"]
    ('sst2', 'cola')

    Raises UsageError for a name without an option and for a value that cannot be used.
    """
    for name in options:
        if name not in OPTIONS:
            raise UsageError(f"no option {name!r}{did_you_mean(name, OPTIONS)} Options: {', '.join(OPTIONS)}")
    return {name: option.read(options.get(name)) for name, option in OPTIONS.items()}
