"""The page in a real headless Chromium, opened as a file; skipped without one."""

import itertools
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lth.document.files import from_json
from lth.report.site import site
from lth.verdict import Verdict
from tests.report.conftest import OUTCOMES, arm, made_up_claim
from tests.report.test_site import earlier
from tests.report.test_structure_plots import NAMES, structure

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install playwright")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium in the path: apt-get install chromium"),
]

Open = Callable[..., Any]
CLAIMS = "[...document.querySelectorAll('#table tbody tr:not([hidden])')]"
SHOWN = f"{CLAIMS}.map(row => row.dataset.claim.replace('claim-', ''))"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with two tasks, every verdict, every picture, two earlier runs and one claim of another paper."""
    claims = [made_up_claim(key, task) for task in ("sst2", "mnli") for key in list(OUTCOMES)[:6]]
    claims[0]["arms"] |= {name: arm(name, 0.4, 0.6) for name in NAMES}
    claims[1]["statement"] = "<img src=x onerror='window.injected = true'>" + "long" * 40
    claims[5]["paper"] = "prasanna2020"
    claims[5]["published"] = {"verdict": "SUPPORTED", "effect": None, "reason": "", "data": "prasanna2020"}
    claims[11] |= {
        "effect": None,
        "verdict": "NOT RUN",
        "adjusted_verdict": "NOT RUN",
        "mde": None,
        "reason": "no scores",
    }
    document = from_json(json.dumps({"schema": 1, "created": "2020-07-23T12:00:00+00:00", "claims": claims}))
    document = replace(document, structures=(structure(),))
    history = [earlier(document, 1, -0.03, verdict=Verdict.REFUTED), earlier(document, 2, -0.02)]
    return site(document, tmp_path_factory.mktemp("site"), history).parent


@pytest.fixture
def show(browser: Any, folder: Path) -> Iterator[Open]:
    """Open the page; at the end the console must have no error, and every file must have been found."""
    complaints: list[str] = []
    contexts = []

    def opened(fragment: str = "", width: int = 1280, **options: Any) -> Any:
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, **options))
        page = contexts[-1].new_page()
        page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.append(f"not loaded: {request.url}"))
        page.goto(f"{(folder / 'index.html').as_uri()}{fragment}")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def test_the_page_opens_from_a_file_without_a_complaint(show: Open) -> None:
    page = show()
    page.evaluate("document.querySelectorAll('img').forEach(image => image.loading = 'eager')")
    page.evaluate("Promise.all([...document.images].map(image => image.decode()))")
    assert page.evaluate("[...document.images].map(image => image.naturalWidth > 0)") == [True] * 7
    assert page.evaluate("window.injected") is None
    assert page.inner_text("#shown") == "12 of 12 claims shown"


def test_a_click_sorts_by_a_column_and_a_second_one_turns_it_round(show: Open) -> None:
    page = show()
    before = page.evaluate(SHOWN)
    button = page.get_by_role("button", name="Effect")
    button.click()
    # The effects in %, made up: 0.4, 45.3, 45.21, 39, -0.2, 1.1 for both tasks, the last one of them not run.
    rising = ["chen-3-5", "chen-1", "chen-3-20", "chen-2c", "chen-2b", "chen-2a"]
    expected = [f"{task}-{name}" for name in rising for task in ("sst2", "mnli")]
    expected.append(expected.pop(expected.index("mnli-chen-3-20")))
    assert page.evaluate(SHOWN) == expected
    assert page.locator("th[aria-sort]").get_attribute("aria-sort") == "ascending"
    button.click()
    assert page.evaluate(SHOWN)[0] == "sst2-chen-2a"
    assert page.evaluate(SHOWN)[-1] == "mnli-chen-3-20"
    assert page.locator("th[aria-sort]").get_attribute("aria-sort") == "descending"
    page.get_by_role("button", name="Reset").click()
    page.wait_for_selector("th[aria-sort]", state="detached")
    assert page.evaluate(SHOWN) == before


@pytest.mark.parametrize("column", range(11))
def test_every_column_sorts(show: Open, column: int) -> None:
    page = show()
    page.locator("#table thead button").nth(column).click()
    orders = page.evaluate(f"{CLAIMS}.map(row => row.cells[{column}].dataset.order)")
    known = [order for order in orders if order != ""]
    assert orders == known + [""] * (len(orders) - len(known))
    numbers = [float(order) for order in known if order.replace(".", "").replace("-", "").isdecimal()]
    assert numbers == sorted(numbers)
    if not numbers:
        assert known == sorted(known, key=lambda text: text.replace("5 %", "05 %").replace("50", "50").lower())


def test_filters_hide_rows_and_the_sections_of_their_claims(show: Open) -> None:
    page = show()
    page.select_option("[name=task]", "mnli")
    page.fill("[name=text]", "REWINDING helps")
    assert page.evaluate(SHOWN) == ["mnli-chen-3-5", "mnli-chen-3-20"]
    assert page.inner_text("#shown") == "2 of 12 claims shown"
    assert page.locator("details.claim:visible").count() == 2
    assert page.locator("section.group:visible").count() == 1
    page.select_option("[name=verdict]", "NOT RUN")
    assert page.evaluate(SHOWN) == ["mnli-chen-3-20"]
    page.get_by_role("button", name="Reset").click()
    page.select_option("[name=paper]", "Prasanna 2020")
    assert page.evaluate(SHOWN) == ["sst2-chen-3-20"]


def test_the_address_keeps_sorting_and_filters(show: Open) -> None:
    page = show()
    page.select_option("[name=task]", "sst2")
    page.get_by_role("button", name="Verdict").click()
    page.get_by_role("button", name="Verdict").click()
    fragment = page.url.partition("#")[2]
    assert fragment == "task=sst2&sort=Verdict&order=descending"
    again = show(f"#{fragment}")
    assert again.evaluate(SHOWN) == page.evaluate(SHOWN)
    assert again.evaluate(SHOWN)[0] == "sst2-chen-3-20"
    assert again.input_value("[name=task]") == "sst2"


def test_an_address_without_a_state_does_no_harm(show: Open) -> None:
    for fragment in (
        "#nowhere",
        "#%",
        "#100%",
        "#sort=nothing&task=none&order=descending",
        "#=&=",
        "#claim-sst2-chen-1",
    ):
        page = show(fragment)
        assert page.inner_text("#shown") == "12 of 12 claims shown"


def test_a_claims_link_opens_its_section(show: Open) -> None:
    page = show()
    page.locator("#table a").nth(3).click()
    section = page.locator("#claim-sst2-chen-2c")
    assert section.evaluate("section => section.open")
    assert section.get_by_text("How it was decided").is_visible()


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_no_page_is_wider_than_its_window(show: Open, width: int) -> None:
    page = show(width=width)
    page.evaluate("document.querySelectorAll('details').forEach(section => section.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_phone_shows_cards_and_sorts_them_by_a_list(show: Open) -> None:
    page = show(width=360)
    assert page.locator("#table thead").bounding_box()["width"] <= 1
    page.select_option("[name=sort]", label="Verdict, descending")
    assert page.evaluate(SHOWN)[0] == "mnli-chen-3-20"
    card = page.locator("#table tbody tr").first
    assert card.bounding_box()["width"] > 300
    assert card.locator("td").first.evaluate("cell => getComputedStyle(cell, '::before').content") == '"Task"'


def test_the_keyboard_reaches_skips_sorts_and_unfolds(show: Open) -> None:
    page = show()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the verdicts"
    assert page.locator(".skip").bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "text"
    page.get_by_role("button", name="Statement").focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Space")
    assert page.locator("th[aria-sort]").inner_text().startswith("Statement")
    page.locator("#claim-mnli-chen-1 summary").focus()
    page.keyboard.press("Enter")
    assert page.locator("#claim-mnli-chen-1").evaluate("section => section.open")


def test_a_screen_reader_finds_landmarks_headings_and_named_tables(show: Open) -> None:
    page = show(width=360)
    for role in ("banner", "main", "contentinfo"):
        assert page.get_by_role(role).count() == 1
    for name in ("On this page", "Papers"):
        assert page.get_by_role("navigation", name=name).count() == 1
    table = page.get_by_role("table").first
    assert table.get_by_role("row").count() == 13
    assert table.get_by_role("rowheader").first.inner_text() == "chen-1"
    assert table.get_by_role("cell").count() == 12 * 11
    assert page.get_by_role("status").inner_text() == "12 of 12 claims shown"
    levels = page.evaluate(
        "[...document.querySelectorAll('h1, h2, h3, h4, h5')].map(title => Number(title.tagName[1]))"
    )
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_the_page_is_complete_without_its_script(show: Open) -> None:
    page = show(java_script_enabled=False)
    assert page.locator("#table tbody tr:visible").count() == 12
    assert page.locator("details.claim:visible").count() == 12
    assert page.locator("form").is_hidden()
    assert page.locator("thead button").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing_inaccessible(show: Open, scheme: str, width: int) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")
    page = show(width=width, color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(section => section.open = true)")
    found = axe.Axe().run(page, options={"preload": False}).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []


def test_a_papers_page_is_reached_from_the_verdicts_and_as_accessible(show: Open) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")
    page = show(width=360, color_scheme="dark")
    page.get_by_role("link", name="Chen 2020: its tables and figures").click()
    assert page.locator("h2").first.inner_text() == "Table 2: Winning tickets and their controls, retrained"
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    found = axe.Axe().run(page, options={"preload": False}).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []
    page.get_by_role("link", name="All verdicts of this run").click()
    assert page.locator("#table").count() == 1


def test_light_and_dark_follow_the_readers_choice(show: Open) -> None:
    colors = {
        scheme: show(color_scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    }
    assert colors == {"light": "rgb(255, 255, 255)", "dark": "rgb(22, 24, 26)"}
