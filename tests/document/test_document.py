"""Documents on disk: they are read as they were written, old forms are read, and other files are refused."""

import json
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import is_dataclass, replace
from enum import EnumMeta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lth.claims.arm import Arm
from lth.claims.arm_id import ArmId
from lth.claims.claim import Claim, Declaration
from lth.claims.effects import FULL_SCORE, difference
from lth.document.build import build as build_document
from lth.document.files import from_json, read_json, to_json, write_json
from lth.document.rows import (
    SCHEMA,
    AgreementRow,
    ArmRow,
    ClaimRow,
    CollapsedRow,
    CostRow,
    Document,
    EffectRow,
    IntervalRow,
    LookRow,
    OptionsRow,
    OverlapRow,
    PublishedRow,
    RegionRow,
    SequentialRow,
    StructureRow,
    Term,
    TransferRow,
)
from lth.errors import EvidenceError, UsageError
from lth.evidence.decide import decide_all
from lth.evidence.recorded import FULL, Figure, Recorded
from lth.evidence.whole import LARGEST
from lth.spec.expressions import Pretrained
from lth.spec.protocol import read_protocol
from lth.spec.settings import Settings
from lth.verdict import Verdict, above
from lth.verdict.rule import Rule
from lth.verdict.samples import Sample

ROOT = Path(__file__).parents[2]
BASELINE = ROOT / "reports" / "baseline.json"
TICKET = ArmId("imp", 0.7)
INTERVAL = IntervalRow("paired t", 0.05, -0.044, high=-0.027)
CLAIM = ClaimRow(
    "chen-4",
    "",
    "IMP tickets match standard pruning",
    "chen2020",
    "sst2",
    EffectRow("imp@0.7 − full", FULL_SCORE, RegionRow(low=-0.02), INTERVAL, (Term(1.0, TICKET), Term(-1.0, FULL))),
    Verdict.REFUTED,
    Verdict.REFUTED,
    arms=(ArmRow(FULL, (0, 1), (0.9, None)),),
    baseline=0.5,
)
DOCUMENT = Document((CLAIM,) * 3)

numbers = st.floats(-LARGEST, LARGEST)
alphas, shares, counts = st.floats(0.001, 0.499), st.none() | st.floats(0, 1), st.integers(1, 10**6)
scalars: dict[Any, st.SearchStrategy[Any]] = {
    float: numbers,
    int: st.integers(-(2**31), 2**31),
    str: st.text(max_size=8),
    bool: st.booleans(),
    types.NoneType: st.none(),
    ArmId: st.sampled_from(["full", "imp@0.7", "rewound 5%@0.7", "s-good pruned", "mnli: mlm ticket, trained@0.7"]).map(
        ArmId.parse
    ),
}

BOUNDED: dict[Any, dict[str, st.SearchStrategy[Any]]] = {
    Document: {"schema": st.just(SCHEMA), "created": st.sampled_from(["", "2020-07-23", "2020-07-23T12:00:00+00:00"])},
    IntervalRow: {"alpha": alphas},
    OptionsRow: {"alpha": alphas},
    CollapsedRow: {"runs": counts},
    ClaimRow: {"seeds_needed": st.none() | counts},
}
"""The fields whose values are bounded by more than their type."""
shared = {"id": scalars[ArmId], "kept_parameters": st.none() | numbers}
scalars[ArmRow] = st.one_of(
    st.builds(ArmRow, mean=numbers, std=st.floats(0, 1e9), n=st.integers(1, 9), **shared),
    st.lists(st.none() | numbers, max_size=3).flatmap(
        lambda scores: st.builds(
            ArmRow, seeds=st.just(tuple(range(len(scores)))), scores=st.just(tuple(scores)), **shared
        )
    ),
)


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Values of the type `hint`, which annotates a field of a row."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if hint in scalars:
        return scalars[hint]
    if is_dataclass(hint):
        known = BOUNDED.get(hint, {})
        fields = {name: values(each) for name, each in typing.get_type_hints(hint).items()}
        return st.builds(hint, **fields | known)
    if isinstance(hint, EnumMeta):
        return st.sampled_from(list(hint))
    if origin is typing.Literal:
        return st.sampled_from(inner)
    if origin is tuple:
        return st.lists(values(inner[0]), max_size=2).map(tuple)
    if origin in (Mapping, dict):
        return st.dictionaries(values(inner[0]), values(inner[1]), max_size=2)
    assert origin in (types.UnionType, typing.Union), hint
    return st.one_of(*map(values, inner))


