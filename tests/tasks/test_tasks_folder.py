"""The official layout, right or refused by file, line and column."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lth.errors import DataError
from lth.tasks import TASKS, available, fingerprint, load

GLUE = ["cola", "sst2", "mrpc", "stsb", "qqp", "mnli", "qnli", "rte", "wnli"]
Write = Callable[..., Path]


def refusal(name: str, data: Path) -> str:
    with pytest.raises(DataError) as error:
        load(TASKS[name], str(data))
    message = str(error.value)
    assert "\n" not in message
    return message.replace(str(data), "GLUE")


def sst2(write: Write, *lines: str, **how: Any) -> Path:
    """A data folder whose SST-2/train.tsv has these lines and whose dev.tsv is fine."""
    write("SST-2/dev.tsv", "sentence\tlabel", "fine\t1")
    return write("SST-2/train.tsv", *lines, **how)


def texts(data: Path) -> list[str]:
    return list(load(TASKS["sst2"], str(data)).train["sentence"])


@pytest.mark.parametrize("name", GLUE)
def test_each_task_is_read_from_its_official_columns(name: str, official: Callable[[str], Path]) -> None:
    task = TASKS[name]
    splits = load(task, str(official(name)))
    assert splits.train.column_names == splits.dev.column_names == list(task.columns)
    first = splits.dev[0]
    code = task.files.codes[0] if task.labels else "0.000"
    assert [first[column] for column in task.inputs] == [f"the {c} of {code}" for c in task.files.columns[:-1]]
    expected = list(range(len(task.labels))) if task.labels else pytest.approx([0.0, 3.8, 5.0])
    assert list(splits.train["label"]) == expected
    assert isinstance(first["label"], int if task.labels else float)


def test_mnlis_dev_is_the_matched_one_and_the_mismatched_one_is_extra(
    official: Callable[[str], Path], write: Write
) -> None:
    data = official("mnli")
    assert load(TASKS["mnli"], str(data)).extra == {}
    header = (data / "MNLI/train.tsv").read_text().splitlines()[0]
    write("MNLI/dev_mismatched.tsv", header, "\t".join(["x"] * 11 + ["neutral"]))
    splits = load(TASKS["mnli"], str(data))
    assert len(splits.dev) == 3
    assert list(splits.extra["mismatched"]["label"]) == [1]


def test_quotation_marks_are_text(write: Write) -> None:
    lines = ['" an open quote\t1', '"closed"\t0', 'a ""double"" one\t1', "it 's\t0"]
    assert texts(sst2(write, "sentence\tlabel", *lines)) == [line.split("\t")[0] for line in lines]


def test_a_tab_inside_quotes_is_refused_by_line_number(write: Write) -> None:
    data = sst2(write, "sentence\tlabel", "fine\t1", '"two\tfields"\t0')
    assert refusal("sst2", data) == (
        "GLUE/SST-2/train.tsv, line 3: 3 fields; expected 2, separated by tabs, without quotes; fix or remove the line"
    )


def test_a_missing_field_is_refused_by_line_number(write: Write) -> None:
    assert "train.tsv, line 2: 1 fields; expected 2, " in refusal("sst2", sst2(write, "sentence\tlabel", "no label"))


def test_a_blank_line_is_refused_within_a_file_and_ignored_at_its_end(write: Write) -> None:
    assert texts(sst2(write, "sentence\tlabel", "a\t1", "", "")) == ["a"]
    assert "train.tsv, line 3: 1 fields; " in refusal("sst2", sst2(write, "sentence\tlabel", "a\t1", "", "b\t1"))


def test_a_missing_column_is_named_with_those_found(write: Write) -> None:
    assert refusal("sst2", sst2(write, "sentence\tgold", "a\t1")) == (
        "GLUE/SST-2/train.tsv, line 1: no column 'label'; found 'sentence', 'gold'; "
        "use the official file with its header"
    )


def test_an_empty_file_has_no_columns(write: Write) -> None:
    assert "line 1: no column 'sentence'; found nothing; " in refusal("sst2", sst2(write))


def test_a_header_alone_is_no_data(write: Write) -> None:
    assert refusal("sst2", sst2(write, "sentence\tlabel")) == (
        "GLUE/SST-2/train.tsv has no examples; expected at least one; fetch the official file again"
    )


@pytest.mark.parametrize("label", ["2", "positive", "", " 1", "1.0", "-1"])
def test_an_unknown_label_is_refused_by_line_and_column(write: Write, label: str) -> None:
    assert refusal("sst2", sst2(write, "sentence\tlabel", "a\t1", f"b\t{label}")) == (
        f"GLUE/SST-2/train.tsv, line 3, column 'label': {label!r}; expected one of '0', '1'; fix or remove the line"
    )


def test_a_label_of_words_is_refused_with_the_words_expected(official: Callable[[str], Path], write: Write) -> None:
    data = official("rte")
    write("RTE/dev.tsv", "index\tsentence1\tsentence2\tlabel", "0\ta\tb\tneutral")
    assert refusal("rte", data) == (
        "GLUE/RTE/dev.tsv, line 2, column 'label': 'neutral'; expected one of 'entailment', 'not_entailment'; "
        "fix or remove the line"
    )


@pytest.mark.parametrize("score", ["5.001", "-0.1", "nan", "inf", "five", ""])
def test_a_score_outside_0_to_5_is_refused_by_line_and_column(
    official: Callable[[str], Path], write: Write, score: str
) -> None:
    data = official("stsb")
    header = (data / "STS-B/dev.tsv").read_text().splitlines()[0]
    write("STS-B/dev.tsv", header, "\t".join(["x"] * 9 + ["2.5"]), "\t".join(["x"] * 9 + [score]))
    assert refusal("stsb", data) == (
        f"GLUE/STS-B/dev.tsv, line 3, column 'score': {score!r}; expected a number from 0 to 5; fix or remove the line"
    )


def test_an_empty_sentence_is_refused_by_line_and_column(write: Write) -> None:
    assert refusal("sst2", sst2(write, "sentence\tlabel", "a\t1", " \t0")) == (
        "GLUE/SST-2/train.tsv, line 3, column 'sentence': ' '; expected a text that is not empty; "
        "fix or remove the line"
    )


def test_cola_has_no_header_so_that_its_first_line_counts_as_1(write: Write) -> None:
    write("CoLA/train.tsv", "gj04\t1\t\tThey left.", 'gj04\t0\t*\tThem "left.')
    data = write("CoLA/dev.tsv", "gj04\tyes\t\tThey left.")
    assert "GLUE/CoLA/dev.tsv, line 1, column 'label': 'yes'; " in refusal("cola", data)
    write("CoLA/dev.tsv", "gj04\t1\t\tThey left.")
    assert load(TASKS["cola"], str(data)).train[1] == {"sentence": 'Them "left.', "label": 0}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_byte_order_mark_and_windows_line_ends_change_nothing(write: Write, start: str, end: str) -> None:
    data = sst2(write, "sentence\tlabel", "café\t1", "b \t0", start=start, end=end)
    assert load(TASKS["sst2"], str(data)).train.to_dict() == {"sentence": ["café", "b "], "label": [1, 0]}


def test_line_ends_of_carriage_returns_alone_are_refused(write: Write) -> None:
    assert refusal("sst2", sst2(write, "sentence\tlabel", "a\t1", end="\r")) == (
        "GLUE/SST-2/train.tsv, line 1: no column 'label'; found 'sentence', 'label\\ra', '1'; "
        "use the official file with its header"
    )


def test_a_file_may_end_without_a_line_end(write: Write) -> None:
    assert texts(sst2(write, "sentence\tlabel\na\t1\nb\t0", end="")) == ["a", "b"]


def test_bytes_that_are_not_utf_8_are_refused_by_line_number(write: Write) -> None:
    data = sst2(write, "sentence\tlabel")
    (data / "SST-2/train.tsv").write_bytes("sentence\tlabel\nfine\t1\ncafé\t1\n".encode("latin-1"))
    assert refusal("sst2", data) == (
        "GLUE/SST-2/train.tsv, line 3: not UTF-8 (invalid continuation byte); save the file as UTF-8"
    )


ODD = st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("\"'\\,;\u2028\x85\x0b\x0c\x1c\r ")))
SENTENCES = ODD.filter(lambda text: text.strip() and not {"\t", "\n"} & set(text))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.lists(st.tuples(SENTENCES, st.sampled_from("01")), min_size=1, max_size=8), st.sampled_from(["\n", "\r\n"]))
def test_what_is_written_is_what_is_read(write: Write, rows: list[tuple[str, str]], end: str) -> None:
    data = sst2(write, "sentence\tlabel", *("\t".join(row) for row in rows), end=end)
    train = load(TASKS["sst2"], str(data)).train
    assert list(zip(train["sentence"], map(str, train["label"]), strict=True)) == rows


def extended(name: str, data: Path, **cells: str) -> int:
    """Adds to the task's train file a line with these cells and others that are fine; gives its number in the file."""
    files = TASKS[name].files
    path = data / files.folder / files.train
    lines = path.read_text().splitlines()
    header = list(files.header) or lines[0].split("\t")
    fine = dict.fromkeys(header, "fine") | {files.columns[-1]: files.codes[0] if files.codes else "1.5"}
    path.write_text("\n".join([*lines, "\t".join((fine | cells)[column] for column in header)]))
    return len(lines) + 1


