"""Folders that should hold a model, files that should hold its gates, and numbers for what is done with it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.faults.table import Bad, at, nowhere, typed, written
from tests.tiny import write_model

Change = Callable[[Path], object]
DEEP = "[" * 100_000 + "]" * 100_000


def changed(change: Change, says: str = "") -> Bad:
    """The tiny model's folder after the change."""

    def make(folder: Path) -> str:
        model = folder / "model"
        shutil.copytree(_tiny(folder), model)
        change(model)
        return str(model)

    return Bad(make, says)


def _tiny(folder: Path) -> Path:
    """The tiny model, written once a session: in the folder that holds the folders of all tests."""
    made = folder.parents[1] / "the tiny model"
    if not made.exists():
        write_model(made)
    return made


def config(says: str = "", **values: Any) -> Bad:
    """A model whose config.json has these values."""
    return changed(_edit("config.json", lambda content: content | values), says)


def file(name: str, content: str | bytes, says: str = "") -> Bad:
    """A model with a file of this content."""
    raw = content if isinstance(content, bytes) else content.encode()
    return changed(lambda model: (model / name).write_bytes(raw), says)


def without(name: str, says: str = "") -> Bad:
    """A model without a file."""
    return changed(lambda model: (model / name).unlink(), says)


def instead(name: str, make: Change, says: str = "") -> Bad:
    """A model with something else in the place of a file."""

    def change(model: Path) -> None:
        (model / name).unlink()
        make(model / name)

    return changed(change, says)


def _edit(name: str, edit: Callable[[dict[str, Any]], Any]) -> Change:
    return lambda model: (model / name).write_text(json.dumps(edit(json.loads((model / name).read_text()))))


def weights(edit: Callable[[dict[str, Any]], Mapping[str, Any]], says: str = "") -> Bad:
    """A model with other tensors."""

    def change(model: Path) -> None:
        from safetensors.torch import load_file, save_file

        held = {name: part.clone() for name, part in load_file(model / "model.safetensors").items()}
        save_file(dict(edit(held)), model / "model.safetensors")

    return changed(change, says)


def _cut(model: Path) -> None:
    weights = model / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])


def _pickled(model: Path) -> None:
    import torch
    from safetensors.torch import load_file

    torch.save(load_file(model / "model.safetensors"), model / "pytorch_model.bin")
    (model / "model.safetensors").unlink()


def _sharded(weight_map: Any) -> Change:
    def change(model: Path) -> None:
        shutil.move(model / "model.safetensors", model.parent / "model-1.safetensors")
        shutil.copyfile(model.parent / "model-1.safetensors", model / "model-1.safetensors")
        index = {"metadata": {}, "weight_map": weight_map}
        (model / "model.safetensors.index.json").write_text(json.dumps(index))

    return change


def _nan(held: dict[str, Any]) -> dict[str, Any]:
    held["encoder.layer.1.output.dense.weight"][0, 0] = float("nan")
    return held


def _gates(heads: Any, mlps: Any, **others: Any) -> Bad:
    """A file of gates of these shapes, all closed but the first."""

    def make(folder: Path) -> str:
        import torch

        from lth.engine import masks

        masks.save(
            {"heads": torch.eye(*heads).bool(), "mlps": torch.ones(mlps, dtype=torch.bool)}, folder / "g.safetensors"
        )
        return str(folder / "g.safetensors")

    return Bad(make, "expected heads: bool [2, 2], mlps: bool [2]")


def _weight_mask(folder: Path) -> str:
    import torch

    from lth.engine import masks

    masks.save({"a.weight": torch.ones(2, 2, dtype=torch.bool)}, folder / "mask.safetensors")
    return str(folder / "mask.safetensors")


def header(**entries: Any) -> bytes:
    """A safetensors file with this header and 8 bytes of data."""
    text = json.dumps(entries).encode()
    return len(text).to_bytes(8, "little") + text + bytes(8)


