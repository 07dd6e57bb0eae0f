import re
from dataclasses import replace

from lth.claims.arm_id import ArmId
from lth.claims.effects import POINTS
from lth.document.rows import ArmRow, FamilyRow, IntervalRow, PaperRuleRow, RegionRow
from lth.report.markdown import markdown
from lth.report.pictures import pictures
from lth.verdict import Verdict
from tests.report.made_up import with_arm, with_claim, with_turned

TICKET = ArmId("imp", 0.9)


def cells_of(text: str, first: str) -> list[str]:
    (line,) = [line for line in text.splitlines() if re.match(rf"\| {re.escape(first)} +\|", line)]
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def summary_of(text: str, claim: str) -> list[str]:
    """The cells of the claim's row in the summary, with plain spaces."""
    (line,) = [line for line in text.splitlines() if f"| **{claim}** " in line]
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.replace("\N{NO-BREAK SPACE}", " "))[1:-1]]


def test_the_summary_says_what_was_found_and_draws_it(build):
    text = markdown(build("sst2"))
    assert summary_of(text, "chen-1") == [
        "🟢",
        "**chen-1** IMP finds winning tickets at non-trivial sparsity",
        "SUPPORTED<br>as in the paper",
        "+0.4 [−0.9, +1.7]",
        "> −2",
        "`  │░░░░├────●─────┤░░`",  # -2, -.9, .4 and 1.7 on a scale from -2.46 to 2.16
    ]
    assert summary_of(text, "chen-3 20 %")[0] == "🟡"
    assert summary_of(text, "chen-3 50 %")[0] == "🔴"
    assert text.index("**chen-1**") < text.index("<details>")


def test_a_claims_row_of_all_columns_says_everything_about_its_verdict(build):
    rule = PaperRuleRow("within one std", Verdict.REFUTED)
    judged = {"adjusted_verdict": Verdict.INCONCLUSIVE, "paper_rule": rule, "over": "seeds × examples"}
    document = with_claim(build("sst2"), 0, **judged)
    text = markdown(document)
    assert dict(zip(cells_of(text, "claim"), cells_of(text, "chen-1"), strict=True)) == {
        "claim": "chen-1",
        "effect": "imp@0.7 − full",
        "estimate [90 % interval], % of full": "+0.4 [-0.9, +1.7] (paired t)",
        "generalises over": "seeds × examples",
        "seeds": "5",
        "corrected verdict": "INCONCLUSIVE (**differs**)",
        "paper's data show": "–",
        "paper's own rule": "REFUTED: within one std (**disagrees**)",
        "MDE, % of full": "1.3",
        "seeds needed": "",
        "collapsed runs": "",
    }
    assert cells_of(text, "chen-3 20 %")[-2] == "12"
    assert cells_of(text, "chen-2a")[-1] == "random@0.7: 2"


def test_claims_that_were_not_run_are_listed_by_reason(build, not_run):
    document = with_turned(build("wnli"), 0, lambda claim: not_run(claim, "too few seeds"))
    document = with_turned(document, 2, lambda claim: not_run(claim, "too few seeds"))
    text = markdown(document)
    assert "\n- ⚪ NOT RUN, too few seeds: chen-1, chen-2b\n" in text
    assert "| chen-1 " not in text


def test_the_arms_are_listed_with_mean_deviation_and_share_of_full(build):
    text = markdown(build("sst2"))
    # made-up scores of `full`: .89 .90 .91 .92 .93: mean .91, sum of squares .001, std sqrt(.001 / 4) = .0158
    assert cells_of(text, "full") == ["full", "5", "0.9100 ± 0.0158", "100.0", "", ""]
    assert cells_of(text, "majority baseline") == ["majority baseline", "", "0.5000", "54.9", "", ""]
    assert cells_of(text, "random@0.7") == ["random@0.7", "5", "0.5070 ± 0.0158", "55.7", "", "2"]
    assert text.index("| full ") < text.index("| majority baseline ") < text.index("| imp@0.3 ")


