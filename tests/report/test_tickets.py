import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from lth.claims.arm_id import ArmId
from lth.claims.effects import FULL_SCORE
from lth.document.files import from_json
from lth.document.rows import Document, Term
from lth.report.pictures import pictures
from lth.report.transfer_plots import transfer_matrix
from lth.report.transfer_sizes import transfer_by_size
from lth.tasks import TASKS
from tests.report.made_up import changed
from tests.report.svg import texts, written
from tests.report.transfers import FULL, SHARES, against_full, transferred, transfers


@pytest.fixture
def document() -> Document:
    return transfers(SHARES)


def test_only_tickets_of_another_task_from_pretrained_weights_are_transfers(tmp_path: Path) -> None:
    tickets = {
        "a ticket of the task itself": ArmId("imp", 0.7, source="sst2"),
        "a ticket of no known task": ArmId("imp", 0.7, source="other"),
        "weights that were trained there": ArmId("imp", 0.7, source="rte", start="trained"),
        "another treatment": ArmId("random", 0.7),
    }
    claims = [against_full(ticket, "sst2", 0.9, "REFUTED") for ticket in tickets.values()]
    ticket = ArmId("imp", 0.7, source="rte")
    for terms in [(), ((1.0, ticket),), ((1.0, ticket), (-0.9, FULL)), ((1.0, ticket), (-1.0, ArmId("imp", 0.7)))]:
        effect = replace(claims[0].effect, terms=tuple(Term(*term) for term in terms))
        claims.append(replace(claims[0], effect=effect))
    transfer_matrix(Document(claims=tuple(claims)), tmp_path / "map.svg")
    assert "no ticket was tried on another task" in texts(tmp_path / "map.svg")


def renamed(document: Document, names: Mapping[str, str]) -> Document:
    """The document with other ids, rows and statements of its claims."""
    claims = (replace(each, id=names[each.id], row="here", statement="A guess") for each in document.claims)
    return replace(document, claims=tuple(claims))


def test_claims_with_other_names_give_the_same_pictures(document: Document, tmp_path: Path) -> None:
    other = renamed(document, {"chen-1": "own", "chen-5": "any", "chen-6": "any", "chen-7": "grows"})
    for name, each in {"papers": document, "others": other}.items():
        transfer_matrix(each, tmp_path / f"{name}-map.svg")
        transfer_by_size(each, tmp_path / f"{name}-size.svg")
    for picture in ("map", "size"):
        papers, others = (written(tmp_path / f"{name}-{picture}.svg") for name in ("papers", "others"))
        assert [text.replace("chen-1", "own").replace("chen-7", "grows") for text in papers] == others
    assert "the task's own ticket (own)" in texts(tmp_path / "others-map.svg")
    assert "grows: ρ = 0.62 [−0.10, 0.87], SUPPORTED" in texts(tmp_path / "others-size.svg")


def test_the_alternative_texts_name_the_claims(document: Document) -> None:
    def said(document: Document) -> list[str]:
        drawn = [each for group in pictures(document).values() for each in group]
        return [each.alt for each in drawn if each.name.startswith("transfer")]

    matrix = (
        "all tasks. Heat map: the score of each source's ticket on each other task, as a share of the full model's."
    )
    sizes = "all tasks. The mean share of the full score that each source's ticket keeps, "
    sizes += "against the source's training examples."
    rows = f"{matrix} The rows of chen-5 and chen-6 have the numbers."
    assert said(document) == [rows, f"{sizes} Claim chen-7 has the rank correlation."]
    other = renamed(document, {"chen-1": "own", "chen-5": "any", "chen-6": "any", "chen-7": "grows"})
    assert said(other) == [
        f"{matrix} The rows of any have the numbers.",
        f"{sizes} Claim grows has the rank correlation.",
    ]
    between_alone = changed(document.claims[-1], unit=FULL_SCORE)
    assert said(replace(document, claims=(between_alone,))) == [matrix, sizes]


def test_of_several_claims_about_a_ticket_the_first_is_drawn(document: Document, tmp_path: Path) -> None:
    transfer_matrix(document, tmp_path / "one.svg")
    again = [transferred("sst2", "rte", 0.555, "REFUTED", id="x"), transferred("rte", "rte", 0.444, "REFUTED", id="y")]
    transfer_matrix(replace(document, claims=(*document.claims, *again)), tmp_path / "both.svg")
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "both.svg").read_bytes()


def test_a_transfer_claim_of_the_first_schema_that_was_not_run_is_hatched(tmp_path: Path) -> None:
    claim = {
        "id": "chen-5",
        "row": "rte",
        "statement": "A task's ticket transfers to another task",
        "paper": "chen2020",
        "task": "sst2",
        "arms": {"full": {"seeds": [0, 1], "scores": [0.9, 0.9]}},
        "effect": None,
        "region": {"low": -0.02, "high": None},
        "verdict": "NOT RUN",
    }
    old = {"schema": 1, "claims": [claim, claim | {"id": "chen-6", "row": ""}, claim | {"row": ""}]}
    transfer_matrix(from_json(json.dumps(old)), tmp_path / "map.svg")
    assert [text for text in written(tmp_path / "map.svg") if text in TASKS] == ["sst2", "rte", "mlm"]


def test_of_several_models_the_first_with_a_verdict_is_drawn(document: Document, tmp_path: Path) -> None:
    idle = transferred("sst2", "rte", None, "NOT RUN", model="idle")
    last = transferred("sst2", "rte", 0.555, "REFUTED", model="last")
    transfer_matrix(replace(document, claims=(idle, *document.claims, last)), tmp_path / "map.svg")
    assert "transfer at 70 % sparsity: model lab, data lab, measured" in texts(tmp_path / "map.svg")
    assert ".56" not in texts(tmp_path / "map.svg")
