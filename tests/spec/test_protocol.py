import pytest

from lth.errors import UsageError
from lth.spec.expressions import TaskData
from lth.spec.protocol import PROTOCOLS, Search, read_protocol
from lth.tasks import get_task


def task(name: str, data: str = "folder") -> TaskData:
    return TaskData(name, "d" * 64, data)


def test_the_papers_protocol_is_that_of_its_official_code() -> None:
    # Chen et al. 2020, section 2 and appendix: AdamW 2e-5, eps 1e-8, no warm-up, batch 32, length 128, 3 epochs.
    recipe = read_protocol("paper").recipe_for(task("sst2"))
    assert (recipe.lr, recipe.eps, recipe.warmup, recipe.weight_decay) == (2e-5, 1e-8, 0.0, 0.0)
    assert (recipe.batch, recipe.max_length, recipe.epochs, recipe.clip) == (32, 128, 3, 1.0)
    assert PROTOCOLS["paper"].schedule == "original:0.1"


def test_the_papers_protocol_searches_subnetworks_as_in_the_recorded_runs() -> None:
    # Prasanna et al. 2020: masks are searched on dev, super-survivors are of five seeds, and each kept share of
    # m-pruning is a power of .95.
    assert read_protocol("paper").search == Search("dev", group=5, step=0.05)


def test_the_papers_protocol_judges_a_task_at_the_papers_sparsity() -> None:
    assert read_protocol("paper").sparsity_for(get_task("qqp")) == 0.9


def test_single_settings_can_be_changed() -> None:
    protocol = read_protocol("short:train_examples=100,lr=1e-3")
    for name in ("sst2", "squad"):
        recipe = protocol.recipe_for(task(name))
        assert (recipe.train_examples, recipe.lr) == (100, 1e-3)


def test_rewound_tickets_resume_training_unless_the_protocol_restarts_it() -> None:
    assert {protocol.rewinding for protocol in PROTOCOLS.values()} == {"resume"}
    restarting = read_protocol("paper:epochs=2,rewinding=restart")
    assert restarting.rewinding == "restart"
    assert restarting.recipe_for(task("sst2")).epochs == 2
    assert restarting.text == "paper:epochs=2,rewinding=restart"
    assert read_protocol(restarting.text) == restarting


def test_tasks_of_another_kind_have_the_recipe_of_the_official_code() -> None:
    # Chen et al. 2020, appendix: SQuAD with 3e-5 and sequences of 384 tokens, masked language modelling with 5e-5.
    protocol = read_protocol("paper")
    squad, mlm = (protocol.recipe_for(task(name)) for name in ("squad", "mlm"))
    assert (squad.lr, squad.batch, squad.max_length) == (3e-5, 16, 384)
    assert (mlm.lr, mlm.batch) == (5e-5, 16)


def test_the_labs_small_tasks_take_more_epochs() -> None:
    lab = read_protocol("lab")
    epochs = {name: lab.recipe_for(task(name, "lab")).epochs for name in ("mnli", "rte")}
    assert epochs["mnli"] < epochs["rte"]
    assert lab.recipe_for(task("rte", "elsewhere")).epochs == lab.recipe.epochs


def test_tickets_transfer_at_the_papers_sparsity_unless_one_is_given() -> None:
    assert read_protocol("paper").transfer_sparsity == 0.7
    assert read_protocol("short").transfer_sparsity == 0.5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("papre", r"^no protocol 'papre'; did you mean 'paper'\? Protocols: "),
        ("paper:epoch=3", r"^no setting 'epoch' in protocol 'paper:epoch=3'; did you mean 'epochs'\? Settings: "),
        ("paper:rewinding=back", r"^protocol setting 'rewinding=back'; expected resume or restart; give one$"),
        ("paper:epochs=few", r"^protocol setting 'epochs=few'; expected epochs=NUMBER, a whole number$"),
    ],
)
def test_a_protocol_that_cannot_be_read_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_protocol(text)