def test_an_arm_with_a_nan_run_has_no_mean_and_says_so(build):
    document = with_arm(build("sst2", rows=1), 0, TICKET, scores=(0.66, 0.67, 0.68, None, 0.69))
    assert cells_of(markdown(document), "imp@0.9")[1:4] == ["5", "no mean: 1 of 5 NaN", ""]


def test_an_arm_of_one_seed_has_a_mean_and_no_deviation(build):
    document = with_arm(build("sst2", rows=1), 0, TICKET, seeds=(0,), scores=(0.7,))
    assert cells_of(markdown(document), "imp@0.9")[2] == "0.7000"


def test_an_arm_of_another_measure_is_not_among_the_arms_with_scores(build):
    kappa = ArmId("good", measure="kappa", units="heads")
    document = with_turned(
        build("sst2", rows=1), 0, lambda claim: replace(claim, arms=(*claim.arms, ArmRow(kappa, (0,), (0.3,))))
    )
    assert "kappa of heads" not in markdown(document)


def test_the_settings_come_last_in_the_order_a_person_types_them(build):
    text = markdown(build("sst2", "cola"))
    last = text.split("<details><summary>")[-1]
    assert last.startswith("Settings</summary>")
    names = re.findall(r"^\| (\w+) +\| ", last, flags=re.M)
    others = ["alpha", "correction", "evidence", "margin", "method"]
    assert names == ["setting", "task", "model", "seeds", *others, "created", "commit", "python"]
    assert cells_of(text, "task") == ["task", "sst2, cola"]
    assert text.startswith("# Verdicts: sst2, cola\n\n**16 claims: ")


def test_everything_that_unfolds_is_closed(build):
    text = markdown(build("sst2", "cola"))
    assert text.count("<details>") == text.count("</details>") == 6
    assert text.count("\n\n</details>\n") == 6


def test_pipes_tags_and_line_ends_in_a_text_do_not_break_the_table(build):
    document = with_claim(build("sst2", rows=1), 0, statement="P(a|b)\nis <b>")
    row = summary_of(markdown(document), "chen-1")
    assert row[1] == "**chen-1** P(a\\|b) is &lt;b>"
    assert len(row) == 6


def test_every_row_of_a_table_has_as_many_cells_as_its_header(build, not_run):
    document = with_turned(build("sst2", "cola"), 5, not_run)
    for block in markdown(document).split("\n\n"):
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines() if line.startswith("|")}
        assert len(widths) <= 1


def test_pictures_are_beside_what_they_show(build):
    document = build("sst2", "cola")
    drawn = [picture for group in pictures(document).values() for picture in group]
    text = markdown(document, [(picture, f"plots of/{picture.name}") for picture in drawn])
    assert {picture.kind for picture in drawn} >= {"forest", "curve"}
    places = [
        text.index(f"](plots%20of/{name}-{task}.svg)") for task in ("sst2", "cola") for name in ("forest", "curve")
    ]
    assert places == sorted(places)
    assert (
        text.index("## sst2") < places[0] < text.index("<summary>Arms") < places[1] < text.index("## cola") < places[2]
    )
    assert "![" not in markdown(document)


def test_the_report_ends_with_the_rule_and_its_numbers(build):
    document = build("sst2")
    document = replace(document, options=replace(document.options, alpha=0.1, margin=0.03))
    rule = markdown(document).split("How to read this</summary>")[1]
    assert "the 80 % interval of the effect lies inside the region" in rule
    assert "probability of at most 0.1." in rule
    assert "A loss below 3 % counts as matching." in rule


def test_warnings_are_quoted(build):
    document = replace(build("sst2"), warnings=("the pooler keeps 0.2 % of its weights",))
    assert "\n> Warning: the pooler keeps 0.2 % of its weights\n" in markdown(document)


