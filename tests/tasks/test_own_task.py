"""A task in a Python file of one's own: the file on the page, in a folder and in the lab; and files with a fault."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from lth import lab
from lth.app.cli import main
from lth.app.settings import read_settings, recorded_settings
from lth.claims.arm_id import ArmId
from lth.claims.arms import Arms, arms_of
from lth.compute.materials import task_splits
from lth.errors import DataError, EvidenceError, ExecutionError, TaskNotFound, UsageError
from lth.evidence.own import read_folder
from lth.runtime.executor import Workers, execute
from lth.runtime.plan import make_plan
from lth.runtime.store import FolderStore
from lth.spec.cost import LAB_TOKENS, estimate
from lth.spec.expressions import FineTune, TaskData
from lth.tasks import TASKS, Hub, available, fingerprint, get_task, load
from lth.tasks.checks import task_flaw
from tests.pages import DOCS, ROOT, blocks

PAGE = DOCS / "add-task.md"
CODE = blocks(PAGE, "python")["my_tasks.py"]
NAME = "my_tasks:VOICE"
PROTOCOL = "short:epochs=1,train_examples=64,dev_examples=32,max_length=32"


@pytest.fixture
def file(own_folder: Path) -> Path:
    """The file on the page, in the current folder."""
    file = own_folder / "my_tasks.py"
    file.write_text(CODE, encoding="utf-8")
    return file


@pytest.fixture
def data(own_folder: Path) -> str:
    """A data folder whose files are the one on the page."""
    folder = own_folder / "data"
    (folder / "Voice").mkdir(parents=True)
    for name in ("train", "dev"):
        (folder / "Voice" / f"{name}.tsv").write_text(blocks(PAGE, "text")["0"], encoding="utf-8")
    return str(folder)


def arms(**options: str) -> Arms:
    settings, _ = read_settings({"task": NAME, "seeds": "2", **options}, ROOT)
    return arms_of(settings, settings.tasks[0])


def written(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


# ---- the name ----


def test_a_task_of_your_own_is_called_by_its_place_and_is_known_from_then_on(file: Path) -> None:
    task = get_task(NAME)
    assert task.name == NAME
    assert task is get_task(NAME) is TASKS[NAME]
    assert list(TASKS)[-1] == NAME


def test_a_module_in_a_package_is_found_by_its_dotted_name(own_folder: Path) -> None:
    (own_folder / "mine").mkdir()
    (own_folder / "mine" / "tasks.py").write_text(CODE, encoding="utf-8")
    assert get_task("mine.tasks:VOICE").labels == ("active", "passive")


def test_all_includes_a_task_of_your_own_where_it_is_named_too(file: Path) -> None:
    built_in = [name for name in TASKS if name in lab.TASKS]
    settings, _ = read_settings({"task": f"all,{NAME}"}, ROOT)
    assert [task.name for task in settings.tasks] == [*built_in, NAME]


# ---- the lab ----


def test_the_labs_splits_share_no_example_and_have_the_numbers_on_the_page(file: Path) -> None:
    made = load(get_task(NAME), "lab")
    assert made.held_out
    sentences = [set(split["sentence"]) for split in (made.train, made.dev, made.held_out)]
    assert [len(split) for split in sentences] == [1_000, 800, 500]
    assert not any(one & other for one, other in combinations(sentences, 2))


def test_the_labels_of_the_lab_are_those_of_the_sentences(file: Path) -> None:
    train = load(get_task(NAME), "lab").train
    assert sum(train["label"]) == 500
    passive = [text.split() for text, label in zip(train["sentence"], train["label"], strict=True) if label]
    assert all({"is", "are", "was", "were", "been", "be"} & set(words) for words in passive)


def test_a_run_on_the_lab_is_planned_with_its_epochs_and_a_cost(file: Path) -> None:
    asked = arms()
    plan = make_plan((*asked.full().experiments, *asked.imp().experiments), lambda key: False)
    full = asked.full().experiments[0]
    assert isinstance(full, FineTune)
    assert full.recipe.epochs == 2
    assert plan.by_task() == {NAME: 6}
    alike = replace(full, task=TaskData("sst2", "", "lab"), recipe=full.recipe)  # 1,000 examples, too
    mean = sum(LAB_TOKENS.values()) / len(LAB_TOKENS)
    assert estimate(full) == pytest.approx(estimate(alike) * mean / LAB_TOKENS["sst2"])


@pytest.mark.slow
def test_a_worker_process_finds_the_task_and_makes_its_rows(file: Path, own_folder: Path) -> None:
    fit = arms(protocol=PROTOCOL).full().experiments[0]
    result = execute([fit], FolderStore(own_folder / "store"), Workers(1))[fit]
    assert result["examples"] == {"train": 64, "dev": 32}
    assert 0 < result["score"] <= 1


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            '"label": label}',
            '"passive": label}',
            "no column 'label'; found sentence, passive; expected sentence, label; correct the function that makes the",
        ),
        ('"label": label}', '"label": label + 1}', "label 2; expected 0 to 1; correct the function that makes the"),
    ],
)
def test_rows_that_do_not_fit_the_task_are_refused(file: Path, old: str, new: str, message: str) -> None:
    written(file, old, new)
    with pytest.raises(DataError) as error:
        load(get_task(NAME), "lab")
    assert str(error.value) == f"the lab's {NAME}: {message} rows"


# ---- a folder and the hub ----


def test_the_files_on_the_page_are_read(file: Path, data: str) -> None:
    dev = load(get_task(NAME), data).dev
    assert available(data) == [NAME]
    assert list(zip(dev["sentence"], dev["label"], strict=True)) == [
        ("the owl saw a mouse .", 0),
        ("a mouse was seen by the owl .", 1),
    ]


def test_a_run_on_a_folder_is_planned_with_the_sizes_of_the_task(file: Path, data: str, tiny: Path) -> None:
    asked = arms(data=data, model=str(tiny / "model"))
    full = asked.full().experiments[0]
    assert isinstance(full, FineTune)
    assert full.sizes == (1_000, 2_000)
    assert asked.imp().id == ArmId("imp", 0.7)
    plan = make_plan(asked.imp().experiments, lambda key: False)
    assert plan.by_task() == {NAME: 2 * 8}  # for each seed the full model, then 10 %, 20 %, … 70 %


def test_a_task_without_files_hub_or_lab_is_in_none_of_these_places(file: Path, data: str) -> None:
    written(file, '    files=Files("Voice", ("sentence", "label"), ("0", "1")),\n', "")
    written(file, '    hub=Hub("your-name/voice", "default", "0123456789abcdef0123456789abcdef01234567"),\n', "")
    written(file, "    lab=LabTask(always(voice), train=1_000, epochs=2),\n", "")
    get_task(NAME)
    for name in ("train.tsv", "dev.tsv"):  # where files without a folder would be
        (Path(data) / name).write_text(blocks(PAGE, "text")["0"], encoding="utf-8")
    assert NAME not in (*available("lab"), *available("hub"))
    with pytest.raises(DataError, match=r"^no task in the data folder"):
        available(data)


# ---- the identity ----


def test_the_fingerprints_of_the_labs_own_tasks_are_what_they_were() -> None:
    for name in lab.TASKS:
        content = hashlib.sha256(f"lab\n{name}\n{lab.fingerprint()}".encode()).hexdigest()
        assert fingerprint(get_task(name), "lab") == content


@pytest.mark.parametrize("place", ["lab", "hub", "folder"])
def test_a_changed_file_is_another_task_wherever_its_examples_are(file: Path, data: str, place: str) -> None:
    where = data if place == "folder" else place
    before, built_in = fingerprint(get_task(NAME), where), fingerprint(get_task("sst2"), "lab")
    written(file, 'labels=("active", "passive")', 'labels=("not passive", "passive")')
    assert get_task(NAME).labels == ("not passive", "passive")
    assert fingerprint(get_task(NAME), where) != before
    assert fingerprint(get_task("sst2"), "lab") == built_in


def test_a_second_task_in_a_changed_file_is_found(file: Path) -> None:
    get_task(NAME)
    written(file, "VOICE = Task(", "OTHER = VOICE = Task(")
    assert get_task("my_tasks:OTHER").name == "my_tasks:OTHER"


def test_a_file_that_changed_after_the_run_was_planned_ends_the_run(file: Path) -> None:
    (task,) = {fit.task for fit in arms().full().experiments if isinstance(fit, FineTune)}
    written(file, "adjective=0.3", "adjective=0.5")
    with pytest.raises(ExecutionError) as error:
        task_splits(task)
    assert str(error.value) == (
        f"the file or the data of the task {NAME} are not what they were when the run was planned; expected the same "
        f"in every process; run it again"
    )


# ---- evidence ----


def test_scores_of_a_task_of_your_own_are_evidence_and_so_are_its_tickets_on_others(file: Path) -> None:
    lines = [f"{NAME},full,0,0.9", f"{NAME},majority,0,0.5", "sst2,full,0,0.9", f"sst2,{NAME} ticket@0.7,0,0.9"]
    (file.parent / "scores.csv").write_text("\n".join(["task,arm,seed,score", *lines]) + "\n", encoding="utf-8")
    get_task(NAME)
    recorded = read_folder(file.parent)
    assert recorded.tasks == (NAME, "sst2")
    assert recorded.baselines[NAME] == 0.5
    assert ("", "sst2", ArmId("imp", 0.7, source=NAME)) in recorded.figures
    settings = recorded_settings({}, recorded)
    recorded.check_arms(arm.id for arm in arms_of(settings, settings.tasks[1]).all())


def test_a_file_of_evidence_never_makes_a_module_be_imported(file: Path) -> None:
    (file.parent / "scores.csv").write_text(f"task,arm,seed,score\n{NAME},full,0,0.9\n", encoding="utf-8")
    with pytest.raises(EvidenceError) as error:
        read_folder(file.parent)
    assert str(error.value) == (
        f"{file.parent / 'scores.csv'}:2, column task: task {NAME!r} is in a Python file of its own, which is not "
        f"imported because a file of evidence names it; expected the option, too; give --task={NAME}"
    )
    assert "my_tasks" not in sys.modules


# ---- faults ----


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("my_tasks:", "task 'my_tasks:'; expected package.module:NAME; give for example my_tasks:VOICE"),
        (
            "my_tasks.py:VOICE!",
            "task 'my_tasks.py:VOICE!'; expected package.module:NAME; give for example my_tasks:VOICE",
        ),
        (
            "my_task:VOICE",
            "task 'my_task:VOICE', but there is no module my_task; expected one in the current folder or among the "
            "installed packages; check the name",
        ),
        (
            "os:path",
            "task 'os:path', but os is in Python's standard library; expected a module of your own; give the one that "
            "defines the task",
        ),
        (
            "my_tasks:voice",
            "task 'my_tasks:voice' is of type function; expected lth.tasks.Task; correct {file}",
        ),
    ],
)
def test_a_name_without_a_task_is_refused_with_what_is_expected(file: Path, name: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        get_task(name)
    assert str(error.value) == message.format(file=file)
    assert name not in TASKS


def test_a_task_that_the_module_lacks_is_refused_with_those_it_has(file: Path) -> None:
    with pytest.raises(TaskNotFound) as error:
        get_task("my_tasks:VOICES")
    assert str(error.value) == (f"no task 'my_tasks:VOICES'; did you mean '{NAME}'? Tasks: {NAME}, {', '.join(TASKS)}")


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("VOICE = Task(\n", "SyntaxError: '(' was never closed (my_tasks.py, line 1)"),
        ("import no_such_module\n", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("1 / 0\n", "ZeroDivisionError: division by zero"),
    ],
)
def test_a_module_that_cannot_be_imported_is_refused_with_the_cause(file: Path, code: str, cause: str) -> None:
    file.write_text(code, encoding="utf-8")
    with pytest.raises(UsageError) as error:
        get_task(NAME)
    assert str(error.value) == (
        f"task '{NAME}', but my_tasks cannot be imported ({cause}); expected a module that defines the task; correct it"
    )


def test_a_task_with_a_flaw_is_refused_and_forgotten(file: Path) -> None:
    written(file, '("0", "1")', '("0", "1", "2")')
    with pytest.raises(UsageError) as error:
        get_task(NAME)
    assert str(error.value) == (
        f"task '{NAME}' has 3 codes in Files for 2 labels; expected one for each label; correct {file}"
    )
    assert NAME not in TASKS


@pytest.mark.parametrize("name", TASKS)
def test_no_task_of_this_package_has_a_flaw(name: str) -> None:
    assert task_flaw(TASKS[name]) is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"inputs": "sentence"}, "inputs 'sentence'; expected a tuple, such as ('sentence',)"),
        ({"inputs": ()}, "no inputs; expected at least one column"),
        ({"kind": "ranking"}, "kind 'ranking'; expected one of classification, regression, span, mlm"),
        (
            {"family": "sentiment"},
            "family 'sentiment'; expected one of single sentence, similarity, inference, reading, language model",
        ),
        (
            {"metrics": ("accuracy", "pearson")},
            "metrics accuracy, pearson; expected some of accuracy, f1, matthews_correlation",
        ),
        ({"metrics": ()}, "metrics none; expected some of accuracy, f1, matthews_correlation"),
        ({"labels": ("one",)}, "1 labels; expected two or more for a classification, and none for another kind"),
        (
            {"labels": ("a", "b", "c"), "metrics": ("f1",)},
            "the metric f1 for 3 labels; expected 2, because it is the F1 of the second label",
        ),
        ({"sparsity": 70}, "sparsity 70; expected a share between 0 and 1, such as 0.7 for 70 %"),
        ({"sizes": (0, 10)}, "sizes (0, 10); expected the numbers of train and dev examples, at least 1 each"),
        ({"inputs": ("one", "two")}, "2 columns in Files; expected 3: the inputs' and the label's"),
        ({"hub": Hub("a/b", "c", "main")}, "revision 'main' in Hub; expected the 40 hexadecimal digits of a commit"),
        (
            {"lab": replace(lab.TASKS["sst2"], classes=3)},
            "3 classes in LabTask for 2 labels; expected one for each label",
        ),
    ],
)
def test_facts_that_cannot_be_are_named_with_what_is_expected(changes: dict[str, object], message: str) -> None:
    assert task_flaw(replace(TASKS["sst2"], **changes)) == message


# ---- as a user types it ----


def test_a_claim_run_on_the_lab_is_planned(file: Path) -> None:
    command = ["pytest", "-p", "no:cacheprovider", str(ROOT / "claims"), f"--task={NAME}", "--claims-plan"]
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert NAME in done.stdout


def test_rows_of_the_lab_are_shown(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lab", "show", NAME, "-n", "4"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) == 4
    assert {line.split("\t")[0] for line in shown} <= {"active", "passive"}
