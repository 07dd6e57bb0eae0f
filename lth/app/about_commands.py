"""`lth claims`, `lth explain` and `lth tasks`: what there is to judge, and what the evidence at hand says about it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from lth import lab
from lth.app.explaining import explain, published_rows
from lth.app.options import add_options, options_of, read_given
from lth.app.papers import ClaimTest, read_claims
from lth.document.rows import ClaimRow
from lth.evidence.recorded import published
from lth.report.explanation import explanation
from lth.report.overview import ListedClaim, claims_table, tasks_table
from lth.tasks import TASKS


def add_commands(commands: Any) -> None:
    """Add the three commands to the subparsers of `lth`."""
    claims = commands.add_parser("claims", help="list the papers' claims, with the verdicts of the published figures")
    claims.add_argument("patterns", nargs="*", metavar="PATTERN", help="only these claims; shell patterns are allowed")
    claims.set_defaults(run=_claims)
    one = commands.add_parser(
        "explain", help="explain a claim: its arms, how it is decided, and what the evidence at hand says"
    )
    one.add_argument("patterns", nargs="+", metavar="CLAIM", help="a claim's id; shell patterns are allowed")
    add_options(one, "explain")
    one.set_defaults(run=_explain)
    tasks = commands.add_parser("tasks", help="list the tasks with their metrics, sizes and majority baselines")
    tasks.set_defaults(run=_tasks)


def _claims(options: argparse.Namespace) -> None:
    tests = read_claims(options.patterns or ["*"])
    rows = published_rows(tests)
    print(claims_table([ListedClaim(each.claim, each.statement, _of(each, rows)) for each in tests]))


def _of(test: ClaimTest, rows: Sequence[ClaimRow]) -> list[ClaimRow]:
    """The rows of one test."""
    return [row for row in rows if (row.id, row.statement) == (test.claim.id, test.statement)]


def _explain(options: argparse.Namespace) -> None:
    read_given(options, "explain")  # a bad value is shown as it was typed
    given = {option.name: getattr(options, option.name) for option in options_of("explain")}
    tests = read_claims(options.patterns)
    ids = dict.fromkeys(each.claim.id for each in tests)
    found = (explanation(explain([each for each in tests if each.claim.id == id], given)) for id in ids)
    print("\n\n\n".join(found))


def _tasks(options: argparse.Namespace) -> None:
    print(tasks_table(TASKS.values(), {name: task.train for name, task in lab.TASKS.items()}, published().baselines))
