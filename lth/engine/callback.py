"""Keeps a weight mask during any run of the Hugging Face Trainer, for researchers with their own training code.

It uses a mask and the Trainer's events only; data, recipe and scores are the user's.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from lth.engine.masks import apply_, load
from lth.engine.models import mask_for
from lth.engine.prunable import prunable


class TicketCallback(TrainerCallback):
    """Keeps removed weights exactly zero: when training begins, after every step, and when training has ended.

    `mask` maps names of `prunable(model, "paper")` to bool tensors of the weights' shapes, True = kept, or is a file
    that `lth.engine.masks.save` wrote. The pooler's part is ignored if the model has no pooler.

    A hook on each masked weight zeroes the gradients of removed weights during backward. It runs before clipping, as
    in `lth.engine.train.fine_tune`: the norm that is clipped and logged is the ticket's. (The Trainer's first event
    after backward, `on_pre_optimizer_step`, comes after clipping.) The weights are masked again after every optimizer
    step, because a resumed checkpoint or momentum may move a weight whose gradient is zero, and at the end, because
    `load_best_model_at_end` may load the weights of a dense run.
    Every process must hold whole weights: use one device or DDP, not FSDP or DeepSpeed.

    Raises DataError at once if the file holds no mask. `Trainer.train` raises EngineError before its first step if the
    mask does not fit the model, and ModelError if nothing in the model is prunable.
    """

    def __init__(self, mask: Mapping[str, Tensor] | str | Path) -> None:
        self._given = mask if isinstance(mask, Mapping) else load(Path(mask))
        self._matrices: dict[str, nn.Parameter] = {}
        self._mask: dict[str, Tensor] = {}
        self._hooks: list[RemovableHandle] = []

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **event: object
    ) -> None:
        """Mask the weights, and hook the gradients of the trained ones."""
        model = event["model"]
        assert isinstance(model, nn.Module)
        self._matrices = prunable(model, "paper")
        mask = mask_for(self._matrices, self._given)
        apply_(self._matrices, mask)
        self._mask = {name: part.to(self._matrices[name].device) for name, part in mask.items()}
        trained = [(self._matrices[name], part) for name, part in self._mask.items()]
        self._hooks += [weight.register_hook(part.mul) for weight, part in trained if weight.requires_grad]

    def on_optimizer_step(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **event: object
    ) -> None:
        """Mask the weights before anything is evaluated or saved."""
        apply_(self._matrices, self._mask)

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **event: object
    ) -> None:
        """Mask the weights, which may come from the best checkpoint, and remove the hooks."""
        apply_(self._matrices, self._mask)
        while self._hooks:
            self._hooks.pop().remove()
