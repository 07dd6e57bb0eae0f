"""The files of a pre-trained model: their fingerprint, and whether they are whole. Does not import torch.

What a config means, and whether weights and tokenizer fit it in every part, is known when the model is loaded.
"""

from __future__ import annotations

import hashlib
import json
import reprlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lth import lab
from lth.errors import ModelError, reason
from lth.spec.expressions import Pretrained
from lth.tasks.digests import digest

CONFIG, WEIGHTS, INDEX = "config.json", "model.safetensors", "model.safetensors.index.json"
TOKENIZER, TOKENIZER_CONFIG = "tokenizer.json", "tokenizer_config.json"
_CONTENT = (CONFIG, "*.safetensors", "*.bin", "tokenizer*", "vocab*", "merges.txt", "*.model")
_VOCABULARIES = (TOKENIZER, "vocab.txt", "vocab.json", "*.model")
_SIZES = ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")
"""Values of a config that must be whole numbers of at least 1 where they are given."""
_HEADER = 8
"""A safetensors file begins with the length of its header in this many bytes, little-endian; the header is JSON."""


def place(start: Pretrained) -> Path | None:
    """The folder with the model's files; None for a model of the hub, whose fingerprint is its commit."""
    if start.model in lab.checkpoints():
        return lab.checkpoints()[start.model]
    return Path(start.model) if Path(start.model).is_absolute() else None


def fingerprint(folder: Path) -> str:
    """The SHA-256 (hex) of a model's configuration, weights and tokenizer. Raises ModelError if they cannot be read."""
    with _readable(folder):
        files = sorted({path for pattern in _CONTENT for path in folder.glob(pattern) if path.is_file()})
        lines = (f"{path.name}\0{digest(path)}\n" for path in files)
        return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


@contextmanager
def unchanged(start: Pretrained) -> Iterator[None]:
    """The block may read the model's files, which must be those of the fingerprint, before it and after it.

    Raises ModelError if they are not.
    """
    _compare(start)
    try:
        yield
    finally:
        _compare(start)


def check(folder: Path) -> None:
    """Raise ModelError for a model whose config, tokenizer or weights are missing or damaged, or are pickled."""
    with _readable(folder):
        wrong = _flaw(folder)
    if wrong:
        raise ModelError(
            f"model folder {folder}: {wrong}; expected a folder that save_pretrained wrote, with {CONFIG}, tokenizer "
            f"and {WEIGHTS}; give such a folder, a hub id or lab"
        )


def _compare(start: Pretrained) -> None:
    folder = place(start)
    if folder is None and Path(start.model).is_dir():
        raise ModelError(
            f"there is a folder {start.model} now, but the run began with the model of that name on the hub; expected "
            f"the same model throughout; rename the folder"
        )
    if folder and fingerprint(folder) != start.fingerprint:
        raise ModelError(
            f"the files of the model in {folder} have changed since the run was planned; expected the same until its "
            f"end; run it again, and nothing is taken from the other files"
        )


@contextmanager
def _readable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as cause:
        raise ModelError(
            f"model folder {folder} cannot be read ({cause.strerror or cause}); expected files that you may read; "
            f"check their permissions"
        ) from cause


def _flaw(folder: Path) -> str | None:
    config = folder / CONFIG
    if not config.is_file():
        return f"it has no {CONFIG}"
    try:
        about = _object(config)
        return _config_flaw(about) or _tokenizer_flaw(folder, about) or _weights_flaw(folder)
    except _Flaw as found:
        return str(found)


class _Flaw(Exception):
    """What is wrong with a file, in a few words."""


def _object(path: Path) -> dict[str, Any]:
    return _decoded(path.read_bytes(), path.name)


def _decoded(raw: bytes, name: str) -> dict[str, Any]:
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError) as cause:
        raise _Flaw(f"{name} is not JSON ({reason(cause)})") from None
    if not isinstance(content, dict):
        raise _Flaw(f"{name} is {reprlib.repr(content)}, which is not a JSON object")
    return content


