import doctest
import re
from dataclasses import replace

import pytest

from lth.claims.arm_id import ArmId
from lth.claims.effects import POINTS
from lth.document.rows import CollapsedRow, FamilyRow, PaperRuleRow, RegionRow
from lth.evidence.recorded import FULL, NO_STD
from lth.report import cells, settings, strip
from lth.report.cells import summary_line
from lth.report.layout import Layout
from lth.report.table import terminal_table
from lth.verdict import Verdict
from tests.report.made_up import changed, interval, with_arm, with_claim, with_turned


def line_of(table: str, claim: str) -> str:
    (line,) = [line for line in table.splitlines() if re.match(rf"{claim}  ", line)]
    return line


@pytest.mark.parametrize(("module", "examples"), [(cells, 8), (settings, 1), (strip, 2)])
def test_the_examples_in_the_docstrings_hold(module, examples):
    results = doctest.testmod(module)
    assert (results.attempted, results.failed) == (examples, 0)


def test_a_row_says_effect_interval_region_seeds_verdict_paper_and_detectable_effect(build):
    line = line_of(terminal_table(build("sst2")), "chen-3 50 %")
    cut = re.split(r"\s{2,}", re.sub(r"\[\s+", "[", re.sub(r",\s+", ", ", line.replace("  [", " ["))))
    assert cut == [
        "chen-3 50 %",
        "rewinding notably helps",
        "-3.1 [-5.2, -1.0]",
        "> 2",
        "5",
        "REFUTED",
        "= false",
        "1.3",
    ]


def test_every_task_has_a_block_with_a_title_and_all_its_claims(build):
    lines = terminal_table(build("sst2", "cola")).splitlines()
    titles = [line for line in lines if line.startswith("-") and "model lab" in line]
    assert [re.sub("^-+ | -+$", "", title) for title in titles] == [
        f"{task}: model lab, data lab, measured, full accuracy 0.910" for task in ("sst2", "cola")
    ]
    assert sum(line.startswith("chen-") for line in lines) == 2 * 8


@pytest.mark.parametrize("width", [70, 80, 90, 100, 110, 120, 200])
def test_no_line_is_longer_than_the_terminal_is_wide(build, width, not_run):
    document = build("sst2", "cola")
    rule = PaperRuleRow("within one std", Verdict.REFUTED)
    document = with_claim(document, 0, adjusted_verdict=Verdict.INCONCLUSIVE, paper_rule=rule)
    document = with_turned(document, 3, lambda claim: not_run(claim, "a long reason " * 20))
    document = replace(document, warnings=("a density fell under 1 % " * 9,))
    assert max(map(len, terminal_table(document, width).splitlines())) <= width


def test_the_columns_are_below_their_titles(build):
    lines = terminal_table(build("sst2")).splitlines()
    at = lines[1].index("verdict")
    for line in (line for line in lines if line.startswith("chen-")):
        assert line[at - 2 : at] == "  "
        assert line[at:].split(" ")[0] in list(Verdict)


def test_a_narrow_terminal_has_the_statement_above_the_numbers_and_loses_no_column(build):
    wide, narrow = terminal_table(build("sst2"), 120).splitlines(), terminal_table(build("sst2"), 80).splitlines()
    assert narrow[1].split() == ["claim", "statement"]
    assert narrow[2].split() == [*wide[1].split()[2:]]
    row = next(line for line in wide if line.startswith("chen-2a"))
    at = next(at for at, line in enumerate(narrow) if line.startswith("chen-2a"))
    assert narrow[at] == "chen-2a      IMP tickets beat random masks"
    assert row.split() == (narrow[at] + narrow[at + 1]).split()


def test_a_reason_is_wrapped_and_not_cut(build, not_run):
    reason = "the control of this claim did not beat the majority baseline " * 3
    document = with_turned(build("sst2"), 1, lambda claim: not_run(claim, reason.strip()))
    for width in (80, 120):
        assert reason.strip() in " ".join(terminal_table(document, width).split())


def test_claims_on_several_tasks_end_in_a_table_of_how_many_they_hold_on(build):
    families = (FamilyRow("chen-3", "5 %", "rewinding helps", 9, 8, 6, 1), FamilyRow("chen-4", "", "same", 2, 0, 0, 0))
    document = replace(build("sst2", "cola"), families=families)
    blocks = terminal_table(document).split("\n\n")
    assert "cola: model lab" in blocks[1]
    assert re.search(r"^chen-3 5 %  rewinding helps +6 of 8 +1 of 8$", blocks[2], re.MULTILINE)
    assert "chen-4" not in blocks[2]
    only = terminal_table(document, layout=Layout(group_by="headline"))
    assert only.startswith(blocks[2].split(chr(10))[0])
    assert not re.search("^chen-[34]  ", only, re.MULTILINE)
    assert "chen-1  " in only