_U8 = {"dtype": "U8", "shape": [8], "data_offsets": [0, 8]}
GATES = {
    "no file": Bad(lambda folder: str(folder / "none.safetensors"), "No such file"),
    "a folder": Bad(at("gates.safetensors", Path.mkdir), "not a regular file"),
    "a fifo": Bad(at("gates.safetensors", os.mkfifo), "not a regular file"),
    "an empty file": written("gates.safetensors", "", "holds no weight mask"),
    "text": written("gates.safetensors", "no gates", "holds no weight mask"),
    "JSON in place of tensors": written("gates.safetensors", "{}", "holds no weight mask"),
    "a header without shapes": written("gates.safetensors", header(heads=_U8), "holds no weight mask"),
    "shapes that are not JSON": written(
        "gates.safetensors", header(__metadata__={"shapes": "{"}, heads=_U8), "holds no weight mask"
    ),
    "shapes that are text": written(
        "gates.safetensors", header(__metadata__={"shapes": '{"heads": ["a"]}'}, heads=_U8), "holds no weight mask"
    ),
    "a shape too large": written(
        "gates.safetensors", header(__metadata__={"shapes": '{"heads": [9e999]}'}, heads=_U8), "holds no weight mask"
    ),
    "a shape nested too deeply": written(
        "gates.safetensors", header(__metadata__={"shapes": DEEP}, heads=_U8), "holds no weight mask"
    ),
    "a negative shape": written(
        "gates.safetensors", header(__metadata__={"shapes": '{"heads": [-8, -8]}'}, heads=_U8), "holds no weight mask"
    ),
    "a mask of weights": Bad(_weight_mask, "is a mask of weights"),
    "gates for fewer layers": _gates((1, 2), 1),
    "gates for more heads": _gates((2, 3), 2),
    "gates of another dimension": _gates((2, 2), (2, 1)),
}
"""Files that should hold gates; see `lth.engine.masks`."""

SEEN = {
    "no folder": Bad(lambda folder: str(folder / "none"), "no model folder"),
    "a file in place of the folder": written("model", "weights", "no model folder"),
    **nowhere("model"),
    "an empty folder": Bad(at("model", Path.mkdir), "it has no config.json"),
    "no config": without("config.json", "it has no config.json"),
    "a folder in place of the config": instead("config.json", Path.mkdir, "it has no config.json"),
    "a fifo in place of the config": instead("config.json", os.mkfifo, "it has no config.json"),
    "an empty config": file("config.json", "", "config.json is not JSON"),
    "a config that is not JSON": file("config.json", "{", "config.json is not JSON"),
    "a config that is a list": file("config.json", "[1]", "config.json is [1]"),
    "a config that is null": file("config.json", "null", "config.json is None"),
    "a config nested too deeply": file("config.json", DEEP, "config.json is not JSON"),
    "a config with 5,000 digits": file("config.json", f'{{"hidden_size": {"9" * 5000}}}', "config.json is not JSON"),
    "a config that is not UTF-8": file("config.json", b"\xff\xfe\x00", "config.json is not JSON"),
    "no model_type": config("model_type None", model_type=None),
    "a model_type that is a number": config("model_type 7", model_type=7),
    "hidden_size that is text": config("hidden_size 'big'", hidden_size="big"),
    "hidden_size that is negative": config("hidden_size -16", hidden_size=-16),
    "hidden_size that is true": config("hidden_size True", hidden_size=True),
    "no heads": config("num_attention_heads 0", num_attention_heads=0),
    "half a layer": config("num_hidden_layers 1.5", num_hidden_layers=1.5),
    "vocab_size that is null": config("vocab_size None", vocab_size=None),
    "a config that names other weights": config("transformers_weights", transformers_weights="other.safetensors"),
    "no tokenizer": without("tokenizer.json", "it has no tokenizer"),
    "an empty tokenizer": file("tokenizer.json", "", "tokenizer.json is empty"),
    "a tokenizer {}": file("tokenizer.json", "{}", "tokenizer.json has no vocabulary"),
    "a tokenizer that is not JSON": file("tokenizer.json", "words", "tokenizer.json is not JSON"),
    "a tokenizer that is a list": file("tokenizer.json", "[]", "tokenizer.json is []"),
    "a tokenizer nested too deeply": file("tokenizer.json", DEEP, "tokenizer.json is not JSON"),
    "a token with a text as its id": changed(
        _edit("tokenizer.json", lambda content: content | {"model": {"vocab": {"a": "b"}}}), "the id 'b'"
    ),
    "a vocabulary larger than the embeddings": config("but the model has 20 embeddings", vocab_size=20),
    "a config of the tokenizer that is a list": file("tokenizer_config.json", "[]", "tokenizer_config.json is []"),
    "no weights": without("model.safetensors", "it has no model.safetensors"),
    "a folder in place of the weights": instead("model.safetensors", Path.mkdir, "it has no model.safetensors"),
    "a fifo in place of the weights": instead("model.safetensors", os.mkfifo, "it has no model.safetensors"),
    "pickled weights": changed(_pickled, "*.bin is not read"),
    "empty weights": file("model.safetensors", "", "not a whole safetensors file"),
    "weights that are text": file("model.safetensors", "no weights", "not a whole safetensors file"),
    "weights without tensors": file("model.safetensors", header(), "which is not what its header says"),
    "weights with a header that is not JSON": file(
        "model.safetensors", (4).to_bytes(8, "little") + b"{{{{", "the header of model.safetensors is not JSON"
    ),
    "weights with a header of text": file(
        "model.safetensors", header(a="b"), "the header of model.safetensors is not that of"
    ),
    "weights that are cut off": changed(_cut, "it may be cut off"),
    "an adapter": file("adapter_config.json", "{}", "adapter_config.json"),
    "shards without a map": changed(_sharded({}), "has no weight_map"),
    "a shard that is missing": changed(_sharded({"a": "model-2.safetensors"}), "'model-2.safetensors', which is not"),
    "a shard outside the folder": changed(_sharded({"a": "../model-1.safetensors"}), "which is not a *.safetensors"),
    "shards with other weights": changed(_sharded({"a": "model-1.safetensors"}), "differ in"),
}
"""Faults of a model folder that are seen without loading it."""

