"""One expression of each kind that is computed; the model and the data exist in name only."""

from lth.spec.expressions import Expression, FineTune, Magnitude, Pretrained, Recipe, Rewound, TaskData, Uniform
from lth.spec.matching import HighestMatch
from lth.spec.overlap import Overlap
from lth.spec.subnetworks import (
    Agreement,
    Bad,
    Latency,
    Patterns,
    Pruned,
    Random,
    Smallest,
    Super,
    Survival,
    Survivors,
)


def one_of_each(data: str, model: str, recipe: Recipe) -> dict[str, Expression]:
    start, task = Pretrained("m" * 64, model), TaskData("sst2", "d" * 64, data)
    full = FineTune(task, 0, recipe, start)
    mask, oneshot = Magnitude(full, 0.5), Magnitude(start, 0.5, "paper")
    good, loose = Survivors(full, "structured", "held-out", 500), Survivors(full, "magnitude", "dev", None)
    return {
        "full": full,
        "ticket": FineTune(task, 1, recipe, Rewound(full, 0.05), mask),
        "mask": mask,
        "one-shot mask": oneshot,
        "uniform": Uniform(mask, 0),
        "s-search": good,
        "m-search": loose,
        "super": Super((good,)),
        "random": Random(good, 0),
        "bad": Bad(good, 0),
        "smallest": Smallest(loose),
        "pruned": Pruned(full, good),
        "patterns": Patterns(full, good, 200),
        "latency": Latency(good),
        "agreement": Agreement((good,)),
        "survival": Survival((good,)),
        "pre-trained patterns": Patterns(full, good, 200, pretrained=True, norm_weighted=True),
        "overlap": Overlap((mask,), Magnitude(start, 0.5)),
        "highest match": HighestMatch(full, (FineTune(task, 0, recipe, start, mask),), 0.02),
    }
