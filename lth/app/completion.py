"""The rest of a word for the shell, from argcomplete if that is installed: commands, options, tasks, claims, words."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable, Iterator

from lth.app.options import BLOCKS, CORRECTIONS, DEVICES, METHODS, ORDERS, PRUNABLE
from lth.app.papers import read_claims
from lth.app.parsers import ALL
from lth.tasks import TASKS


def complete(parser: argparse.ArgumentParser) -> None:
    """If a shell asks for the rest of a word, print what fits, and end the process; files where nothing is known."""
    if "_ARGCOMPLETE" not in os.environ:
        return
    try:
        import argcomplete
    except ImportError:
        return
    for action in _actions(parser):
        if words := WORDS.get(action.dest):
            action.completer = _listed(words)  # type: ignore[attr-defined]  # argcomplete reads it
    argcomplete.autocomplete(parser)


def _tasks() -> Iterable[str]:
    return [*TASKS, ALL]


def _claims() -> Iterable[str]:
    return {each.claim.id for each in read_claims(["*"])}


Words = Callable[[], Iterable[str]]
WORDS: dict[str, Words] = {
    "task": _tasks,
    "source": _tasks,
    "only": _claims,
    "skip": _claims,
    "patterns": _claims,
    "method": lambda: METHODS,
    "correction": lambda: CORRECTIONS,
    "prunable": lambda: PRUNABLE,
    "device": lambda: DEVICES,
    "sort": lambda: ORDERS,
    "group_by": lambda: BLOCKS,
}
"""What fits an argument of `lth`, by the argument's name in Python."""


def _listed(words: Words) -> Callable[..., list[str]]:
    """A completer of a list with commas: its last word is completed."""

    def fitting(prefix: str, **_: object) -> list[str]:
        before, comma, last = prefix.rpartition(",")
        return [f"{before}{comma}{word}" for word in words() if word.startswith(last)]

    return fitting


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """All arguments of a parser and of its commands."""
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _actions(command)