@st.composite
def structures(draw: st.DrawFn) -> StructureRow:
    """Grids of one shape for all seeds."""
    seeds, layers, heads = (draw(st.integers(1, 3)) for _ in range(3))

    def grid(value: st.SearchStrategy[Any], *sizes: int) -> Any:
        return tuple(grid(value, *sizes[1:]) for _ in range(sizes[0])) if sizes else draw(value)

    bits, known = st.integers(0, 1), st.none() | st.floats(0, 1)
    gates = (grid(bits, seeds, layers, heads), grid(bits, seeds, layers))
    gates += (grid(known, seeds, layers, heads), grid(known, seeds, layers))
    agreement = draw(values(Mapping[str, AgreementRow]))
    return StructureRow("sst2", "lab", "structured", tuple(range(seeds)), 9, (0.5,) * seeds, agreement, *gates)


@st.composite
def overlaps(draw: st.DrawFn) -> OverlapRow:
    """Grids with a row and a column for each name, or for each but the last."""
    size, known = draw(st.integers(1, 3)), st.none() | st.floats(0, 1)
    grids = (tuple(tuple(draw(known) for _ in range(n)) for _ in range(n)) for n in (size, size - 1))
    return OverlapRow(tuple(map(str, range(size))), 0.7, *grids)


scalars[StructureRow], scalars[OverlapRow] = structures(), overlaps()
scalars[SequentialRow] = st.builds(SequentialRow, st.tuples(st.builds(LookRow, counts, alphas)), counts, counts)
scalars[TransferRow] = st.builds(TransferRow, st.dictionaries(st.text(), counts), numbers, st.none() | overlaps())


# ---- written and read ----


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(document=values(Document))
def test_a_document_is_read_as_it_was_written(document: Document) -> None:
    assert from_json(to_json(document)) == document


def test_a_real_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    document = read_json(BASELINE)
    write_json(document, tmp_path / "new" / "verdicts.json")
    assert read_json(tmp_path / "new" / "verdicts.json") == document
    assert len(document.claims) > 20


def test_a_field_with_its_default_is_not_written() -> None:
    assert json.loads(to_json(Document(()))) == {"schema": 3, "claims": []}
    assert json.loads(to_json(Document((CLAIM,))))["claims"] == [
        {
            "id": "chen-4",
            "row": "",
            "statement": "IMP tickets match standard pruning",
            "paper": "chen2020",
            "task": "sst2",
            "effect": {
                "label": "imp@0.7 − full",
                "unit": "% of full",
                "region": {"low": -0.02},
                "interval": {"method": "paired t", "alpha": 0.05, "estimate": -0.044, "high": -0.027},
                "terms": [
                    {"factor": 1.0, "arm": {"treatment": "imp", "sparsity": 0.7}},
                    {"factor": -1.0, "arm": {"treatment": "full"}},
                ],
            },
            "verdict": "REFUTED",
            "adjusted_verdict": "REFUTED",
            "arms": [{"id": {"treatment": "full"}, "seeds": [0, 1], "scores": [0.9, None]}],
            "baseline": 0.5,
        }
    ]


# ---- schemas 1 and 2 ----


def test_a_document_of_schema_2_is_the_same_one_with_the_method_that_was_its_default() -> None:
    # Schema 2 did not write its default method, Student's t over seeds, and knew no n of its collapsed runs.
    old = json.loads(to_json(replace(DOCUMENT, claims=(replace(CLAIM, collapsed=(CollapsedRow(FULL, 1),)),))))
    assert old["claims"][0]["collapsed"] == [{"arm": {"treatment": "full"}, "runs": 1}]
    new = from_json(json.dumps(old | {"schema": 2}))
    assert new.options == OptionsRow(method="t")
    assert new.claims[0].collapsed == (CollapsedRow(FULL, 1, n=None, low=None, high=None),)
    named = from_json(json.dumps(old | {"schema": 2, "options": {"method": "permutation", "alpha": 0.1}}))
    assert named.options == OptionsRow(method="permutation", alpha=0.1)
    assert new.schema == SCHEMA == 3


