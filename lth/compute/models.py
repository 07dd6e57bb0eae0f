"""Reads `--model` as a start: the lab's model, a folder or a hub id, with a fingerprint of its content. No torch."""

from __future__ import annotations

from pathlib import Path

from lth import lab
from lth.engine import model_folder
from lth.errors import ModelError, as_typed, reason
from lth.spec.expressions import Pretrained


def read_model(model: str) -> Pretrained:
    """The pre-trained weights that `model` names: lab, a folder with config.json and weights, or a hub id.

    The fingerprint of the lab's model or of a folder is the SHA-256 of its configuration, weights and tokenizer; that
    of a hub model is its commit. Raises ModelError if there is no such model, and for a folder whose files are missing,
    damaged or pickled.
    """
    if model == "lab":
        return Pretrained(model_folder.fingerprint(lab.CHECKPOINT), "lab")
    try:
        folder = Path(model).expanduser()
        found = folder.is_dir()
    except (OSError, RuntimeError) as cause:  # RuntimeError: ~nosuch
        raise _nothing(model, f" ({reason(cause)})") from cause
    if found:
        model_folder.check(folder)
        return Pretrained(model_folder.fingerprint(folder), str(folder.resolve()))
    if folder.exists() or model.startswith((".", "/", "~")) or model.count("/") > 1:
        raise _nothing(model)
    return Pretrained(_hub_commit(model), model)


def _nothing(model: str, why: str = "") -> ModelError:
    return ModelError(
        f"no model folder {as_typed(model)}{why}; expected an existing folder, a hub id or lab; check the path"
    )


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
        raise ModelError(
            f"model '{as_typed(model)}' is not in the local cache, and the hub "
            f"did not answer ({reason(cause)}); expected lab, a folder or a hub id; without a network give "
            f"--model=FOLDER"
        ) from cause
