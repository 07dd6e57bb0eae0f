"""Names of criteria: built-in ones, and users' functions, which are found without an import."""

import hashlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from lth.claims.arms import Arms
from lth.errors import UsageError
from lth.spec.criterion import BUILT_IN, Criterion, read_criterion
from lth.spec.expressions import FineTune, Magnitude

OWN = "raise RuntimeError('imported')\n\n\ndef score(candidate):\n    return candidate.weights\n"


@pytest.fixture
def pruner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's module in the current folder; it fails when it is imported."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "own_pruner.py"
    file.write_text(OWN, encoding="utf-8")
    return file


def test_without_a_criterion_magnitude_is_used() -> None:
    assert read_criterion("magnitude") is None
    assert [read_criterion(name) for name in BUILT_IN[1:]] == [Criterion("random"), Criterion("first-order")]


def test_a_function_is_found_in_the_current_folder_without_importing_it(pruner: Path) -> None:
    found = read_criterion("own_pruner:score")
    assert found == Criterion("own_pruner:score", hashlib.sha256(OWN.encode()).hexdigest())
    assert "own_pruner" not in sys.modules


def test_a_criterion_is_read_without_torch(pruner: Path) -> None:
    code = "import sys; from lth.spec.criterion import read_criterion; read_criterion('own_pruner:score')"
    code += "; print({'torch', 'own_pruner'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_another_source_is_another_criterion(pruner: Path) -> None:
    before = read_criterion("own_pruner:score")
    pruner.write_text(OWN + "# changed\n", encoding="utf-8")
    assert read_criterion("own_pruner:score") != before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "magnitud",
            "no criterion 'magnitud'; did you mean 'magnitude'? Criteria: magnitude, random, first-order or "
            "package.module:function",
        ),
        (
            "own_pruner",
            "no criterion 'own_pruner'. Criteria: magnitude, random, first-order or package.module:function",
        ),
        (
            "own_pruner.py:score()",
            "criterion 'own_pruner.py:score()'; expected magnitude, random, first-order or package.module:function; "
            "give for example my_pruner:score",
        ),
        (
            "own_prunr:score",
            "criterion 'own_prunr:score', but there is no module own_prunr; expected one in the current folder or "
            "among the installed packages; check the name",
        ),
        (
            "no_such_package.module:score",
            "criterion 'no_such_package.module:score', but there is no module no_such_package.module; expected one in "
            "the current folder or among the installed packages; check the name",
        ),
        (
            "json:dumps",
            "criterion 'json:dumps', but json is in Python's standard library; expected a module of your own; give the "
            "one that defines the function",
        ),
        (
            "torch._C:abs",
            "criterion 'torch._C:abs', but torch._C has no Python source; expected a file of Python; give the module "
            "that defines the function",
        ),
    ],
)
def test_a_criterion_that_cannot_be_found_is_refused_with_the_expected_form(
    text: str, message: str, pruner: Path
) -> None:
    with pytest.raises(UsageError) as caught:
        read_criterion(text)
    assert str(caught.value) == message


def test_a_function_that_the_module_lacks_is_refused_with_a_list_of_its_functions(pruner: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read_criterion("own_pruner:scor")
    assert str(caught.value) == f"no function 'scor' in {pruner}; did you mean 'score'? Functions: score"


def test_a_module_that_is_not_python_is_refused(pruner: Path) -> None:
    pruner.write_text("def score(:\n", encoding="utf-8")
    with pytest.raises(
        UsageError,
        match=rf"^criterion 'own_pruner:score', but {pruner} cannot be read \(.*\); expected Python; correct",
    ):
        read_criterion("own_pruner:score")


def test_every_mask_that_an_arm_finds_by_pruning_has_the_protocols_criterion(arms: Arms) -> None:
    criterion = Criterion("first-order")
    own = replace(arms, protocol=replace(arms.protocol, criterion=criterion))
    for arm in (own.imp(), own.rewound(0.1), own.standard(), own.oneshot()):
        for fit in arm.experiments:
            while isinstance(fit, FineTune) and fit.mask:
                assert isinstance(fit.mask, Magnitude)
                assert fit.mask.criterion == criterion
                fit = fit.mask.of
    assert str(own.imp().experiments[0]) == "sst2 seed 0: pretrained, first-order 70%"
    assert str(Magnitude(arms.model, 0.5, criterion=criterion)) == "mask 50% by first-order of the pre-trained weights"


def test_weights_are_still_pruned_by_magnitude_from_subnetworks(arms: Arms) -> None:
    own = replace(arms, protocol=replace(arms.protocol, criterion=Criterion("random")))
    assert own.magnitude.kept_parameters().experiments == arms.magnitude.kept_parameters().experiments