def test_a_claim_of_schema_1_is_the_same_claim() -> None:
    interval = {"low": -0.009, "high": None, "method": "paired t", "alpha": 0.05, "reason": ""}
    old = {
        "id": "prasanna-1",
        "row": "",
        "statement": "good subnetworks keep 90 %",
        "paper": "prasanna2020",
        "task": "sst2",
        "model": None,
        "arms": {
            "full": {"treatment": "full", "sparsity": 0.0, "quantity": "score", "seeds": [0, 1], "scores": [0.9, None]},
            "s-good pruned": {"treatment": "s-good", "sparsity": None, "mean": 0.9, "std": 0.1, "n": 3},
        },
        "effect": {"label": "s-good pruned − 0.9 × full", "estimate": 0.004, **interval},
        "unit": "% of full",
        "region": {"low": 0.0, "high": None},
        "verdict": "SUPPORTED",
        "adjusted_verdict": "SUPPORTED",
        "p": None,
        "paper_rule": None,
        "degenerate": {"full": 1},
        "published": {
            "verdict": "REFUTED",
            "effect": {"label": "s-good pruned − 0.9 × full", "estimate": -0.1, **interval},
            "reason": "",
            "data": "prasanna2020",
        },
        "cost": {},
    }
    good = ArmId("good", pruning="structured", weights="pruned")
    assert from_json(json.dumps({"schema": 1, "claims": [old]})) == Document(
        (
            ClaimRow(
                "prasanna-1",
                "",
                "good subnetworks keep 90 %",
                "prasanna2020",
                "sst2",
                EffectRow(
                    "s-good pruned − 0.9 × full",
                    "% of full",
                    RegionRow(low=0.0),
                    IntervalRow("paired t", 0.05, 0.004, -0.009),
                    (Term(1.0, good), Term(-0.9, FULL)),
                ),
                Verdict.SUPPORTED,
                Verdict.SUPPORTED,
                arms=(ArmRow(FULL, (0, 1), (0.9, None)), ArmRow(good, mean=0.9, std=0.1, n=3)),
                collapsed=(CollapsedRow(FULL, 1),),
                published=PublishedRow(Verdict.REFUTED, "prasanna2020", IntervalRow("paired t", 0.05, -0.1, -0.009)),
            ),
        ),
        options=OptionsRow(method="t"),
    )


def test_options_structures_and_transfer_of_schema_1_are_the_same() -> None:
    old = {
        "schema": 1,
        "created": "2020-07-23T12:00:00+00:00",
        "commit": None,
        "claims": [],
        "options": {
            "task": "sst2, cola",
            "sparsity": None,
            "seeds": "0, 1",
            "searched on": "dev, as the paper does",
            "recipe": {"epochs": 2, "precision": "fp32", "dev_examples": None},
            "recipe by task": {"sst2": {"lr": 0.001}},
            "alpha": 0.1,
        },
        "structures": [
            {
                "task": "sst2",
                "model": "lab",
                "pruning": "structured",
                "seeds": [0],
                "parameters": 110,
                "kept_parameters": [0.5],
                "heads": [[[1, 0]]],
                "mlps": [[1]],
                "importance": {"heads": [[[1.0, 0.2]]], "mlps": [[1.0]]},
                "agreement": {
                    "kappa_heads": 0.3,
                    "cochran_heads": {"statistic": 2.0, "p": 0.1},
                    "jaccard_heads": {"mean": 0.6, "by_chance": 0.5},
                },
            }
        ],
        "transfer": {
            "train_examples": {"sst2": 1000},
            "sparsity": 0.7,
            "overlap": {
                "names": ["sst2", "theta_0"],
                "sparsity": 0.7,
                "jaccard": [[1.0, 0.5], [0.5, 1.0]],
                "beyond": None,
            },
        },
        "total_cost": {"seconds": 12.5},
    }
    assert from_json(json.dumps(old)) == Document(
        (),
        created="2020-07-23T12:00:00+00:00",
        options=OptionsRow(
            ("sst2", "cola"),
            seeds=(0, 1),
            searched_on="dev, as the paper does",
            recipe={"epochs": 2, "precision": "fp32", "dev_examples": None},
            recipe_by_task={"sst2": {"lr": 0.001}},
            alpha=0.1,
            method="t",
        ),
        structures=(
            StructureRow(
                "sst2",
                "lab",
                "structured",
                (0,),
                110,
                (0.5,),
                {"heads": AgreementRow(0.3, 2.0, 0.1, 0.6, 0.5)},
                (((1, 0),),),
                ((1,),),
                (((1.0, 0.2),),),
                ((1.0,),),
            ),
        ),
        transfer=TransferRow(
            {"sst2": 1000}, 0.7, OverlapRow(("sst2", "theta_0"), 0.7, jaccard=((1.0, 0.5), (0.5, 1.0)))
        ),
        total_cost=CostRow(seconds=12.5),
    )