@pytest.mark.parametrize("name", GLUE)
def test_in_every_task_quotation_marks_are_text(name: str, official: Callable[[str], Path]) -> None:
    task, data = TASKS[name], official(name)
    for text in ('"closed"', '"open', 'in "" the middle', "'single"):
        extended(name, data, **dict.fromkeys(task.files.columns[:-1], text))
        assert [load(task, str(data)).train[-1][column] for column in task.inputs] == [text] * len(task.inputs)


@pytest.mark.parametrize("name", GLUE)
def test_in_every_task_a_tab_inside_quotes_is_refused_by_line_number(
    name: str, official: Callable[[str], Path]
) -> None:
    task, data = TASKS[name], official(name)
    number = extended(name, data, **{task.files.columns[0]: '"two\tfields"'})
    assert f"GLUE/{task.folder}/train.tsv, line {number}: " in refusal(name, data)
    assert "separated by tabs, without quotes; fix or remove the line" in refusal(name, data)


EMPTY = [(name, column) for name in GLUE if name != "qqp" for column in TASKS[name].files.columns[:-1]]


@pytest.mark.parametrize(("name", "column"), EMPTY)
def test_in_every_task_but_qqp_each_empty_text_is_refused_by_line_and_column(
    name: str, column: str, official: Callable[[str], Path]
) -> None:
    data = official(name)
    number = extended(name, data, **{column: ""})
    assert refusal(name, data) == (
        f"GLUE/{TASKS[name].folder}/train.tsv, line {number}, column {column!r}: ''; expected a text that is not "
        "empty; fix or remove the line"
    )


