import re
from dataclasses import replace

from lth.document.rows import ClaimRow
from lth.history.changes import Change, compare
from lth.history.table import changes_markdown, changes_table
from lth.verdict import Verdict, within
from tests.history.made_up import claim, document, not_run, plain, region_row
from tests.report.made_up import changed

GOOD, CONTROL = (0.91, 0.91, 0.92, 0.92, 0.90), (0.90, 0.91, 0.92, 0.91, 0.90)
NOISY = (0.90, 0.92, 0.91, 0.92, 0.90)
FALLEN = (0.80, 0.81, 0.82, 0.81, 0.79)


def changes(*claims: tuple[ClaimRow | None, ClaimRow | None]) -> tuple[Change, ...]:
    return compare(document(*(old for old, _ in claims if old)), document(*(new for _, new in claims if new)))


def cells(table: str) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line.startswith("|")
    ]


def test_a_row_says_both_verdicts_both_effects_the_change_and_a_mark() -> None:
    header, _, row = cells(changes_markdown(changes((claim(GOOD, CONTROL), claim(FALLEN, CONTROL)))))
    assert header == ["claim", "old verdict", "new verdict", "old effect", "new effect", "change", "mark"]
    assert row == [
        "chen-1",
        "SUPPORTED",
        "REFUTED",
        "+0.4 [-0.1, +1.0]",
        "-11.3 [-11.8, -10.9]",
        "-11.8 [-12.4, -11.2]",
        "**verdict, worse**",
    ]


def test_every_kind_of_change_has_its_mark() -> None:
    good, fallen = claim(GOOD, CONTROL), claim(FALLEN, CONTROL)
    found = changes(
        (replace(good, id="a"), replace(good, id="a")),
        (replace(good, id="b"), claim(NOISY, CONTROL, id="b")),
        (replace(fallen, id="c", verdict=Verdict.SUPPORTED), replace(good, id="c")),
        (replace(good, id="f", verdict=Verdict.REFUTED), replace(good, id="f")),
    )
    assert {row[0]: row[-1] for row in cells(changes_markdown(found))[2:]} == {
        "a": "same",
        "b": "",
        "c": "**better**",
        "f": "**verdict**",
    }


def test_the_terminal_and_markdown_hold_the_same_cells() -> None:
    found = changes((claim(GOOD, CONTROL), claim(FALLEN, CONTROL)), (plain(0.5, 0.4, None, row="5%"),) * 2)
    for row in cells(changes_markdown(found)):
        if not row[0].startswith("-"):
            assert any(all(cell.strip("*") in line for cell in row) for line in changes_table(found).splitlines())


def test_task_model_and_source_are_columns_only_where_they_differ() -> None:
    both = (claim(GOOD, CONTROL), claim(GOOD, CONTROL))
    one = changes(both)
    two = changes(both, tuple(replace(each, source="published") for each in both))
    assert cells(changes_markdown(one))[0][0] == "claim"
    assert cells(changes_markdown(two))[0][:2] == ["source", "claim"]


def test_plain_numbers_stay_plain_and_changes_are_signed() -> None:
    row = cells(changes_markdown(changes((plain(0.5, 0.48, 0.52), plain(0.6, 0.58, 0.62)))))[2]
    assert row[3:5] == ["0.50 [0.48, 0.52]", "0.60 [0.58, 0.62]"]
    # By hand: both errors are .02 / 2.132, together .0133, times 1.860 for 8 degrees of freedom.
    assert row[5] == "+0.10 [+0.08, +0.12]"


def test_an_open_end_is_shown_as_such() -> None:
    row = cells(changes_markdown(changes((plain(0.5, None, None), plain(0.6, 0.58, 0.62)))))[2]
    assert row[3] == "0.50 [-inf, +inf]"
    assert row[5] == "+0.10 [-inf, +inf]"


def test_the_notes_count_changes_and_say_what_an_error_rate_is() -> None:
    text = changes_table(changes((claim(GOOD, CONTROL), claim(FALLEN, CONTROL))))
    assert text.splitlines()[3] == (
        "claims compared: 1; verdicts that differ: 1; effects changed beyond noise: 1, for the worse: 1; "
        "not run in either run: 0."
    )
    assert "each side of this interval errs with a probability of at most 0.05." in text
    assert "only in" not in text


def test_claims_of_only_one_run_are_named_below_the_table() -> None:
    good = claim(GOOD, CONTROL)
    found = changes((good, good), (None, replace(good, row="5%")), (replace(good, id="x", task="cola"), None))
    assert changes_table(found).endswith("\nonly in the new run: sst2 chen-1 5%.\nonly in the old run: cola x.")
    assert [row[0] for row in cells(changes_markdown(found))[2:]] == ["chen-1"]
    assert "worse and better" not in changes_table(found)


def test_a_move_across_the_middle_of_a_region_is_marked_and_explained() -> None:
    region = region_row(within(0.02))
    old, new = (changed(plain(value, value - 0.002, value + 0.002), region=region) for value in (-0.015, 0.015))
    text = changes_table(changes((old, new)))
    assert re.search(r"chen-1 .* moved$", text, re.MULTILINE)
    assert "for the worse: 0;" in text
    assert text.endswith("moved: across the middle of a region with two edges, neither away nor towards is shown.")


def test_claims_that_neither_run_has_run_are_only_counted() -> None:
    absent = not_run(claim(GOOD, CONTROL), id="x")
    good = claim(GOOD, CONTROL)
    found = changes((good, good), (absent, absent), (replace(good, id="y"), replace(absent, id="y")))
    assert [row[0] for row in cells(changes_markdown(found))[2:]] == ["chen-1", "y"]
    assert "claims compared: 3; verdicts that differ: 1; " in changes_table(found)
    assert "; not run in either run: 1." in changes_table(found)


def test_a_comparison_without_common_claims_says_so() -> None:
    assert changes_table(()) == "no claim to compare"
    assert changes_markdown(()) == "No claim to compare.\n"
    assert changes_table(changes((None, claim(GOOD, CONTROL)))) == "no claim to compare\nonly in the new run: chen-1."


def test_a_bar_in_a_name_does_not_break_the_markdown_table() -> None:
    found = changes((claim(GOOD, CONTROL, row="a|b"), claim(GOOD, CONTROL, row="a|b")))
    assert "| chen-1 a\\|b |" in changes_markdown(found)
