from lth.claims.arms import Arms
from lth.runtime.plan import make_plan
from lth.spec.expressions import FineTune, Magnitude, Resumed, Rewound


def nothing(key: str) -> bool:
    return False


def test_equal_work_is_planned_once_for_all_arms(arms: Arms) -> None:
    wanted = [*arms.imp().experiments, *arms.imp().experiments, *arms.full().experiments]
    plan = make_plan(wanted, nothing)
    assert plan.by_kind()["fine-tunings"] == 2 * 4
    assert len({job.experiment for job in plan.jobs}) == len(plan.jobs)


def test_every_job_comes_after_what_it_needs(arms: Arms) -> None:
    wanted = [
        *arms.standard().experiments,
        *arms.rewound(0.1).experiments,
        *arms.random().experiments,
        *arms.shuffled().experiments,
    ]
    made = set()
    for job in make_plan(wanted, nothing).jobs:
        assert set(job.experiment.inputs) <= made
        made.update(job.outputs)
    assert made >= set(wanted)


def test_a_fine_tuning_stores_only_the_weights_that_others_need(arms: Arms) -> None:
    jobs = {job.experiment: job for job in make_plan(arms.rewound(0.1).experiments, nothing).jobs}
    full, last = arms.full().experiments[0], arms.rewound(0.1).experiments[0]
    assert jobs[full].snapshots == (Resumed(full, 0.1), Rewound(full, 1.0))
    assert jobs[last].snapshots == ()


def test_stored_experiments_are_not_planned(arms: Arms) -> None:
    full = {fit.key for fit in arms.full().experiments}
    assert make_plan(arms.full().experiments, full.__contains__).jobs == ()
    assert make_plan(arms.full().experiments, full.__contains__).held == 2


def test_the_inputs_of_a_stored_mask_are_not_planned(arms: Arms) -> None:
    ticket = arms.imp().experiments[0]
    assert ticket.mask
    plan = make_plan([ticket], {ticket.mask.key}.__contains__)
    assert [job.experiment for job in plan.jobs] == [ticket]


def test_a_stored_score_whose_weights_are_gone_and_needed_is_planned_again(arms: Arms) -> None:
    full = arms.full().experiments[0]
    mask = Magnitude(full, 0.3)
    ticket = FineTune(full.task, 0, full.recipe, full.start, mask)
    plan = make_plan([ticket], {full.key}.__contains__)
    assert [job.experiment for job in plan.jobs] == [full, mask, ticket]
    assert plan.jobs[0].snapshots == (Rewound(full, 1.0),)


def test_a_plan_counts_its_fine_tunings_by_task(arms: Arms) -> None:
    assert make_plan(arms.imp().experiments, nothing).by_task() == {"sst2": 8}