def test_headlines_name_the_claims_whose_evidence_has_only_means(build, not_run):
    alone = with_turned(build("sst2", "cola"), 1, lambda claim: not_run(claim, f"imp@0.6 has a mean but {NO_STD}"))
    only = terminal_table(alone, layout=Layout(group_by="headline"))
    assert "NOT RUN, only means without a std, so no interval: chen-2a." in only


def test_one_line_explains_the_table_and_the_legend_is_for_the_verbose(build):
    short, long = terminal_table(build("sst2")), terminal_table(build("sst2"), verbose=True)
    assert "SUPPORTED: the 90 % interval lies inside the region" in short
    assert short.endswith("-v explains more.")
    assert "mde: the smallest distance" not in short
    assert "mde: the smallest distance" in long


def test_a_model_folder_shows_its_name(build):
    document = build("sst2", rows=1)
    claim = replace(document.claims[0], model="/models/new/minilm/", data="./data/glue")
    table = terminal_table(replace(document, claims=(claim,)))
    assert "sst2: model minilm, data glue, measured" in table


def test_an_undecided_claim_says_how_many_seeds_would_decide_it(build):
    table = terminal_table(build("sst2"), verbose=True)
    assert " 5->12  INCONCLUSIVE " in line_of(table, "chen-3 20 %")
    assert "seeds 5->12: measured with 5 seeds; about 12 would decide." in table
    assert "->" not in terminal_table(build("sst2", rows=3))


def test_a_claim_that_was_not_run_shows_its_reason(build, not_run):
    document = with_turned(build("wnli"), 1, not_run)
    line = line_of(terminal_table(document), "chen-2a")
    assert line.endswith("NOT RUN: the full model does not beat the majority baseline")


def test_claims_that_were_not_run_for_one_reason_share_a_line(build, not_run):
    document = build("wnli")
    document = replace(document, claims=tuple(map(not_run, document.claims)))
    table = " ".join(terminal_table(document).split())
    assert table.count("NOT RUN: the full model does not beat the majority baseline: chen-1, chen-2a, ") == 1
    assert "SUPPORTED" not in table


def test_a_disagreement_of_the_papers_own_rule_is_marked_and_explained(build):
    document = with_claim(build("sst2"), 0, paper_rule=PaperRuleRow("within one std", Verdict.REFUTED))
    document = with_claim(document, 1, paper_rule=PaperRuleRow("within one std", Verdict.SUPPORTED))
    table = terminal_table(document, verbose=True)
    assert " SUPPORTED*" in line_of(table, "chen-1")
    assert "*" not in line_of(table, "chen-2a")
    assert "* the paper's own rule disagrees: chen-1 REFUTED (within one std)." in table
    assert "*" not in terminal_table(build("sst2"))


def test_a_verdict_that_the_correction_changes_is_marked_and_explained(build):
    table = terminal_table(with_claim(build("sst2", "cola"), 8, adjusted_verdict=Verdict.INCONCLUSIVE), verbose=True)
    assert table.count("SUPPORTED~") == 1
    assert "~ the verdict changes when it is corrected for the claim's other tasks: cola chen-1 INCONCLUSIVE." in table
    assert "~" not in terminal_table(build("sst2"))


def test_many_corrected_verdicts_are_counted_by_claim(build):
    document = build("sst2", "cola")
    others = dict.fromkeys(Verdict, Verdict.INCONCLUSIVE) | {Verdict.INCONCLUSIVE: Verdict.SUPPORTED}
    claims = tuple(changed(claim, adjusted_verdict=others[claim.verdict]) for claim in document.claims)
    text = " ".join(terminal_table(replace(document, claims=claims), verbose=True).split())
    assert "corrected for the claim's other tasks: INCONCLUSIVE in the marked rows (chen-1 2x, chen-2a 2x, " in text
    assert "cola chen-1" not in text


def test_the_papers_answer_is_shown_with_its_agreement(build):
    table = terminal_table(with_claim(build("sst2"), 0, paper_verdict=False))
    assert " ! false " in line_of(table, "chen-1")
    assert " = true " in line_of(table, "chen-2a")
    assert " depends " in line_of(table, "chen-4")


def test_collapsed_runs_are_counted_in_the_legend(build):
    # 2 of 5: Clopper & Pearson's 90 % limits are .0764 and .8107. A document of schema 1 knows the count alone.
    counts = (CollapsedRow(ArmId("random", 0.7), 2, 5, 0.0764, 0.8107), CollapsedRow(FULL, 0, 5, 0.0, 0.4507))
    text = " ".join(terminal_table(with_claim(build("sst2", "cola"), 9, collapsed=counts), verbose=True).split())
    assert text.endswith(
        "collapsed runs (NaN, or a score at the majority baseline), with the 90 % interval of their share of all runs; "
        "they stay in the means: sst2 random@0.7: 2; cola random@0.7: 2 of 5 [8 %, 81 %]."
    )
    assert "collapsed" not in terminal_table(build("sst2", rows=1))


