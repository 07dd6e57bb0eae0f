"""The pages under docs/ and the README, checked against the code: commands, links, examples, fields, and the build."""

import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from lth.app.options import OPTIONS
from lth.app.settings import read_settings
from lth.claims.arm import Arm
from lth.claims.arm_id import ArmId
from lth.claims.arms import Arms, arms_of
from lth.document.files import read_json
from lth.document.rows import Document
from lth.evidence.own import read_folder
from lth.evidence.recorded import NO_FIGURES, Recorded
from lth.report.table import terminal_table
from lth.tasks import TASKS
from lth.verdict.samples import Sample, Summary
from tests.faults.written_table import BEGIN
from tests.pages import BLOCK, DOCS, ROOT, blocks, run_pytest, script

PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*[a-z]")
READERS: dict[str, Callable[[str], object]] = {
    flag: option.read
    for name, option in OPTIONS.items()
    if name != "evidence"  # the folders that pages name do not exist
    for flag in (option.flag, *map(option.typed, option.commands))
}
"""How the value of an option of pytest or of lth is read."""

every_page = pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])


def commands(page: Path) -> Iterator[list[str]]:
    """The words of each command line in a block of the page, without comments."""
    for code in blocks(page, "sh").values():
        yield from (words for line in code.splitlines() if (words := shlex.split(line, comments=True)))


def hook() -> ModuleType:
    return script("generated.py")


def lab_arms(**options: str) -> Arms:
    settings, _ = read_settings(options, ROOT)
    return arms_of(settings, settings.tasks[0])


@pytest.fixture(scope="module")
def known_options() -> set[str]:
    """All options of pytest with the plugin, and of every command of lth."""
    texts = [run_pytest("--help"), *(parser.format_help() for parser in hook().parsers())]
    return {option for text in texts for option in OPTION.findall(text)} | {"--version"}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Document:
    """All claims on the published figures of two tasks."""
    file = tmp_path_factory.mktemp("published") / "verdicts.json"
    run_pytest("claims", "--claims-evidence=published", "--task=cola,sst2", f"--claims-json={file}")
    return read_json(file)


# ---- commands and options on pages ----


@every_page
def test_every_option_that_a_page_names_exists(page: Path, known_options: set[str]) -> None:
    text = page.read_text(encoding="utf-8").partition(BEGIN)[0]  # without the table of options that do not exist
    added = set(re.findall(r'Option\(\s*"(--[a-z-]+)"', text))  # by the page's own example
    assert set(OPTION.findall(text)) - added <= known_options


@every_page
def test_every_command_that_a_page_shows_can_be_typed(page: Path) -> None:
    parser = hook().root()
    for words in commands(page):
        assert words[0] in ("pytest", "lth", "pip", "make")
        if words[0] == "lth":
            parser.parse_args(words[1:])


@every_page
def test_every_value_that_a_page_gives_to_an_option_can_be_read(page: Path, own_folder: Path) -> None:
    for title, code in blocks(page, "python").items():
        if title.endswith(".py"):
            file = own_folder / title
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(code, encoding="utf-8")
    for words in commands(page):
        for option, given, value in (word.partition("=") for word in words):
            if option in READERS and given:
                READERS[option](value)


@every_page
def test_every_target_of_make_that_a_page_names_is_in_the_makefile(page: Path) -> None:
    named = set(re.findall(r"\bmake ([a-z]+)(?=`| TASK| {2,}#)", page.read_text(encoding="utf-8")))
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert named <= targets


@every_page
def test_every_relative_link_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    places = [link.partition("#")[0] for link in links if not link.startswith(("http://", "https://"))]
    assert [place for place in places if place and not (page.parent / place).exists()] == []


@every_page
def test_every_python_block_compiles(page: Path) -> None:
    for name, code in blocks(page, "python").items():
        compile(code, f"{page.name}: {name}", "exec")


# ---- lists on pages ----


def test_every_claim_is_on_the_page_of_claims_and_no_other() -> None:
    files = [file.read_text(encoding="utf-8") for file in (ROOT / "claims").rglob("test_*.py")]
    ids = {name for text in files for name in re.findall(r'^@claim\("([^"]+)"', text, re.MULTILINE)}
    assert set(re.findall(r"^\| `([^`]+)` \|", (DOCS / "claims.md").read_text(encoding="utf-8"), re.MULTILINE)) == ids


def test_every_arm_in_the_table_of_arms_can_be_asked_for() -> None:
    text = (DOCS / "add-claim.md").read_text(encoding="utf-8")
    arms = lab_arms(task="sst2", source="mnli")
    found = [eval(code, {"arms": arms}) for code in re.findall(r"^\| `(arms\.[^`]+\))` \|", text, re.MULTILINE)]
    assert len(found) > 12
    assert all(isinstance(arm, Arm) and not arm.missing for arm in found[:9])