# ---- numbers that JSON does not have ----


def test_a_nan_score_and_an_open_end_are_none_in_a_new_document() -> None:
    seeds = (0, 1, 2)
    scores = {FULL: (0.90, 0.91, 0.92), TICKET: (0.90, math.nan, 0.91)}
    figures = {
        ("", "sst2", id): Figure(math.nan, Sample(seeds, each), densities={"query": 0.3}) for id, each in scores.items()
    }
    evidence = Recorded("scores.csv", figures, {"sst2": 0.5}, {})
    full, ticket = (Arm(id, "sst2", seeds, ()) for id in scores)
    declared = Declaration(
        Claim("chen-1", "chen2020", True), "tickets win", "", full, difference(ticket, full).lies_in(above(-0.02))
    )
    decisions = decide_all([evidence.known(declared)], evidence, Rule())
    asked = Settings(
        (), (), (Pretrained("", "lab"),), "lab", seeds, read_protocol("lab"), Rule(), evidence="scores.csv"
    )
    document = build_document(decisions, evidence, asked, ROOT)
    (claim,) = document.claims
    arm = claim.arm(TICKET)
    assert arm
    assert arm.scores == (0.90, None, 0.91)
    assert claim.interval == IntervalRow(
        "paired t, underpowered", 0.05, reason="a run has no finite score, so its arm has no mean"
    )
    assert claim.effect.region == RegionRow(low=-0.02)
    assert claim.mde is None
    # 1 of 3: (1 - q)³ = .95 at the low end, q = .0170, and 3 q (1 - q)² + (1 - q)³ = .05 at the high end, q = .8646.
    # None of 3: 1 - .05^(1/3) = .6316.
    assert claim.collapsed == (CollapsedRow(TICKET, 1, 3, 0.017, 0.8646), CollapsedRow(FULL, 0, 3, 0.0, 0.6316))
    assert claim.over == "seeds, this dev set"
    assert from_json(to_json(document)) == document


# ---- files ----


