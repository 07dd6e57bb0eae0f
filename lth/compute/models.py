"""Reads `--model` as starts: the lab's models, folders or hub ids, each with a fingerprint of its content. No torch."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from lth import lab
from lth.engine import model_folder
from lth.errors import ModelError, UsageError, as_typed, reason
from lth.spec.expressions import Pretrained

LAB, FEWEST = "lab:", 3
"""The prefix of a number of the lab's models, and the fewest models that are a sample."""


def read_models(names: Iterable[str]) -> tuple[Pretrained, ...]:
    """The pre-trained models that the names stand for: one, or a sample of at least three.

    `lab:5` stands for the lab's first five models; for other names see `read_model`. Raises UsageError for two models,
    for a model that is given twice and for a number of the lab's models that it has not; ModelError as `read_model`.
    """
    given = tuple(names)
    models = tuple(model for name in given for model in _of_lab(name) or (read_model(name),))
    first: dict[Pretrained, str] = {}
    for model in models:
        if model in first:
            raise UsageError(
                f"the models {as_typed(first[model])} and {as_typed(model.model)} are the same; expected each model "
                f"once, because a copy adds nothing to a sample; leave one out"
            )
        first[model] = model.model
    if 1 < len(models) < FEWEST:
        raise UsageError(
            f"2 models; expected one or at least {FEWEST}, because a sample of two models says nothing about how much "
            f"models differ; give another model, or one of them alone"
        )
    return models


def _of_lab(name: str) -> tuple[Pretrained, ...]:
    """The models that `lab:N` stands for; none for any other name."""
    if not name.startswith(LAB):
        return ()
    number, known = name.removeprefix(LAB), lab.checkpoints()
    if number not in map(str, range(FEWEST, len(known) + 1)):
        raise UsageError(
            f"no models {as_typed(name)}; expected lab, or {LAB}N with N from {FEWEST} to {len(known)}, because the "
            f"lab has {len(known)} pre-trained models; give {LAB}{len(known)}"
        )
    chosen = list(known.items())[: int(number)]
    return tuple(Pretrained(model_folder.fingerprint(folder), each) for each, folder in chosen)


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