def test_the_claims_said_to_have_published_figures_are_those_that_have(published: Document) -> None:
    text = (DOCS / "evidence.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `") and "-" in line.split("|")[1]]
    listed = {name for row in rows for name in re.findall(r"`((?:chen|prasanna|lth)-\w+)`", row)}
    assert listed == {claim.id for claim in published.claims if not claim.reason.startswith(NO_FIGURES)}


# ---- examples on pages ----


def test_the_readmes_first_table_is_what_its_command_prints() -> None:
    page = ROOT / "README.md"
    words = next(words for words in commands(page) if "--claims-evidence=published" in words)
    assert blocks(page, "text")["0"] in run_pytest(*words[1:], columns=80)


def test_the_readmes_second_table_and_its_picture_are_the_kept_run(tmp_path: Path) -> None:
    printed = terminal_table(read_json(ROOT / "reports" / "lab-sst2.json"), 80)
    *shown, more = blocks(ROOT / "README.md", "text")["1"].splitlines()
    assert more == "…"
    at = [f"\n{printed}\n".index(f"\n{line}\n") for line in shown]
    assert at == sorted(at)
    script("readme_picture.py", ROOT / "reports").main(tmp_path)
    for name in ("readme-light.svg", "readme-dark.svg"):
        assert (tmp_path / name).read_bytes() == (ROOT / "reports" / name).read_bytes(), (
            "python reports/readme_picture.py"
        )


def test_the_tutorials_first_table_is_what_its_command_prints() -> None:
    page = DOCS / "tutorial.md"
    words = next(words for words in commands(page) if "--claims-evidence=published" in words)
    assert blocks(page, "text")["0"] in run_pytest(*words[1:])


def read_tables(folder: Path, **tables: str) -> Recorded:
    """The evidence in a new folder with these tables, all arms of which are known."""
    folder.mkdir()
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    recorded = read_folder(folder)
    recorded.check_arms(arm.id for arm in lab_arms().all())
    return recorded


def test_every_table_on_the_page_of_evidence_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (DOCS / "evidence.md").read_text(encoding="utf-8")
    shown = [(match["title"], match["code"]) for match in BLOCK.finditer(text) if match["title"]]
    scores, masks, predictions = (
        [code for title, code in shown if title == f"{name}.csv"] for name in ("scores", "masks", "predictions")
    )
    assert (len(scores), len(masks), len(predictions)) == (4, 2, 1)
    known = set(TASKS)
    try:
        read = [read_tables(tmp_path / f"scores{at}", scores=each) for at, each in enumerate(scores)]
    finally:
        for name in set(TASKS) - known:
            del TASKS[name]
    assert [recorded.tasks for recorded in read] == [("sst2",)] * 3 + [("hans",)]
    assert read[3].baselines["hans"] == 0.5
    mixed = read[2].figures["", "sst2", ArmId("full")].scores
    assert isinstance(mixed, Summary)
    assert mixed.std == pytest.approx(0.0020 * (3 / 2) ** 0.5)
    for at, (each, units) in enumerate(zip(masks, (("heads", "mlps"), ("mlps",)), strict=True)):
        recorded = read_tables(tmp_path / f"masks{at}", scores=scores[0], masks=each)
        kappas = {str(id): figure.mean for (_, _, id), figure in recorded.figures.items() if id.measure == "kappa"}
        assert kappas.keys() == {f"s-kappa of {unit}" for unit in units}
        assert all(-1 < kappa < 1 for kappa in kappas.values())
    predicted = read_tables(tmp_path / "predictions", predictions=predictions[0])
    full = predicted.figures["", "rte", ArmId("full")].scores
    assert isinstance(full, Sample)
    assert full.scores == (2 / 3, 1.0)
    assert full.by_example == [[1, 0, 1], [1, 1, 1]]
    monkeypatch.chdir(tmp_path / "scores0")
    exec(dict(shown)["to_parquet.py"])
    (tmp_path / "scores0" / "scores.csv").unlink()
    assert read_folder(tmp_path / "scores0").figures == read[0].figures


def test_claims_of_another_repository_are_judged_as_their_page_says(tmp_path: Path) -> None:
    page = DOCS / "own-repository.md"
    for title, code in (blocks(page, "python") | blocks(page, "text")).items():
        (tmp_path / title).write_text(code, encoding="utf-8")
    words = next(words for words in commands(page) if "--claims-evidence=." in words)
    assert blocks(page, "text")["1"] in run_pytest(*words[1:], at=tmp_path)


