"""A repository that has never heard of this plugin, in an environment where it is installed: nothing changes there."""

import pytest

CONFTEST = """
import pytest

def pytest_addoption(parser):
    parser.addoption("--model", default="theirs", help="their model")
    parser.addoption("--seeds", type=int, default=3)
    parser.addoption("--task", choices=["build", "clean"])
    parser.addoption("--data", action="store_true")

def pytest_configure(config):
    config.addinivalue_line("markers", "claim(text): a sentence of their manual")

@pytest.fixture
def arms():
    return ["left", "right"]

@pytest.fixture
def claim(request):
    return request.node.get_closest_marker("claim").args[0]
"""
TESTS = """
import pytest

@pytest.mark.claim("x")
def test_their_claim(arms, claim, request):
    options = request.config.option
    assert (arms, claim) == (["left", "right"], "x")
    assert (options.model, options.seeds, options.task, options.data) == EXPECTED

@pytest.mark.claim
def test_a_bare_marker(): pass

@pytest.mark.claim("y", paper="theirs", kind=3)
def test_other_arguments(arms): pass
"""
OURS = '''
import pytest

@pytest.mark.claim("ours-1", paper="ours", says=True)
def test_tickets_beat_one_shot_masks(claim):
    """Tickets beat masks of theta_0's own largest weights."""
    return claim.difference(claim.arms.imp(), claim.arms.oneshot()).lies_in(claim.above(0))
'''
STRICT = ("--strict-markers", "-p", "no:cacheprovider")


@pytest.fixture
def theirs(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeconftest(CONFTEST)
    return pytester


def test_its_options_marker_and_fixtures_are_its_own(theirs: pytest.Pytester) -> None:
    theirs.makepyfile(TESTS.replace("EXPECTED", '("theirs", 3, None, False)'))
    theirs.runpytest_inprocess(*STRICT).assert_outcomes(passed=3)


def test_its_options_are_read_by_its_rules(theirs: pytest.Pytester) -> None:
    theirs.makepyfile(TESTS.replace("EXPECTED", '("m", 7, "build", True)'))
    given = ("--model=m", "--seeds", "7", "--task=build", "--data")
    theirs.runpytest_inprocess(*given, *STRICT).assert_outcomes(passed=3)
    refused = theirs.runpytest_inprocess("--task=sst2", *STRICT)
    refused.stderr.fnmatch_lines(["*argument --task: invalid choice: 'sst2'*"])


def test_claims_run_beside_its_tests_with_the_long_options(theirs: pytest.Pytester) -> None:
    theirs.makepyfile(test_theirs=TESTS.replace("EXPECTED", '("m", 3, None, False)'), test_ours=OURS)
    result = theirs.runpytest_inprocess(
        "--model=m", "--claims-task=cola,sst2", "--claims-seeds=2", "--collect-only", "-q"
    )
    result.stdout.fnmatch_lines(
        ["test_ours.py::test_tickets_beat_one_shot_masks[[]cola]", "*[[]sst2]", "*test_their_claim"]
    )
    plan = theirs.runpytest_inprocess(
        "test_ours.py", "--claims-task=cola", "--claims-model=lab", "--claims-plan", *STRICT
    )
    plan.stdout.fnmatch_lines(["plan: 1 claims need *"])


def test_a_wrong_long_option_is_reported_as_it_was_typed(theirs: pytest.Pytester) -> None:
    result = theirs.runpytest_inprocess("--claims-task=SST2")
    result.stderr.fnmatch_lines(["ERROR: --claims-task=SST2: no task 'SST2'; did you mean 'sst2'? *"])


def test_a_plugin_may_have_the_options_and_the_fixture_too(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(their_plugin=CONFTEST)
    pytester.makepyfile(TESTS.replace("EXPECTED", '("m", 3, None, False)'))
    pytester.syspathinsert()
    pytester.runpytest_inprocess("-p", "their_plugin", "--model=m", *STRICT).assert_outcomes(passed=3)


def test_a_conftest_that_is_found_late_may_have_the_options(pytester: pytest.Pytester) -> None:
    below = pytester.mkpydir("deep").joinpath("er")
    below.mkdir()
    (below / "conftest.py").write_text(CONFTEST)
    (below / "test_theirs.py").write_text(TESTS.replace("EXPECTED", '("theirs", 3, None, False)'))
    pytester.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=3)


def test_a_settings_file_can_give_the_short_options(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\naddopts = --task cola --claims-plan")
    result = pytester.runpytest_inprocess(pytester.makepyfile(OURS), "--seeds", "2", "-p", "no:cacheprovider")
    result.stdout.fnmatch_lines(["plan: 1 claims need *", "  cola: 8 fine-tunings"])


def test_short_and_long_are_one_option_and_the_last_one_counts(pytester: pytest.Pytester) -> None:
    asked = ("--claims-task=cola", "--task=sst2", "--claims-plan", "--seeds=2", "-p", "no:cacheprovider")
    pytester.runpytest_inprocess(pytester.makepyfile(OURS), *asked).stdout.fnmatch_lines(["  sst2: 8 fine-tunings"])


def test_a_recorded_property_called_inconclusive_is_not_ours(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_theirs(record_property): record_property('inconclusive', 'yes')")
    assert pytester.runpytest_inprocess("-p", "no:cacheprovider").parseoutcomes() == {"passed": 1}