@pytest.mark.parametrize("name", [name for name in GLUE if name != "stsb"])
def test_in_every_task_an_unknown_label_is_refused_by_line_and_column(
    name: str, official: Callable[[str], Path]
) -> None:
    files, data = TASKS[name].files, official(name)
    number = extended(name, data, **{files.columns[-1]: "-"})
    expected = ", ".join(map(repr, files.codes))
    assert refusal(name, data) == (
        f"GLUE/{files.folder}/train.tsv, line {number}, column {files.columns[-1]!r}: '-'; expected one of {expected}; "
        "fix or remove the line"
    )


@pytest.mark.parametrize("name", GLUE)
def test_in_every_task_byte_order_mark_and_windows_line_ends_change_nothing(
    name: str, official: Callable[[str], Path]
) -> None:
    task, data = TASKS[name], official(name)
    before = load(task, str(data)).train.to_dict()
    path = data / task.folder / task.files.train
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert load(task, str(data)).train.to_dict() == before


@pytest.mark.parametrize(("score", "value"), [("0", 0.0), ("5", 5.0), ("0.000", 0.0), ("4.999", 4.999)])
def test_a_score_from_0_to_5_is_read(official: Callable[[str], Path], score: str, value: float) -> None:
    data = official("stsb")
    extended("stsb", data, score=score)
    assert load(TASKS["stsb"], str(data)).train[-1]["label"] == pytest.approx(value)