def test_a_method_from_elsewhere_is_judged_on_scores_and_not_run_without(tmp_path: Path) -> None:
    page = DOCS / "own-repository.md"
    (tmp_path / "test_our_method.py").write_text(blocks(page, "python")["test_our_method.py"], encoding="utf-8")
    scores = blocks(page, "text")["scores.csv"].replace("oneshot@0.7", "ours@0.7").replace("0.8", "0.9")
    (tmp_path / "scores.csv").write_text(scores, encoding="utf-8")
    assert "ours-2  Our masks beat magnitude masks" in run_pytest("--claims-evidence=.", at=tmp_path)
    plan = run_pytest("--claims-plan", "--seeds=1", "--claims-schedule=0.7", at=tmp_path)
    assert "to run: 2 fine-tunings, 1 masks" in plan  # the full model and the ticket; the arm itself needs nothing


@pytest.mark.slow
def test_tickets_that_the_trainer_trained_as_its_page_says_get_a_verdict(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import transformers

    from lth.app.cli import main
    from lth.tasks import get_task, load

    page = DOCS / "trainer.md"
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny / "model")
    splits = load(get_task("sst2"), str(tiny / "data"))
    train, dev = (
        [tokenizer(row["sentence"]) | {"labels": row["label"]} for row in split] for split in (splits.train, splits.dev)
    )

    def trainer(seed: int, callbacks: list[transformers.TrainerCallback]) -> transformers.Trainer:
        transformers.set_seed(seed)
        return transformers.Trainer(
            transformers.AutoModelForSequenceClassification.from_pretrained(tiny / "model"),
            transformers.TrainingArguments(
                str(tmp_path / "out"),
                seed=seed,
                learning_rate=5e-3,
                per_device_train_batch_size=16,
                num_train_epochs=6,
                warmup_steps=6,
                save_strategy="no",
                report_to="none",
                use_cpu=True,
                disable_tqdm=True,
            ),
            train_dataset=train,
            eval_dataset=dev,
            data_collator=transformers.DataCollatorWithPadding(tokenizer),
            compute_metrics=lambda seen: {"accuracy": (seen.predictions.argmax(-1) == seen.label_ids).mean()},
            callbacks=callbacks,
        )

    monkeypatch.chdir(tmp_path)
    exec(blocks(page, "python")["train.py"], {"trainer": trainer})
    words = next(words for words in commands(page) if words[0] == "lth")
    capsys.readouterr()
    main([*words[1:], f"--claims={ROOT / 'claims'}"])
    assert re.search(r"^chen-1 .*(SUPPORTED|REFUTED|INCONCLUSIVE)", capsys.readouterr().out, re.MULTILINE)


def test_the_added_claim_is_judged(tmp_path: Path) -> None:
    for title, code in blocks(DOCS / "add-claim.md", "python").items():
        (tmp_path / f"test_{Path(title).stem}_.py").write_text(code, encoding="utf-8")
    lines = [
        f"sst2,{arm}@{at},{mean},.01,5" for at in (0.5, 0.7, 0.9) for arm, mean in (("imp", 0.9), ("oneshot", 0.7))
    ]
    text = "\n".join(["task,arm,mean,std,n", "sst2,full,0.9,.01,5", *lines]) + "\n"
    (tmp_path / "scores.csv").write_text(text, encoding="utf-8")
    shown = run_pytest("--claims-evidence=.", "--claims-sparsity=0.7", at=tmp_path)
    rows = re.findall(r"^(lth-3(?: \d+%)?) .*SUPPORTED", shown, re.MULTILINE)
    assert sorted(rows) == ["lth-3", "lth-3 50%", "lth-3 90%"]


# ---- the build ----


def test_examples_in_docstrings_become_code_in_the_reference() -> None:
    from lth.spec import schedule

    assert schedule.rounds.__doc__
    text = script("doctests.py").fenced(schedule.rounds.__doc__.replace("\n    ", "\n"))
    assert '\n\n```pycon\n>>> rounds("original:0.2", 0.5)\n(0.2, 0.4, 0.5)\n' in text
    assert text.count("```") == 2


def test_the_table_on_the_page_of_verdicts_is_the_kept_runs() -> None:
    table = hook().on_page_markdown("a\n\n<!-- verdict table -->\n")
    lines = table.strip().splitlines()[3:-1]
    assert lines[0].startswith("---")
    assert lines == terminal_table(read_json(ROOT / "reports" / "lab-sst2.json"), 110).split("\n\n")[0].splitlines()


@pytest.mark.slow
def test_the_site_is_built_without_a_warning_and_its_pages_ask_no_server_for_anything(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    pages = {str(page.relative_to(tmp_path / "site")): page.read_text() for page in (tmp_path / "site").rglob("*.html")}
    fetched = re.compile(r"<(?:script|img|iframe|link)\b[^>]*\b(?:src|href)=[\"']?(?:https?:)?//")
    assert [name for name, text in pages.items() if fetched.search(text)] == []
    assert "--claims-evidence" in pages["options.html"]
    assert "lth decide" in pages["options.html"]
    assert 'id="lth.claims.effects.difference"' in pages["reference/claims.html"]