def test_a_document_that_cannot_be_written_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "verdicts.json"
    write_json(DOCUMENT, path)
    before = path.read_bytes()
    broken: Any = {"plugin": object()}
    with pytest.raises(TypeError):
        write_json(Document((), notes=broken), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_half_way_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "verdicts.json"
    write_json(DOCUMENT, path)
    before = path.read_bytes()

    def write_a_part(self: Path, text: str, encoding: str) -> int:
        self.write_bytes(text.encode(encoding)[:100])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", write_a_part)
    with pytest.raises(UsageError, match=r"^cannot write .*verdicts\.json: No space left on device; name a file in a"):
        write_json(Document(()), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError) as caught:
        write_json(DOCUMENT, tmp_path / "file" / "verdicts.json")
    assert str(caught.value) == (
        f"cannot write {tmp_path}/file/verdicts.json: Not a directory; name a file in a folder you may write to"
    )


# ---- files that are not documents ----


def bad_file(folder: Path, text: str) -> Path:
    path = folder / "bad.json"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[]", "not a verdict document (it has no schema number)"),
        ('{"claims": []}', "not a verdict document (it has no schema number)"),
        ('{"schema": 4, "claims": []}', "schema 4, but this version of lth reads 1, 2 and 3"),
        ('{"schema": 3}', "not a verdict document ($: no field `claims`; expected this field)"),
        ('{"schema": 2, "claims": [], "options": 3}', "not a verdict document ($.options: 3; expected object)"),
        ('{"schema": 2}', "not a verdict document ($: no field `claims`; expected this field)"),
        ('{"schema": 2, "claims": [3]}', "not a verdict document ($.claims[0]: 3; expected object)"),
        ('{"schema": 1}', "not a verdict document ($: no field `claims`; expected this field)"),
        (
            '{"schema": 1, "claims": [3]}',
            "not a verdict document ($.claims[0]: 3; expected object)",
        ),
        ('{"schema": 1, "claims": [{}]}', "not a verdict document ($.claims[0]: no field `id`; expected this field)"),
    ],
)
def test_a_file_that_is_not_a_document_is_named_with_the_reason(text: str, problem: str, tmp_path: Path) -> None:
    path = bad_file(tmp_path, text)
    with pytest.raises(EvidenceError) as caught:
        read_json(path)
    assert str(caught.value) == f"{path}: {problem}; give a file that --claims-json wrote"


@pytest.mark.parametrize(
    ("part", "value", "problem"),
    [
        (
            "verdict",
            "PERHAPS",
            "$.claims[2].verdict: 'PERHAPS'; expected 'SUPPORTED', 'REFUTED', 'INCONCLUSIVE', 'NOT RUN'",
        ),
        ("cost", {"seconds": "long"}, "$.claims[2].cost.seconds: 'long'; expected float | null"),
        ("arms", [{"id": {}}], "$.claims[2].arms[0].id: no field `treatment`; expected this field"),
        ("effect", None, "$.claims[2].effect: null; expected object"),
    ],
)
def test_a_fault_in_a_file_is_named_with_its_place(part: str, value: object, problem: str, tmp_path: Path) -> None:
    plain = json.loads(to_json(DOCUMENT))
    plain["claims"][2][part] = value
    path = bad_file(tmp_path, json.dumps(plain))
    with pytest.raises(EvidenceError) as caught:
        read_json(path)
    assert str(caught.value) == f"{path}: not a verdict document ({problem}); give a file that --claims-json wrote"


def test_a_claim_of_schema_1_that_lacks_its_verdict_is_named_by_its_place(tmp_path: Path) -> None:
    plain = json.loads(BASELINE.read_text(encoding="utf-8"))
    del plain["claims"][2]["verdict"]
    plain["claims"][2]["adjusted_verdict"] = "SUPPORTED"
    with pytest.raises(
        EvidenceError,
        match=r"bad\.json: not a verdict document \(\$\.claims\[2\]: no field `verdict`; expected this field\)",
    ):
        read_json(bad_file(tmp_path, json.dumps(plain)))


def test_an_arm_with_an_impossible_name_is_reported_with_its_place(tmp_path: Path) -> None:
    plain = json.loads(BASELINE.read_text(encoding="utf-8"))
    plain["claims"][1]["arms"][0]["id"] = {"treatment": ""}
    with pytest.raises(EvidenceError, match=r"\$\.claims\[1\]\.arms\[0\]\.id: treatment ''; expected a name alone"):
        read_json(bad_file(tmp_path, json.dumps(plain)))


def test_a_truncated_file_is_named_with_the_place_where_it_ends(tmp_path: Path) -> None:
    path = bad_file(tmp_path, to_json(DOCUMENT)[:1000])
    with pytest.raises(EvidenceError) as caught:
        read_json(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: not whole JSON (")
    assert message.endswith("); run the claims again to write it anew")
    assert "\n" not in message


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match=r"none\.json: No such file or directory; give a file that --claims-json"):
        read_json(tmp_path / "none.json")
