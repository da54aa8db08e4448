"""The pages in a real browser: no network, no complaint on the console, charts drawn, hover and zoom work."""

import pytest

from pages import ABOUT, HOSTILE, TRAINING, explored, joined, mapped, report
from textkind.report.data_page import render_data
from textkind.report.map_page import render_map
from textkind.report.page import render

SIZES = {"desktop": (1200, 900), "phone": (390, 800)}


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


def all_drawn(page):
    """Wait for the charts of data, the curves and the map."""
    page.wait_for_function("document.querySelectorAll('.plot :is(svg, canvas).marks').length === 3 + 2 + 1")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "names", [("joy", "anger"), HOSTILE, tuple(f"a_rather_long_label_{n}" for n in range(30))]
)
def test_joined_page_fits_draws_all_and_runs_nothing(opened, names, size, scheme):
    page = opened(joined(names, training=TRAINING), size=size, scheme=scheme)
    all_drawn(page)
    assert page.locator(".plot canvas").count() == 1
    page.evaluate(
        "for (const one of document.querySelectorAll('.part details:not(.plot details)')) one.open = true"
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    assert page.locator("img").count() == 0


@pytest.mark.parametrize("size", SIZES)
def test_joined_page_is_gone_through_by_its_sections(opened, size):
    page = opened(joined(training=TRAINING), size=size)
    all_drawn(page)
    links = page.locator(".sections a")
    assert page.locator(".sections a[aria-current]").inner_text() == "Overview"
    for number in range(links.count()):
        links.nth(number).click()
        name = links.nth(number).inner_text()
        page.wait_for_function(
            "(name) => document.querySelector('.sections a[aria-current]').textContent === name", arg=name
        )
        part = page.locator(links.nth(number).get_attribute("href"))
        page.wait_for_function(
            "(id) => document.querySelector(id).getBoundingClientRect().top < innerHeight",
            arg=links.nth(number).get_attribute("href"),
        )
        assert page.locator(".sections").bounding_box()["y"] >= 0
        assert part.is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_marked_words_can_be_read_and_told_apart_without_colour(opened, scheme):
    page = opened(joined(), scheme=scheme)
    styles = """(kind) => { const one = getComputedStyle(document.querySelector(`.item mark.${kind}`));
        const numbers = (text) => text.match(/[\\d.]+/g).map(Number), paper = getComputedStyle(document.body);
        const [r, g, b, a] = numbers(one.backgroundColor), under = numbers(paper.backgroundColor);
        return {line: one.textDecorationStyle, ink: numbers(one.color), back: [r, g, b].map((c, i) => c * a + under[i] * (1 - a))}; }"""
    lines = set()
    for kind in ("for", "against"):
        found = page.evaluate(styles, kind)
        lines.add(found["line"])
        assert contrast(found["ink"], found["back"]) > 4.5
    assert lines == {"solid", "dashed"}


def contrast(one, two):
    """The ratio of WCAG 2."""

    def luminance(colour):
        linear = [
            c / 12.92 if (c := value / 255) <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for value in colour
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one[:3]), luminance(two)))
    return (high + 0.05) / (low + 0.05)
