"""One declaration over several pre-trained models, from the declarations of one claim for each model.

Knows no model: the declarations differ in the experiments of their arms, and in nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lth.claims.arm import Arm
from lth.claims.claim import Declaration
from lth.errors import UsageError


def over_models(declarations: Sequence[Declaration]) -> Declaration:
    """The first declaration, with arms that have the experiments of all of them; itself if it is alone.

    Raises UsageError if the claim declares other arms or another region for one model than for another.
    """
    first, *others = declarations
    if not others:
        return first
    arms = [{arm.id: arm for arm in each.arms} for each in declarations]
    if any(each.keys() != arms[0].keys() for each in arms) or any(_says(each) != _says(first) for each in others):
        raise UsageError(
            f"the claim {first.claim.id} on {first.task} declares other arms, another effect or another region for one "
            f"pre-trained model than for another; expected the same for all; let its test not depend on arms.model"
        )

    def merged(arm: Arm) -> Arm:
        each = [of_model[arm.id] for of_model in arms]
        experiments = tuple(experiment for part in each for experiment in part.experiments)
        missing = next((part.missing for part in each if part.missing), "")
        return replace(arm, experiments=experiments, missing=missing, models=len(each))

    assertion = first.assertion
    effect, shown = assertion.effect.with_arms(merged), tuple(map(merged, assertion.shown))
    return replace(
        first, full=first.full and merged(first.full), assertion=replace(assertion, effect=effect, shown=shown)
    )


def _says(declaration: Declaration) -> tuple[object, ...]:
    return declaration.assertion.effect.label, declaration.assertion.region