def test_a_known_divergence_from_the_paper_is_explained(build):
    known = {"paper_verdict": False, "outcome": "xfailed", "reason": "small models prune well"}
    row = summary_of(markdown(with_claim(build("sst2"), 0, **known)), "chen-1")
    expected = "known divergence of this model: small models prune well"
    assert row[2] == f"SUPPORTED<br>**the paper says otherwise**; {expected}"


def test_what_is_special_about_a_verdict_is_noted_below_the_table(build):
    document = with_claim(build("sst2"), 0, reason="table 2 prints 0.240; the recorded mean is 0.025")
    text = markdown(document)
    assert "\n- chen-1: table 2 prints 0.240; the recorded mean is 0.025.\n" in text
    assert "\n- chen-1: " not in markdown(build("sst2"))


def test_recipes_are_spelt_out(build):
    document = build("sst2")
    recipes = {"sst2": {"lr": 0.001, "epochs": 2}, "cola": {"lr": 0.0005, "epochs": 3}}
    options = replace(document.options, recipe={"batch": 16, "dev_examples": None}, recipe_by_task=recipes)
    text = markdown(replace(document, options=options))
    assert cells_of(text, "recipe")[1] == "batch 16, dev_examples None"
    assert cells_of(text, "recipe by task")[1] == "sst2 lr 0.001, epochs 2, cola lr 0.0005, epochs 3"


def test_a_criterion_is_a_setting_if_it_is_not_the_default(build):
    document = build("sst2")
    movement = replace(document, options=replace(document.options, criterion="movement"))
    assert cells_of(markdown(movement), "criterion")[1] == "movement"
    assert "criterion" not in markdown(document)


def test_what_plugins_note_is_among_the_settings(build):
    document = replace(build("sst2"), notes={"zeal": "high"})
    assert cells_of(markdown(document), "zeal")[1] == "high"


def test_a_subnetwork_shows_the_shares_of_heads_and_mlps_that_it_keeps(build):
    kept = {"heads": 0.25, "mlps": 0.125}
    document = with_arm(build("sst2", rows=1), 0, TICKET, densities=kept, kept_parameters=0.4)
    assert cells_of(markdown(document), "imp@0.9")[4] == "40.0 (heads 25.0, MLPs 12.5)"


def test_points_are_written_as_points(build):
    lost = IntervalRow("paired t", 0.05, -12.34, -20.0, None)
    changes = {"unit": POINTS, "region": RegionRow(low=-15.0), "interval": lost, "mde": 3.21}
    text = markdown(with_claim(build("sst2", rows=1), 0, **changes))
    assert summary_of(text, "chen-1")[3:5] == ["−12.3 [−20.0, +∞] pts", "> −15 pts"]
    row = cells_of(text, "chen-1")
    assert (row[2], row[8]) == ("-12.3 [-20.0, +inf] pts (paired t)", "3.2")


def test_a_claim_on_several_tasks_has_a_headline(build):
    families = (FamilyRow("chen-3", "5 %", "rewinding helps", 9, 8, 6, 1), FamilyRow("chen-4", "", "same", 2, 0, 0, 0))
    text = markdown(replace(build("sst2", "cola"), families=families))
    (block,) = re.findall(r"## Over tasks\n\n(.*?)\n\n", text, re.DOTALL)
    assert cells_of(block, "chen-3 5 %") == ["chen-3 5 %", "rewinding helps", "6 of 8", "1"]
    assert "chen-4" not in block
    assert "Over tasks" not in markdown(build("sst2"))


def test_a_report_on_one_task_is_named_after_it(build):
    document = with_claim(build("sst2", rows=2), 1, task="all tasks", full_mean=None, metric="")
    assert markdown(document).startswith("# Verdicts: sst2\n")
    assert markdown(with_claim(document, 0, task="all tasks", full_mean=None)).startswith("# Verdicts: all tasks\n")