def _config_flaw(config: Mapping[str, Any]) -> str | None:
    kind = config.get("model_type")
    if not isinstance(kind, str) or not kind:
        return f"{CONFIG} has the model_type {reprlib.repr(kind)}, which is not a name"
    if "transformers_weights" in config:
        return f"{CONFIG} has transformers_weights, which names other weights"
    for name in _SIZES:
        size = config.get(name, 1)
        if not isinstance(size, int) or isinstance(size, bool) or size < 1:
            return f"{CONFIG} has the {name} {reprlib.repr(size)}, which is not a whole number of at least 1"
    return None


def _tokenizer_flaw(folder: Path, config: Mapping[str, Any]) -> str | None:
    files = [path for pattern in _VOCABULARIES for path in folder.glob(pattern) if path.is_file()]
    if not files:
        return "it has no tokenizer"
    if empty := next((path.name for path in files if not path.stat().st_size), None):
        return f"{empty} is empty"
    if (folder / TOKENIZER_CONFIG).is_file():
        _object(folder / TOKENIZER_CONFIG)
    if not (folder / TOKENIZER).is_file():
        return None
    tokenizer = _object(folder / TOKENIZER)
    model = tokenizer.get("model")
    words = model.get("vocab") if isinstance(model, dict) else None
    if not isinstance(words, dict | list) or not words:
        return f"{TOKENIZER} has no vocabulary"
    ids = list(words.values()) if isinstance(words, dict) else [len(words) - 1]
    added = tokenizer.get("added_tokens") or []
    ids += [token.get("id") for token in added if isinstance(token, dict)] if isinstance(added, list) else [None]
    if strange := [each for each in ids if not isinstance(each, int) or each < 0]:
        return f"{TOKENIZER} has a token with the id {reprlib.repr(strange[0])}, which is not a whole number"
    rows = config.get("vocab_size")
    if rows and max(ids) >= rows:
        return f"{TOKENIZER} has a token with the id {reprlib.repr(max(ids))}, but the model has {rows} embeddings"
    return None


def _weights_flaw(folder: Path) -> str | None:
    if (folder / "adapter_config.json").exists():
        return "it has adapter_config.json, an adapter to another model"
    if (folder / WEIGHTS).is_file():
        _tensors(folder / WEIGHTS)
        return None
    if not (folder / INDEX).is_file():
        pickled = "; *.bin is not read, because reading it can run code" if any(folder.glob("*.bin")) else ""
        return f"it has no {WEIGHTS}{pickled}"
    shards = _object(folder / INDEX).get("weight_map")
    if not isinstance(shards, dict) or not shards:
        return f"{INDEX} has no weight_map"
    for name in dict.fromkeys(map(str, shards.values())):
        if Path(name).name != name or not name.endswith(".safetensors") or not (folder / name).is_file():
            return f"{INDEX} names {reprlib.repr(name)}, which is not a *.safetensors file in the folder"
        held, listed = _tensors(folder / name), {weight for weight, shard in shards.items() if shard == name}
        if strange := sorted(held ^ listed):
            return f"{INDEX} and {name} differ in {len(strange)} weights, such as {reprlib.repr(strange[0])}"
    return None


def _tensors(path: Path) -> set[str]:
    """The names of the tensors in a safetensors file, whose size must be that which its header says."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(_HEADER), "little")
        if not 0 < length <= size - _HEADER:
            raise _Flaw(f"{path.name} is not a whole safetensors file")
        header = _decoded(file.read(length), f"the header of {path.name}")
    header.pop("__metadata__", None)
    try:
        ends = [int(about["data_offsets"][1]) for about in header.values()]
    except (TypeError, LookupError, ValueError):
        raise _Flaw(f"the header of {path.name} is not that of a safetensors file") from None
    if not ends or max(ends) != size - _HEADER - length:
        raise _Flaw(f"{path.name} has {size} bytes, which is not what its header says; it may be cut off")
    return set(header)
