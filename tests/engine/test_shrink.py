import copy
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForSequenceClassification

from lth.engine import masks
from lth.engine.gates import GateMask, gated, open_gates
from lth.engine.shrink import export_onnx, load, save, shrink_
from lth.engine.sizes import macs
from lth.errors import DataError, EngineError, ModelError, UsageError
from tests.engine.encoders import (
    HEADS,
    INPUTS,
    KINDS,
    LAYERS,
    MAPS_OF_THE_MLP,
    PROJECTIONS,
    TINY,
    classifier,
    gate_masks,
    logits,
)

NETWORKS = {kind: classifier(kind) for kind in KINDS}
EMPTY_FIRST_HALF_SECOND = {
    "heads": torch.tensor([[False, False], [False, True], [True, True]]),
    "mlps": torch.tensor([False, True, True]),
}


def shrunk(kind: str, gates: GateMask) -> nn.Module:
    network = copy.deepcopy(NETWORKS[kind])
    shrink_(network, gates)
    return network


@pytest.mark.parametrize("kind", KINDS)
@given(gate_masks)
def test_a_shrunk_model_gives_the_logits_of_the_gated_one(kind: str, gates: GateMask) -> None:
    network = NETWORKS[kind]
    with gated(network, gates["heads"], gates["mlps"]):
        expected = logits(network)
    torch.testing.assert_close(logits(shrunk(kind, gates)), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("implementation", ["eager", "sdpa"])
def test_either_attention_implementation_can_be_shrunk(implementation: str) -> None:
    network = copy.deepcopy(NETWORKS["bert"])
    network.set_attn_implementation(implementation)  # type: ignore[operator]  # transformers' models have it
    gates = EMPTY_FIRST_HALF_SECOND
    with gated(network, gates["heads"], gates["mlps"]):
        expected = logits(network)
    shrink_(network, gates)
    torch.testing.assert_close(logits(network), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_closed_parts_take_no_parameters(kind: str) -> None:
    def count(model: nn.Module) -> int:
        return sum(parameter.numel() for parameter in model.parameters())

    # Width 16, heads of 8, MLP of 24. A head: 8 rows of each projection with biases, 8 columns of the output.
    one = 0 if kind == "modernbert" else 1  # ModernBERT has no biases
    head = PROJECTIONS[kind] * 8 * (16 + one) + 16 * 8
    mlp, bias = MAPS_OF_THE_MLP[kind] * 24 * 16 + one * (24 + 16), one * 16
    # Three heads and one MLP are closed. Two of the heads are all of their layer, so the output's bias goes too.
    assert count(NETWORKS[kind]) - count(shrunk(kind, EMPTY_FIRST_HALF_SECOND)) == 3 * head + bias + mlp


@pytest.mark.parametrize("kind", KINDS)
def test_a_shrunk_model_can_be_trained(kind: str) -> None:
    network = shrunk(kind, EMPTY_FIRST_HALF_SECOND).train()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    before = [parameter.clone() for parameter in network.parameters()]
    torch.nn.functional.cross_entropy(network(**INPUTS).logits, torch.tensor([0, 1, 2, 0])).backward()
    optimizer.step()
    unused = [
        name
        for (name, parameter), old in zip(network.named_parameters(), before, strict=True)
        if torch.equal(parameter, old) and "key" not in name and "k_lin" not in name
    ]
    # A key's bias does not count: softmax cancels it. A LayerNorm before a removed part has no effect.
    assert unused == (["model.layers.0.mlp_norm.weight"] if kind == "modernbert" else [])


def test_frozen_parameters_stay_frozen() -> None:
    network = copy.deepcopy(NETWORKS["bert"]).requires_grad_(False)
    shrink_(network, EMPTY_FIRST_HALF_SECOND)
    assert not any(parameter.requires_grad for parameter in network.parameters())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("outputs", [1, 3])
def test_a_saved_model_comes_back_with_its_logits(kind: str, outputs: int, tmp_path: Path) -> None:
    network = classifier(kind, outputs)
    shrink_(network, EMPTY_FIRST_HALF_SECOND)
    save(network, EMPTY_FIRST_HALF_SECOND, tmp_path / "model")
    state = torch.random.get_rng_state()
    back = load(tmp_path / "model")
    assert torch.equal(torch.random.get_rng_state(), state)
    assert not back.training
    torch.testing.assert_close(logits(back), logits(network), rtol=0, atol=1e-5)
    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == [
        "config.json",
        "gates.safetensors",
        "model.safetensors",
    ]


def test_a_tokenizer_is_saved_beside_the_model(tiny: Path, tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(tiny / "model"))
    save(NETWORKS["bert"], open_gates(NETWORKS["bert"]), tmp_path, tokenizer)
    assert AutoTokenizer.from_pretrained(str(tmp_path))("a good film") == tokenizer("a good film")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save(shrunk("bert", EMPTY_FIRST_HALF_SECOND), EMPTY_FIRST_HALF_SECOND, tmp_path)
    return tmp_path


def test_a_folder_without_gates_is_refused(folder: Path) -> None:
    (folder / "gates.safetensors").unlink()
    with pytest.raises(DataError) as caught:
        load(folder)
    assert str(caught.value) == (
        f"{folder} has no gates.safetensors; expected a folder with a shrunk model; make one with lth shrink"
    )


def test_gates_that_are_not_a_mask_are_refused(folder: Path) -> None:
    (folder / "gates.safetensors").write_bytes(b"no safetensors at all")
    with pytest.raises(DataError, match=r"gates\.safetensors holds no weight mask"):
        load(folder)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("config.json", b"{", "not a valid JSON"),
        ("config.json", None, "config.json"),
        ("config.json", b'{"model_type": "bert", "hidden_size": "x"}', "hidden_size"),
        ("config.json", b'{"model_type": "bert", "hidden_act": "nosuch"}', "KeyError: 'nosuch'"),
        ("model.safetensors", b"no safetensors at all", "header too large"),
        ("model.safetensors", None, "No such file or directory"),
        ("gates.safetensors", masks.to_bytes(open_gates(NETWORKS["bert"])), "size mismatch|Missing key"),
        (
            "gates.safetensors",
            masks.to_bytes({"heads": torch.ones(1, 1, dtype=torch.bool)}),
            r"gates are heads: bool \[1, 1\]; expected heads: bool \[3, 2\], mlps: bool \[3\]",
        ),
    ],
    ids=[
        "cut config",
        "no config",
        "config of words",
        "config with an unknown activation",
        "corrupt weights",
        "no weights",
        "gates of a larger model",
        "gates of another",
    ],
)
def test_a_folder_whose_files_do_not_make_a_model_is_refused_in_one_line(
    folder: Path, name: str, content: bytes | None, reason: str
) -> None:
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_bytes(content)
    with pytest.raises(ModelError, match=reason) as caught:
        load(folder)
    assert str(caught.value).startswith(f"cannot load a shrunk model from {folder} (")
    assert str(caught.value).endswith(
        "); expected config.json, gates.safetensors and model.safetensors written together; shrink the full model again"
    )
    assert "\n" not in str(caught.value)


