import copy

import pytest
import torch
from torch import nn

from lth.engine.gates import open_gates
from lth.engine.shrink import shrink_
from lth.engine.sizes import macs, parameters, report
from lth.errors import ModelError
from tests.engine.encoders import KINDS, MAPS_OF_THE_MLP, PROJECTIONS, classifier


@pytest.mark.parametrize("kind", KINDS)
def test_a_report_counts_what_shrinking_removed(kind: str) -> None:
    full = classifier(kind)
    gates = open_gates(full)
    gates["heads"][0, 0] = False
    gates["mlps"][1] = False
    shrunk = copy.deepcopy(full).train()
    shrink_(shrunk, gates)
    found = report(full, shrunk, batch=2, length=8, repeats=1)
    # Width 16, heads of 8, MLP of 24, three layers. A head: 8 rows of each projection and 8 columns of the output.
    assert found.full.macs == macs(full) == 3 * ((PROJECTIONS[kind] + 1) * 16 * 16 + MAPS_OF_THE_MLP[kind] * 16 * 24)
    assert found.full.macs - found.shrunk.macs == (PROJECTIONS[kind] + 1) * 8 * 16 + MAPS_OF_THE_MLP[kind] * 16 * 24
    # Biases: 8 each of the projections; 24 and 16 of the MLP.
    biases = 0 if kind == "modernbert" else PROJECTIONS[kind] * 8 + 24 + 16
    assert found.full.parameters - found.shrunk.parameters == found.full.macs - found.shrunk.macs + biases
    assert found.full.parameters == parameters(full)
    assert found.full.seconds > 0 < found.shrunk.seconds
    assert found.speedup == found.full.seconds / found.shrunk.seconds
    assert (found.batch, found.length, found.repeats) == (2, 8, 1)
    assert (full.training, shrunk.training) == (False, True)


def test_the_length_is_cut_to_the_positions_a_model_has() -> None:
    model = classifier()
    assert report(model, model, batch=1, length=10_000, repeats=1).length == 510


def test_bert_base_has_85_million_multiply_accumulates_a_token() -> None:
    from transformers import BertConfig, BertForSequenceClassification

    with torch.device("meta"):
        assert macs(BertForSequenceClassification(BertConfig())) == 84_934_656  # its prunable weights, one each


def test_a_model_that_is_not_an_encoder_is_refused() -> None:
    with pytest.raises(ModelError, match="it is not a transformers model"):
        macs(nn.Linear(2, 2))
