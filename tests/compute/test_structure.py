"""Structured pruning from the arms to the numbers in the store, on a tiny model."""

from pathlib import Path
from statistics import fmean, stdev

import pytest
from safetensors.numpy import load_file

from lth.app.settings import read_settings
from lth.claims.arms import arms_of
from lth.claims.subnetwork_arms import SHOWN_KINDS, SUBNETWORK_KINDS, UNITS
from lth.evidence.measured import Measured
from lth.runtime.executor import Workers, execute
from lth.runtime.store import FolderStore
from lth.spec.subnetworks import Super


@pytest.mark.slow
def test_both_ways_of_pruning_end_in_scores_and_measures_of_equally_large_subnetworks(
    tiny: Path, tmp_path: Path
) -> None:
    protocol = "short:epochs=3,batch=8,max_length=16,train_examples=120,lr=3e-3"
    options = {"model": str(tiny / "model"), "data": str(tiny / "data"), "seeds": "3", "protocol": protocol}
    settings, _ = read_settings(options, tiny)
    arms = arms_of(settings, settings.tasks[0])
    found = []
    for subnetworks, kinds in ((arms.structured, SUBNETWORK_KINDS), (arms.magnitude, SHOWN_KINDS)):
        found += [way(kind) for kind in kinds for way in (subnetworks.pruned, subnetworks.retrained)]
        found.append(subnetworks.kept_parameters())
    structured = arms.structured
    found += [structured.agreement("heads"), arms.magnitude.agreement("weights"), structured.unimportant()]
    found += [structured.unimportant("mlps"), structured.kept_by_super(), structured.kept_alone("heads")]
    found += [way(units) for way in (structured.kept, structured.spread) for units in UNITS]
    found += [way(units) for way in (arms.magnitude.kept, arms.magnitude.kept_later) for units in UNITS]
    found += [structured.heterogeneous("super", start, True) for start in ("pretrained", "trained")]
    found += [structured.reinitialised(), structured.trained_twice_as_long("bad")]
    found += [structured.heterogeneous("all"), structured.speedup(), structured.agreement_with(structured, "heads")]
    store = FolderStore(tmp_path / "store")
    results = execute([each for arm in found for each in arm.experiments], store, Workers(2))
    evidence = Measured(results)
    for arm in found:
        assert len(evidence.sample(arm).scores) == 3, arm.name
    scored = (structured.pruned("good"), arms.magnitude.retrained("bad"))
    for run in (each for arm in scored for each in arm.experiments):
        assert fmean(results[run]["by_example"]) == pytest.approx(results[run]["score"])
        file = store.file(run.key, "predictions.safetensors")
        assert file
        assert len(load_file(file)["predictions"]) == len(results[run]["by_example"])
    for search in structured.kept_parameters().experiments + arms.magnitude.kept_parameters().experiments:
        value = results[search]
        assert value["searched_on"] == "held-out"
        assert value["examples"] == 40  # 120 of the 160 training examples are used for training
        assert value["score"] >= 0.9 * value["full_score"]
        assert 0 < value["kept_parameters"] <= 1
    for subnetworks in (arms.structured, arms.magnitude):
        for good, random, bad in zip(
            *(subnetworks.retrained(kind).experiments for kind in SUBNETWORK_KINDS[:3]), strict=True
        ):
            assert results[good]["sparsity"] == results[random]["sparsity"] == results[bad]["sparsity"]
            assert results[good]["seconds"] > 0
    for experiment, mask in zip(structured.retrained("super").experiments, structured.masks("super"), strict=True):
        kept = results[experiment]["densities"]
        assert kept.keys() == {"heads", "mlps"}
        assert isinstance(mask, Super)
        others = [store.read(search.key) for search in mask.of]
        assert all(kept["heads"] <= other["densities"]["heads"] for other in others if other)
        recorded = store.read(mask.key)
        assert recorded is not None
        assert recorded["kept_parameters"] == results[experiment]["kept_parameters"]
    for way in ("pruned", "retrained"):
        arm = getattr(structured, way)("super")
        assert evidence.kept_parameters(arm) == evidence.kept_parameters(structured.retrained("super"))
    for seed, search in enumerate(structured.kept_parameters().experiments):
        assert evidence.sample(structured.kept("heads")).scores[seed] == pytest.approx(
            results[search]["densities"]["heads"]
        )
        by_mlps = [importance < 0.5 for importance in results[search]["importance"]["mlps"]]
        assert evidence.sample(structured.unimportant("mlps")).scores[seed] == pytest.approx(fmean(by_mlps))
    for seed, search in enumerate(arms.magnitude.kept_parameters().experiments):
        kept_weights = evidence.sample(arms.magnitude.kept("weights")).scores[seed]
        assert kept_weights == pytest.approx(1 - results[search]["sparsity"])
    survivors = fmean(evidence.sample(structured.kept_by_super()).scores)
    assert survivors <= fmean(evidence.sample(structured.kept("weights")).scores)
    assert evidence.sample(arms.magnitude.spread("weights")).mean == pytest.approx(
        stdev(evidence.sample(arms.magnitude.kept("weights")).scores)
    )
    alone = [store.read(search.key) for each in structured.kept_alone("heads").experiments for search in each.inputs]
    assert len(alone) == 3
    assert all(value and all(value["mlps"]) for value in alone)