def test_gates_that_do_not_fit_are_refused_and_nothing_is_changed() -> None:
    network = copy.deepcopy(NETWORKS["bert"])
    gates = {"heads": torch.zeros(LAYERS, HEADS), "mlps": torch.zeros(LAYERS, dtype=torch.bool)}
    with pytest.raises(EngineError) as caught:
        shrink_(network, gates)
    assert str(caught.value) == (
        "gates are heads: float32 [3, 2], mlps: bool [3]; expected heads: bool [3, 2], mlps: bool [3]; use gates "
        "made for this architecture"
    )
    assert torch.equal(logits(network), logits(NETWORKS["bert"]))


@pytest.mark.parametrize(
    ("kind", "name", "reason"),
    [
        ("mpnet", "MPNetModel", "output with shape"),  # a bias of positions for every head, from outside the layer
        ("deberta", "DebertaModel", "The size of tensor a"),  # one matrix whose rows go by head first, and biases apart
    ],
)
def test_a_model_that_does_not_compute_with_narrower_projections_is_refused_and_nothing_is_changed(
    kind: str, name: str, reason: str
) -> None:
    model = AutoModelForSequenceClassification.from_config(AutoConfig.for_model(kind, **TINY)).eval()
    before = logits(model)
    gates = open_gates(model)
    gates["heads"][1, 1] = False
    with gated(model, gates["heads"], gates["mlps"]):
        assert not torch.equal(logits(model), before)
    with pytest.raises(ModelError) as caught:
        shrink_(model, gates)
    assert str(caught.value).startswith(f"{name} cannot be made smaller ({reason}")
    assert str(caught.value).endswith(
        "); expected a class that computes with narrower attention projections; keep it whole and use its gates"
    )
    assert torch.equal(logits(model), before)