def test_what_verdicts_generalise_over_is_said_once_and_exceptions_are_named(build):
    document = build("sst2")
    claims = tuple(changed(claim, over="seeds × examples") for claim in document.claims)
    table = terminal_table(replace(document, claims=claims), verbose=True)
    assert "\nverdicts generalise over seeds × examples.\n" in table
    odd = (changed(claims[0], over="seeds"), *claims[1:])
    table = terminal_table(replace(document, claims=odd), verbose=True)
    assert "\nverdicts generalise over seeds × examples; seeds: chen-1.\n" in table
    assert "generalise" not in terminal_table(document, verbose=True)


def test_points_are_shown_as_points_and_explained(build):
    lost = interval(build("sst2").claims[0], estimate=-9.51, low=-12.0, high=-7.0)
    changes = {"unit": POINTS, "region": RegionRow(low=-10.0), "interval": lost, "mde": 1.26}
    table = terminal_table(with_claim(build("sst2"), 0, **changes), verbose=True)
    assert re.search(r"-9\.5 +\[-12\.0, +-7\.0\] +> -10 pts +5 +SUPPORTED .* 1\.3$", line_of(table, "chen-1"))
    assert "pts: points of the metric." in table
    assert re.search(r"\+45\.3 \[\+43\.1, \+47\.5\] +> 0 ", line_of(table, "chen-2a"))
    assert "points" not in terminal_table(build("sst2"), verbose=True)


def test_a_note_says_what_a_verdict_turns_on(build):
    changes = {"verdict": Verdict.INCONCLUSIVE, "reason": "turns on 2 collapsed runs"}
    table = terminal_table(with_claim(build("sst2"), 1, **changes), verbose=True)
    assert "note on chen-2a: turns on 2 collapsed runs." in table


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        ((8, 6, 0), "chen-1 holds on at least 6 of 8 tasks"),
        ((8, 6, 1), "chen-1 holds on at least 6 of 8 tasks, and is refuted on at least 1"),
        ((8, 0, 2), "chen-1 is refuted on at least 2 of 8 tasks"),
        ((8, 0, 0), "chen-1 is decided on none of 8 tasks"),
        ((0, 0, 0), "chen-1 was judged on none of 9 tasks"),
    ],
)
def test_a_familys_line_counts_what_holds_and_what_does_not(counts, text):
    assert cells.family_text(FamilyRow("chen-1", "", "tickets win", 9, *counts)) == text


def test_warnings_of_the_run_are_shown(build):
    document = replace(build("sst2"), warnings=("the pooler keeps 0.2 % of its weights",))
    assert "warning: the pooler keeps 0.2 % of its weights" in terminal_table(document)


def test_colour_adds_codes_and_changes_no_character(build):
    document = build("sst2", "cola")
    plain, painted = terminal_table(document), terminal_table(document, color=True)
    assert "\x1b" not in plain
    assert re.sub(r"\x1b\[\d+m", "", painted) == plain
    assert "\x1b[32mSUPPORTED\x1b[0m" in painted
    assert "\x1b[31mREFUTED\x1b[0m" in painted
    assert "\x1b[33mINCONCLUSIVE\x1b[0m" in painted


def test_the_table_adds_nothing_but_ascii_to_what_the_claims_say(build):
    assert terminal_table(build("sst2", "cola"), color=True).isascii()


def test_an_infinite_interval_is_shown_as_such(build):
    document = build("sst2", rows=1)
    wide = interval(document.claims[0], low=None, high=None)
    assert "+0.4 [-inf, +inf]" in terminal_table(with_claim(document, 0, interval=wide))


def test_arms_of_different_size_show_both_numbers_of_seeds(build):
    summary = {"seeds": (), "scores": (), "mean": 0.91, "std": 0.01, "n": 3}
    document = with_arm(build("sst2", rows=1), 0, FULL, **summary)
    assert " 5/3 " in line_of(terminal_table(document), "chen-1")


def test_no_claim_gives_one_line(build):
    assert terminal_table(build()) == "no claim was judged"


def test_the_summary_counts_every_verdict_and_the_agreement_with_the_paper(build, not_run):
    document = with_turned(with_claim(build("sst2"), 1, paper_verdict=False), 2, not_run)
    assert summary_line(document) == (
        "8 claims: 3 supported, 3 refuted, 1 inconclusive, 1 not run; 4 of 5 decided as in the paper"
    )


def test_a_known_divergence_from_the_paper_is_explained(build):
    known = {"paper_verdict": False, "outcome": "xfailed", "reason": "small models prune well"}
    table = terminal_table(with_claim(build("sst2"), 0, **known))
    assert "! known divergence of this model: chen-1 (small models prune well)." in table
    assert "known of" not in terminal_table(build("sst2"))
