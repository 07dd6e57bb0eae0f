"""A saved run as evidence: the scores in its JSON can be judged again with another alpha, margin or correction."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lth.claims.arm_id import ArmId
from lth.claims.subnetwork_arms import BY_CONSTRUCTION
from lth.document.files import read_json
from lth.document.printable import printable
from lth.document.rows import ClaimRow, Document, OptionsRow
from lth.errors import EvidenceError, visible
from lth.evidence.own_tasks import settle
from lth.evidence.recorded import GOOD_PRUNED, ONE_MASK, SUPER, Figure, Figures, Recorded, published
from lth.spec.protocol import read_protocol
from lth.verdict import Verdict

ABOUT = ("model", "data", "evidence", "protocol", "schedule", "prunable", "sparsity")
RULE = ("alpha", "margin", "method", "correction")


def read_saved(file: Path) -> tuple[Recorded, Document]:
    """The scores and the rule of a run that was saved with --claims-json, and its document.

    Raises EvidenceError for a file that cannot be read as a document and for a run with --seeds=auto.
    """
    document = printable(read_json(file))
    if document.sequential:
        raise EvidenceError(
            f"{file}: its seeds were added while verdicts were open, with a part of alpha for each look; expected a "
            f"run with fixed seeds, because a second verdict on these scores would err more often; run the claims with "
            f"--seeds=N"
        )
    claims = document.claims
    figures: Figures = {}
    for claim in claims:
        for arm in claim.arms:
            scores = arm.samples
            figure = Figure(scores.mean, scores, arm.kept_parameters, arm.densities)
            figures.setdefault((claim.paper, claim.task, arm.id), figure)
    arms = [(claim.task, arm.id) for claim in claims for arm in claim.arms]
    settle({claim.task: claim.metric for claim in claims if claim.metric}, arms)
    baselines = {claim.task: claim.baseline for claim in claims if claim.baseline is not None}
    reasons = {_row(claim): claim.reason for claim in claims if claim.verdict is Verdict.NOT_RUN}
    options = document.options
    given = {name: str(getattr(options, name)) for name in (*ABOUT, *RULE) if getattr(options, name) not in (None, "")}
    given |= {"shrink_variance": "on"} if options.shrink_variance else {}
    seeds = {"seeds": ", ".join(map(str, options.seeds))} if options.seeds else {}
    about = {"model": "", "data": "", "protocol": "paper"} | given | seeds
    return Recorded(visible(str(file)), figures, baselines, about, reasons=reasons, void=_void(options)), document


def _void(options: OptionsRow) -> Mapping[ArmId, str]:
    """The arms that decide nothing, whose figures a run shows all the same."""
    if options.evidence == "published":
        return published().void
    on_dev = options.searched_on and options.protocol and read_protocol(options.protocol).search.on == "dev"
    found = dict.fromkeys(GOOD_PRUNED, BY_CONSTRUCTION) if on_dev else {}
    one_mask = options.searched_on and options.super_seeds is None  # from before seeds had their own groups
    return found | (dict.fromkeys(SUPER, ONE_MASK) if one_mask else {})


def _row(claim: ClaimRow) -> tuple[str, str, str]:
    return claim.id, claim.row, claim.task