def test_a_model_that_computes_something_else_with_narrower_projections_is_refused() -> None:
    def divide_by_width(module: nn.Module, inputs: Any, outputs: tuple[Tensor, Any]) -> tuple[Tensor, Any]:
        context, weights = outputs
        return context / context.shape[-1], weights

    network = copy.deepcopy(NETWORKS["bert"])
    for at in range(LAYERS):
        network.get_submodule(f"bert.encoder.layer.{at}.attention.self").register_forward_hook(divide_by_width)
    with pytest.raises(ModelError, match=r"made smaller \(its smaller layers give other states than its gated ones\);"):
        shrink_(network, EMPTY_FIRST_HALF_SECOND)


def test_a_model_of_another_name_but_the_same_structure_can_be_shrunk() -> None:
    model = AutoModelForSequenceClassification.from_config(
        AutoConfig.for_model("camembert", **TINY | {"pad_token_id": 0})
    )
    shrink_(model.eval(), EMPTY_FIRST_HALF_SECOND)
    assert logits(model).isfinite().all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_without_any_head_or_mlp_can_be_shrunk(kind: str) -> None:
    gates = {name: torch.zeros_like(part) for name, part in open_gates(NETWORKS[kind]).items()}
    network = shrunk(kind, gates)
    assert macs(network) == 0
    assert logits(network).shape == (4, 3)


def test_shrinking_uses_no_randomness_and_keeps_the_mode() -> None:
    network = copy.deepcopy(NETWORKS["bert"]).train()
    state = torch.random.get_rng_state()
    shrink_(network, EMPTY_FIRST_HALF_SECOND)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert network.training


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_in_half_precision_can_be_shrunk(kind: str) -> None:
    network = copy.deepcopy(NETWORKS[kind]).to(torch.bfloat16)
    shrink_(network, EMPTY_FIRST_HALF_SECOND)
    assert {parameter.dtype for parameter in network.parameters()} == {torch.bfloat16}


@pytest.mark.parametrize("kind", KINDS)
def test_a_shrunk_model_is_not_shrunk_again(kind: str) -> None:
    with pytest.raises(ModelError, match="cannot put gates on"):
        shrink_(shrunk(kind, EMPTY_FIRST_HALF_SECOND), EMPTY_FIRST_HALF_SECOND)


@pytest.mark.parametrize("missing", ["onnx", "onnxscript"])
def test_without_the_extra_an_export_says_what_to_install(
    missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in ("onnx", "onnxscript"):
        stand_in = None if package == missing else sys  # None marks a module that cannot be imported
        monkeypatch.setitem(sys.modules, package, stand_in)  # type: ignore[arg-type]
    with pytest.raises(UsageError) as caught:
        export_onnx(NETWORKS["bert"], tmp_path / "model.onnx")
    assert str(caught.value) == (
        f"ONNX export needs the package {missing!r}; expected the extra lth[onnx]; run pip install 'lth[onnx]'"
    )


@pytest.mark.filterwarnings("default")  # the exporter warns about its own code
@pytest.mark.parametrize("kind", KINDS)
def test_an_exported_model_gives_the_same_logits_for_any_batch_and_length(kind: str, tmp_path: Path) -> None:
    pytest.importorskip("onnxscript")
    onnxruntime = pytest.importorskip("onnxruntime")
    network = shrunk(kind, EMPTY_FIRST_HALF_SECOND)
    export_onnx(network, tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    (found,) = session.run(["logits"], {name: tensor.numpy() for name, tensor in INPUTS.items()})
    torch.testing.assert_close(torch.from_numpy(found), logits(network), rtol=0, atol=1e-4)
