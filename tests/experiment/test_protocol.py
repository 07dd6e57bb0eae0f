import pytest

from lth.errors import UsageError
from lth.experiment.protocol import PROTOCOLS, read_protocol
from lth.tasks import get_task


def test_the_papers_protocol_is_the_one_of_its_official_code() -> None:
    # Chen et al. 2020, section 2 and appendix: AdamW 2e-5, eps 1e-8, no warm-up, batch 32, length 128, 3 epochs.
    recipe = read_protocol("paper").recipe
    assert (recipe.lr, recipe.eps, recipe.warmup, recipe.weight_decay) == (2e-5, 1e-8, 0.0, 0.0)
    assert (recipe.batch, recipe.max_length, recipe.epochs, recipe.clip) == (32, 128, 3, 1.0)
    assert PROTOCOLS["paper"].schedule == "original:0.1"


def test_the_papers_protocol_judges_a_task_where_the_paper_does() -> None:
    assert read_protocol("paper").sparsity_for(get_task("qqp")) == 0.9


def test_single_settings_can_be_changed() -> None:
    protocol = read_protocol("short:train_examples=100,lr=1e-3")
    assert protocol.recipe.train_examples == 100
    assert protocol.recipe.lr == 1e-3
    assert protocol.name == "short:train_examples=100,lr=1e-3"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("papre", r"^no protocol 'papre'; did you mean 'paper'\? Protocols: "),
        ("paper:epoch=3", r"^no setting 'epoch' in protocol 'paper:epoch=3'; did you mean 'epochs'\? Settings: "),
        ("paper:epochs=few", r"^protocol setting 'epochs=few'; expected epochs=NUMBER$"),
    ],
)
def test_a_protocol_that_cannot_be_read_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_protocol(text)
