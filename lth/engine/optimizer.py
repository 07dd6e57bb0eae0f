"""Keeps a mask while an optimizer steps.

Works on parameters and a mask; the optimizer is torch's own and never sees the mask.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from lth.engine.masks import apply_


class Projection:
    """Keeps removed weights exactly zero: masks the weights once and the gradients before every step.

    A weight of zero whose gradients have all been zero has zero first and second moments, so AdamW moves it by
    lr * 0 / (sqrt(0) + eps) = 0, and weight decay multiplies zero. One pass over the gradients is therefore enough:
    weights and optimizer state need none. This holds for AdamW, Adam and SGD, eps > 0, from a fresh optimizer.
    Call `project_gradients_` after backward and *before* clipping: the norm that is clipped is then the ticket's.
    """

    def __init__(self, parameters: Mapping[str, nn.Parameter], mask: Mapping[str, Tensor]) -> None:
        """Set removed weights to zero. `parameters` may have names that the mask does not have.

        Raises EngineError if a name of the mask is missing in `parameters` or has another shape.
        """
        apply_(parameters, mask)
        self._kept = [(parameters[name], part.to(parameters[name].device)) for name, part in mask.items()]

    def project_gradients_(self) -> None:
        """Set the gradients of removed weights to zero in place.

        Multiplication is the cheapest way, but a gradient that is not finite then gives NaN. Clipping by a NaN norm
        would do the same, so a run must stop at a loss that is not finite in any case.
        """
        for parameter, kept in self._kept:
            if parameter.grad is not None:
                parameter.grad.mul_(kept)