QQP = "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate"


def test_qqps_few_torn_lines_are_left_out_and_logged(write: Write, caplog: pytest.LogCaptureFixture) -> None:
    fine = "1\t2\t3\ta\tb\t0"
    write("QQP/train.tsv", QQP, *[fine] * 1999, "1\t2\t3\ttorn by", "a line end\tb\t0", "1\t2\t3\ta\t\t1")
    data = write("QQP/dev.tsv", QQP, fine)
    with caplog.at_level(logging.WARNING):
        train = load(TASKS["qqp"], str(data)).train
    assert len(train) == 2000
    assert train[1999] == {"question1": "a", "question2": "", "label": 1}
    assert "QQP/train.tsv: left out 2 torn lines: 2001, 2002" in caplog.text


def test_qqps_many_torn_lines_are_refused(write: Write) -> None:
    write("QQP/train.tsv", QQP, *["1\t2\t3\ta\tb\t0"] * 500, "1\t2\t3\ttorn")
    data = write("QQP/dev.tsv", QQP, "1\t2\t3\ta\tb\t0")
    assert "GLUE/QQP/train.tsv, line 502: 4 fields; expected 6, " in refusal("qqp", data)


def test_a_missing_file_is_named_with_the_layout_expected(write: Write) -> None:
    data = write("SST-2/train.tsv", "sentence\tlabel", "a\t1")
    assert refusal("sst2", data) == (
        "no file 'GLUE/SST-2/dev.tsv'; sst2 is read from SST-2/train.tsv and SST-2/dev.tsv; "
        "put it there or give another --data"
    )


def test_a_missing_data_folder_is_named() -> None:
    with pytest.raises(DataError) as error:
        load(TASKS["sst2"], "labb")
    assert str(error.value) == (
        "no data folder 'labb'; did you mean 'lab'? expected lab, hub or a folder in GLUE's official layout "
        "(SST-2/train.tsv, SST-2/dev.tsv); check --data"
    )


def test_a_folder_without_a_task_is_told_what_it_should_hold(write: Write) -> None:
    data = write("README", "nothing")
    with pytest.raises(DataError) as error:
        available(str(data))
    assert str(error.value) == (
        f"no task in the data folder '{data}'; expected GLUE's official layout, such as SST-2/train.tsv and "
        "SST-2/dev.tsv; give the folder that contains SST-2/"
    )


def test_the_folder_of_one_task_is_taken_for_its_parents_child(write: Write) -> None:
    data = sst2(write, "sentence\tlabel", "a\t1")
    with pytest.raises(DataError, match=r"SST-2' \(did you mean its parent\?\); expected"):
        available(str(data / "SST-2"))


@pytest.mark.parametrize("home", ["", "wikitext-2/"])
def test_mlms_text_is_lines_that_are_not_blank(write: Write, home: str) -> None:
    write(f"{home}wiki.train.tokens", " ", " = A title = ", "", ' a " sentence ')
    data = write(f"{home}wiki.valid.tokens", " dev ")
    splits = load(TASKS["mlm"], str(data))
    assert splits.train.to_dict() == {"text": ["= A title =", 'a " sentence']}
    assert splits.dev.to_dict() == {"text": ["dev"]}
    assert available(str(data)) == ["mlm"]


def test_a_fingerprint_follows_the_bytes_and_not_the_place(write: Write, tmp_path: Path) -> None:
    task, data = TASKS["sst2"], sst2(write, "sentence\tlabel", "a\t1")
    before = fingerprint(task, str(data))
    assert len(before) == 64
    assert int(before, 16)
    (tmp_path / "moved").mkdir()
    (data / "SST-2").rename(tmp_path / "moved/SST-2")
    assert fingerprint(task, str(tmp_path / "moved")) == before
    assert fingerprint(task, str(sst2(write, "sentence\tlabel", "a\t0"))) != before
    with (data / "SST-2/train.tsv").open("a") as file:
        file.write("b\t1\n")
    assert fingerprint(task, str(data)) != fingerprint(task, str(sst2(write, "sentence\tlabel", "a\t0")))
