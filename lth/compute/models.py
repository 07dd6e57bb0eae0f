"""Reads `--model` as a start: the lab's model, a folder or a hub id, with a fingerprint of its content. No torch."""

from __future__ import annotations

import hashlib
from pathlib import Path

from lth import lab
from lth.errors import ModelError
from lth.spec.expressions import Pretrained

_CONTENT = ("config.json", "*.safetensors", "*.bin", "tokenizer*", "vocab*", "merges.txt", "*.model")


def read_model(model: str) -> Pretrained:
    """The pre-trained weights that `model` names: lab, a folder with config.json and weights, or a hub id.

    The fingerprint of the lab's model or of a folder is the SHA-256 of its configuration, weights and tokenizer; that
    of a hub model is its commit. Raises ModelError if there is no such model.
    """
    if model == "lab":
        return Pretrained(_hash(lab.CHECKPOINT), "lab")
    folder = Path(model).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise ModelError(
                f"model folder {model} has no config.json; expected a folder that save_pretrained wrote, with "
                f"config.json, tokenizer and weights; give such a folder, a hub id or lab"
            )
        return Pretrained(_hash(folder), str(folder.resolve()))
    if model.startswith((".", "/", "~")) or model.count("/") > 1:
        raise ModelError(f"no model folder {model}; expected an existing folder, a hub id or lab; check the path")
    return Pretrained(_hub_commit(model), model)


def _hash(folder: Path) -> str:
    files = sorted({path for pattern in _CONTENT for path in folder.glob(pattern) if path.is_file()})
    if not any(path.suffix in (".safetensors", ".bin") for path in files):
        raise ModelError(
            f"model folder {folder} has no weights; expected *.safetensors beside config.json; "
            f"give a folder that save_pretrained wrote"
        )
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            digest.update(f"{path.name}\0{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return digest.hexdigest()


def _hub_commit(model: str) -> str:
    """The commit of a hub model in the local cache; if it is not there, the hub's newest."""
    from huggingface_hub import HfApi, constants, try_to_load_from_cache  # takes 0.1 s, and only a hub id needs it

    try:
        cached = try_to_load_from_cache(model, "config.json")
        if isinstance(cached, str):
            return Path(cached).parent.name
        if constants.HF_HUB_OFFLINE:
            raise OSError("offline mode is on")
        return str(HfApi().model_info(model, timeout=10).sha)
    except Exception as cause:  # which errors the hub's client raises depends on its release
        reason = str(cause).strip().splitlines()[0]
        raise ModelError(
            f"model {model!r} is not in the local cache, and the hub did not answer ({reason}); expected lab, a folder "
            f"or a hub id; without a network give --model=FOLDER"
        ) from cause
