"""Which tables and figures of the papers a run can fill: their lines, in the papers' order. Knows no document."""

from __future__ import annotations

from dataclasses import dataclass

from lth.claims.arm_id import ArmId
from lth.evidence.recorded import FULL, MAJORITY


@dataclass(frozen=True)
class Line:
    """A line of a table: an arm, at any sparsity, and the claims whose verdicts are about it."""

    label: str
    arm: ArmId
    claims: tuple[str, ...] = ()


@dataclass(frozen=True)
class Exhibit:
    """A table or figure of a paper: its place, what it shows, its lines over tasks, and the kind of our picture.

    `transfer` adds the matrix of tickets on other tasks, `between` the claims of these ids that compare tasks or ways
    to transfer.
    """

    place: str
    title: str
    lines: tuple[Line, ...] = ()
    picture: str = ""
    transfer: bool = False
    between: tuple[str, ...] = ()


def _subnetworks(letter: str) -> tuple[Line, ...]:
    """The bars of figure 2 for one kind of pruning."""

    def arm(kind: str, way: str) -> ArmId:
        return ArmId.parse(f"{letter}-{kind} {way}")

    judged = {
        "m good retrained": ("prasanna-1", "prasanna-3a"),
        "m random retrained": ("prasanna-3a", "prasanna-3b"),
        "m bad retrained": ("prasanna-3b", "prasanna-11"),
        "s good pruned": ("prasanna-2",),
        "s good retrained": ("prasanna-1s",),
        "s random retrained": ("prasanna-4 random",),
        "s bad retrained": ("prasanna-4 bad", "prasanna-4b", "prasanna-15"),
    }
    kinds = ("good", "random", "bad")
    ways = [(kind, way) for kind in kinds for way in ("pruned", "retrained")]
    lines = [Line(f"{kind}, {way}", arm(kind, way), judged.get(f"{letter} {kind} {way}", ())) for kind, way in ways]
    return (Line("full model", FULL), *lines)


PAPERS: dict[str, tuple[Exhibit, ...]] = {
    "chen2020": (
        Exhibit(
            "Table 2",
            "Winning tickets and their controls, retrained",
            (
                Line("full model", FULL),
                Line("ticket of IMP", ArmId("imp"), ("chen-1",)),
                Line("random mask", ArmId("random"), ("chen-1b", "chen-2a")),
                Line("re-initialised", ArmId("reinitialised"), ("chen-2b",)),
                Line("shuffled", ArmId("shuffled"), ("chen-2c", "chen-2e")),
            ),
            "curve",
        ),
        Exhibit(
            "Table 3",
            "Rewinding",
            (
                Line("rewound to 0 %", ArmId("imp")),
                *(
                    Line(f"rewound to {percent} %", ArmId("rewound", share=percent / 100), (f"chen-3 {percent}%",))
                    for percent in (5, 10, 20, 50)
                ),
                Line("standard pruning", ArmId("standard"), ("chen-4",)),
            ),
        ),
        Exhibit(
            "Figure 3",
            "Tickets on other tasks",
            picture="transfer",
            transfer=True,
            between=("chen-5a", "chen-5b", "chen-6b", "chen-7", "chen-8"),
        ),
        Exhibit("Figure 4", "Where transfer starts", between=("chen-9",)),
    ),
    "prasanna2020": (
        Exhibit(
            "Figure 1",
            "What survives",
            (
                Line("weights kept, m-pruning", ArmId.parse("m-kept weights"), ("prasanna-10",)),
                Line("weights kept, s-pruning", ArmId.parse("s-kept weights"), ("prasanna-10",)),
                Line("heads kept, s-pruning", ArmId.parse("s-kept heads")),
                Line("MLPs kept, s-pruning", ArmId.parse("s-kept mlps")),
                Line("spread over seeds, m-pruning", ArmId.parse("m-spread of weights"), ("prasanna-5a m-weights",)),
                Line("spread over seeds, s-pruned heads", ArmId.parse("s-spread of heads"), ("prasanna-5a s-heads",)),
            ),
            "survival",
        ),
        Exhibit("Figure 2a", "s-pruning", _subnetworks("s"), "subnetworks"),
        Exhibit("Figure 2b", "m-pruning", _subnetworks("m")),
        Exhibit(
            "Figure 3",
            "Importance",
            (
                Line("heads below half the largest", ArmId.parse("s-unimportant heads"), ("prasanna-6 heads",)),
                Line("MLPs below half the largest", ArmId.parse("s-unimportant mlps"), ("prasanna-6 mlps",)),
            ),
            "importance",
        ),
        Exhibit(
            "Figure 5",
            "Overlap of subnetworks",
            (
                Line("kappa of heads over seeds", ArmId.parse("s-kappa of heads"), ("prasanna-5b heads",)),
                Line("kappa of MLPs over seeds", ArmId.parse("s-kappa of mlps"), ("prasanna-5b mlps",)),
            ),
            "overlap",
            between=("prasanna-7", "prasanna-7b"),
        ),
        Exhibit(
            "Table 2",
            "Bad subnetworks, retrained",
            (
                Line("majority class", MAJORITY),
                Line("BiLSTM + GloVe", ArmId("BiLSTM + GloVe")),
                Line("full model", FULL),
                Line("m-pruned bad", ArmId.parse("m-bad retrained"), ("prasanna-11",)),
                Line("m-pruned bad, as printed", ArmId.parse("m-bad in table 2 retrained"), ("prasanna-11 table 2",)),
                Line("s-pruned bad", ArmId.parse("s-bad retrained"), ("prasanna-4 bad", "prasanna-4b")),
                Line("s-pruned super-survivors", ArmId.parse("s-super retrained")),
            ),
            between=("prasanna-8",),
        ),
    ),
}
"""The papers' tables and figures that a run can fill, in the papers' order."""