LOADED = {
    "heads that do not divide": config("not a multiple", num_attention_heads=3),
    "an unknown activation": config("KeyError: 'nosuch'", hidden_act="nosuch"),
    "an unknown model_type": config("nosuch", model_type="nosuch"),
    "dropout above 1": config("dropout", hidden_dropout_prob=5.0),
    "an epsilon that is text": config("layer_norm_eps", layer_norm_eps="small"),
    "a quantisation": config(
        "bitsandbytes", quantization_config={"quant_method": "bitsandbytes", "load_in_8bit": True}
    ),
    "more layers than weights": config("lack 16 weights of the encoder", num_hidden_layers=3),
    "fewer layers than weights": config("16 weights that the encoder has not", num_hidden_layers=1),
    "another width": config("have another shape", hidden_size=32),
    "more embeddings than weights": config("have another shape", vocab_size=10**5),
    "weights of another network": config("weights of the encoder", model_type="distilbert"),
    "weights under other names": weights(
        lambda held: {f"other.{name}": part for name, part in held.items()}, "weights of the encoder"
    ),
    "no embeddings": weights(
        lambda held: {name: part for name, part in held.items() if "embeddings" not in name},
        "embeddings.LayerNorm.bias",
    ),
    "a layer less": weights(
        lambda held: {name: part for name, part in held.items() if "layer.1" not in name}, "encoder.layer.1"
    ),
    "a weight of another shape": weights(
        lambda held: (
            held | {"encoder.layer.0.output.dense.weight": held["encoder.layer.0.output.dense.weight"].T.contiguous()}
        ),
        "[32, 16] instead of [16, 32]",
    ),
    "a weight that is not a number": weights(_nan, "encoder.layer.1.output.dense.weight"),
    "infinite weights": weights(lambda held: {name: part / 0 for name, part in held.items()}, "infinite"),
    "a tokenizer of an unknown kind": changed(
        _edit("tokenizer.json", lambda content: content | {"model": {"type": "Nosuch", "vocab": {"a": 1}}}), "tokenizer"
    ),
    "a tokenizer without padding": changed(
        _edit("tokenizer_config.json", lambda content: content | {"pad_token": None}), "no padding token"
    ),
}
"""Faults that are seen when the model is loaded."""

NOT_COUNTS = {
    "0": typed("0"),
    "-1": typed("-1"),
    "text": typed("many"),
    "half": typed("1.5"),
    "a power of ten": typed("1e3"),
    "a superscript": typed("²"),
    "a number of 400 digits": typed("9" * 400),
    "a number of 5,000 digits": typed("9" * 5000),
    "nothing": typed(""),
}
TOO_MANY = {"10**9": typed("1000000000"), "a million": typed("1000000")}

OUTS = {
    "a file": Bad(at("out", Path.touch), "is not a folder"),
    "a folder below a file": Bad(lambda folder: f"{at('out', Path.touch)(folder)}/below", ""),
    "a folder with files": Bad(lambda folder: str(Path(at("files/out", _in_folder)(folder)).parent), "is not empty"),
    "a fifo": Bad(at("out", os.mkfifo), "is not a folder"),
    "a name of 300 characters": Bad(lambda folder: str(folder / ("o" * 300)), "File name too long"),
    "an unknown home": typed("~nosuchuser/out", "cannot be written"),
    "a loop of links": Bad(at("out", lambda path: path.symlink_to(path)), ""),
    "a system's folder": typed("/proc/out", "cannot be written"),
    "nothing": typed("", "is not a folder"),
}


def _in_folder(path: Path) -> None:
    path.parent.mkdir()
    path.touch()


KINDS: dict[str, dict[str, Bad]] = {
    "model folder": SEEN,
    "model to load": SEEN | LOADED,
    "gates": GATES,
    "small number": NOT_COUNTS | {"10**9": TOO_MANY["10**9"]},
    "number of examples": NOT_COUNTS | TOO_MANY,
    "number of steps": NOT_COUNTS | {"10**9": TOO_MANY["10**9"]},
    "seed": {name: bad for name, bad in NOT_COUNTS.items() if name != "0"},
    "new folder": OUTS,
    "task of the lab": {
        "an unknown name": typed("nosuch", "no task 'nosuch'"),
        "nothing": typed("", "no task ''"),
        "an unknown module": typed("nosuch:TASK", "no module nosuch"),
    },
}
