"""The pages in a real browser: no network, no complaint on the console, charts drawn, hover and zoom work."""

import shutil

import pytest

from pages import ABOUT, HOSTILE, explored, mapped, report
from textkind.report.data_page import render_data
from textkind.report.map_page import render_map
from textkind.report.page import render

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SIZES = {"desktop": (1200, 900), "phone": (390, 800)}


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no chromium here: install the package chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Open a page with the network off; at the end, nothing may have been said on the console."""
    said, contexts = [], []

    def open_page(html, *, size="desktop", scheme="light"):
        file = tmp_path / "page.html"
        file.write_text(html, "utf-8")
        width, height = SIZES[size]
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            offline=True,
            has_touch=size == "phone",
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: said.append(f"dialog {dialog.message}"))
        page.on("request", lambda request: request.url.startswith("file:") or said.append(request.url))
        page.goto(file.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not [message for message in said if not message.startswith(("data:", "blob:"))]


def data_page(names=("joy", "anger"), texts=None):
    return render_data(
        explored(names, texts or [f"some words number {'x ' * (n % 9)}{n}" for n in range(60)])
    )


def drawn(page):
    page.wait_for_function("document.querySelectorAll('.plot svg.marks').length === 3")
    return page.locator(".plot svg.marks")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_data_page_fits_and_draws_its_charts(opened, size, scheme):
    page = opened(data_page(), size=size, scheme=scheme)
    assert drawn(page).count() == 3
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    assert page.locator(".plot svg.marks").first.locator(".mark-rect path").count() > 0
    assert page.locator(".plot[aria-label]").count() == 3


def test_pointing_at_a_bar_shows_its_numbers(opened):
    page = opened(data_page())
    drawn(page).first.locator(".mark-rect.role-mark path").first.hover()
    tip = page.locator("#vg-tooltip-element.visible")
    tip.wait_for()
    assert {"label", "split", "rows", "share"} <= set(tip.inner_text().split())


def test_control_and_wheel_zoom_and_a_double_click_goes_back(opened):
    page = opened(data_page())
    chart = drawn(page).nth(1)
    labels = """() => [...document.querySelectorAll(".plot svg.marks")[1].querySelectorAll(".role-axis-label")[0]
        .querySelectorAll("text")].map((one) => one.textContent).sort().join()"""
    before = page.evaluate(labels)
    chart.hover(position={"x": 400, "y": 120})
    page.keyboard.down("Control")
    page.mouse.wheel(0, -600)
    page.keyboard.up("Control")
    page.wait_for_function(f"(before) => ({labels})() !== before", arg=before)
    chart.dblclick(position={"x": 400, "y": 120})
    page.wait_for_function(f"(before) => ({labels})() === before", arg=before)


@pytest.mark.parametrize(("kind", "start"), [("SVG", b"<svg"), ("PNG", b"\x89PNG")])
def test_pictures_can_be_saved(opened, kind, start):
    page = opened(data_page())
    drawn(page)
    plot = page.locator(".plot").first
    plot.locator("summary").click()
    with page.expect_download() as download:
        plot.get_by_text(f"Save as {kind}").click()
    assert download.value.suggested_filename == f"labels.{kind.lower()}"
    assert download.value.path().read_bytes().startswith(start)


def test_tables_are_sorted_by_mouse_and_keyboard(opened):
    page = opened(data_page(("b", "a", "c")))
    heading = page.locator("table.sortable th button").first
    order = lambda: page.locator("table.sortable tbody th").all_inner_texts()  # noqa: E731
    heading.click()
    assert order() == ["a", "b", "c"]
    heading.press("Enter")
    assert order() == ["c", "b", "a"]


def test_texts_from_strangers_run_nothing(opened):
    page = opened(data_page(HOSTILE, [f"{text} {n}" for n in range(9) for text in HOSTILE]))
    drawn(page)
    page.locator(".plot svg.marks").first.locator(".mark-rect.role-mark path").first.hover()
    page.locator("#vg-tooltip-element.visible").wait_for()
    assert page.locator("img").count() == 0


@pytest.mark.parametrize("size", SIZES)
def test_report_page_opens(opened, size):
    page = opened(render(report(), ABOUT), size=size)
    assert page.locator("table.matrix").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("names", [("joy", "anger"), tuple(f"intent {n}" for n in range(12)), HOSTILE])
def test_map_is_drawn_and_can_be_filtered(opened, names, size, scheme):
    page = opened(render_map(mapped(names)), size=size, scheme=scheme)
    page.wait_for_selector(".plot canvas")
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    page.get_by_label("show").select_option(label="wrong answers in validation")
    page.locator("input[type=search]").fill("text 1")
    assert page.locator(".panels figure").count() == len(names)


def test_pointing_at_a_row_of_the_map_shows_its_text(opened):
    document = mapped(("joy", "anger"), n=1)
    document["points"] = [{**document["points"][1], "x": 0.5, "y": 0.5}]
    page = opened(render_map(document))
    canvas = page.locator(".plot canvas")
    canvas.wait_for()
    box = canvas.bounding_box()
    for y in range(int(box["height"] * 0.4), int(box["height"] * 0.7), 2):
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + y)
        if page.locator("#vg-tooltip-element.visible").count():
            break
    assert "joy text 0" in page.locator("#vg-tooltip-element").inner_text()
