"""Keeping a mask while an optimizer steps.

Knows parameters and a mask; the optimizer itself is torch's own and never sees the mask.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from lth.engine.masks import apply_


class Projection:
    """Projects weights once and gradients before every step, which keeps removed weights at exactly zero.

    A weight of zero whose gradients have all been zero has zero first and second moments, so AdamW moves it by
    lr * 0 / (sqrt(0) + eps) = 0, and weight decay multiplies zero. One pass over the gradients is thus enough: no
    pass over weights or state is needed. It holds for AdamW, Adam and SGD, eps > 0, from a fresh optimizer.
    Call `project_gradients_` after backward and *before* clipping, so that the norm that clips is the ticket's own.
    """

    def __init__(self, parameters: Mapping[str, nn.Parameter], mask: Mapping[str, Tensor]) -> None:
        """Set removed weights to zero. `parameters` may hold more than the mask's names.

        Raises EngineError if a name of the mask is missing in `parameters` or has another shape.
        """
        apply_(parameters, mask)
        self._kept = [(parameters[name], part.to(parameters[name].device)) for name, part in mask.items()]

    def project_gradients_(self) -> None:
        """Set the gradients of removed weights to zero in place.

        By multiplication, the cheapest way: a gradient that is not finite gives NaN, as clipping by a norm of NaN
        would a moment later, so a run must be stopped at a loss that is not finite, masked or not.
        """
        for parameter, kept in self._kept:
            if parameter.grad is not None:
                parameter.grad.mul_(kept)
