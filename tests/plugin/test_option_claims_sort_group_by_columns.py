"""How the verdict table is laid out: --claims-sort, --claims-group-by and --claims-columns."""

import itertools
import re

import pytest

from tests.plugin.conftest import CLAIMS, RunClaims

HEADLINES = "the number of tasks, at least, on which each claim holds"
PUBLISHED = ("--claims-evidence=published", "--task=cola,sst2", "--claims-only=prasanna-1,prasanna-2,prasanna-3[ab]")


@pytest.fixture
def run(pytester: pytest.Pytester) -> RunClaims:
    """Run the claims of Prasanna et al. on the figures that they published."""
    return lambda *options: pytester.runpytest_inprocess(
        CLAIMS.parent / "prasanna2020", "-p", "no:cacheprovider", *PUBLISHED, *options
    )


def rows(result: pytest.RunResult) -> list[str]:
    """The titles up to the colon and the first word of the rows, of the blocks above the headlines."""
    above = itertools.takewhile(lambda line: HEADLINES not in line, result.outlines)
    found = (re.match(r"-+ (\S+):|((?:prasanna-|cola|sst2)\S*)  ", line) for line in above)
    return [match[1] or match[2] for match in found if match]


def test_claims_are_in_the_declared_order_in_a_block_for_each_task(run: RunClaims) -> None:
    mine = ["prasanna-1", "prasanna-2", "prasanna-3a", "prasanna-3b"]
    assert rows(run()) == ["cola", *mine, "sst2", *mine]


def test_the_largest_effect_can_come_first(run: RunClaims) -> None:
    # On sst2: 3a is +9.3, 3b +1.4 and 1 -1.1 % of the full model's score; 2 is NOT RUN.
    shown = rows(run("--claims-sort=effect"))
    assert shown[shown.index("sst2") :] == ["sst2", "prasanna-3a", "prasanna-3b", "prasanna-1", "prasanna-2"]


def test_rows_can_be_sorted_by_verdict(run: RunClaims) -> None:
    result = run("--claims-sort=verdict", "--claims-alpha=0.2", "--claims-margin=0.005")
    lines = "\n".join(result.outlines)
    verdicts = re.findall(r"^prasanna-.*?(SUPPORTED|REFUTED|INCONCLUSIVE)", lines[lines.index(" sst2: ") :], re.M)
    assert verdicts == ["SUPPORTED", "SUPPORTED", "REFUTED"]


def test_a_block_can_be_about_a_claim_on_every_task(run: RunClaims) -> None:
    both = ["cola", "sst2"]
    assert rows(run("--claims-group-by=claim")) == [
        *["prasanna-1", *both, "prasanna-2"],  # NOT RUN on both tasks for one reason, in one line
        *["prasanna-3a", *both, "prasanna-3b", *both],
    ]


def test_the_headlines_can_be_shown_alone(run: RunClaims) -> None:
    result = run("--claims-group-by=headline")
    assert rows(result) == []
    result.stdout.re_match_lines([rf"-+ {HEADLINES}.*", r"prasanna-3a +m-pruned good beat random .* 2 of 2$"])


def test_only_the_columns_that_were_named_are_shown(run: RunClaims) -> None:
    result = run("--claims-columns=verdict,effect")
    result.stdout.re_match_lines([r"claim +effect, % of full +verdict$", r"prasanna-1 +\S+ +\[.*\] +SUPPORTED$"])


def test_a_column_that_is_not_there_is_reported(run: RunClaims) -> None:
    result = run("--claims-columns=effect,verdikt")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: --claims-columns=effect,verdikt; expected statement, * or collapsed (did you mean 'verdict'?); *"]
    )
