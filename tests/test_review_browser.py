"""The review page in a real browser: from the first row to the retrained run, with a server that is killed."""

import http.server
import json
import random
import signal
import threading
import time
import webbrowser
from contextlib import contextmanager
from dataclasses import replace

import pytest

from reviewing import HOSTILE, address_of, desk, listening, served, textkind
from textkind.data.correction_log import append, read
from textkind.data.corrections import Correction
from textkind.mistakes.noise_rate import STEP, noise_rate
from textkind.review.desk import Desk
from textkind.review.opening import browser_at

SIZES = {"desktop": (1200, 900), "phone": (390, 800)}


@pytest.fixture(scope="module", autouse=True)
def installed():
    for package in ("fastapi", "uvicorn"):
        pytest.importorskip(package, reason=f"{package} is not installed: textkind[review]")


@pytest.fixture
def opened(browser):
    """Open an address; at the end nothing may have been said on the console, nor asked of another host."""
    said, contexts = [], []

    def open_page(address, *, size="desktop", scheme="light"):
        width, height = SIZES[size]
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, has_touch=size == "phone"
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: said.append(f"dialog {dialog.message}"))
        page.on(
            "request",
            lambda asked: asked.url.startswith(("http://127.0.0.1", "data:")) or said.append(asked.url),
        )
        page.goto(address)
        page.wait_for_selector("#row:not([hidden])")
        return page

    opened_said = open_page
    opened_said.said = said
    yield open_page
    for context in contexts:
        context.close()
    assert not said


def until(page, happened):
    """Wait without Playwright's own waiting for a function, which the page's policy does not let run."""
    for _ in range(400):
        if happened():
            return
        page.wait_for_timeout(25)
    assert happened()


def text_of(page, name):
    return page.locator(f"#{name}").text_content()


def counts(page, text):
    until(page, lambda: text_of(page, "counts").startswith(text))


def press(page, key, decided):
    page.keyboard.press(key)
    counts(page, f"{decided} of ")
    page.wait_for_selector("#detail[aria-busy=false]")


@pytest.fixture
def wrong_labels(cli, tmp_path):
    """A Run on 200 training rows of which two fifths of the sad are labelled wrongly, and on 100 validation rows that are right."""
    rng = random.Random(0)
    words = {"joy": ["glad", "happy", "fun", "bright"], "sadness": ["tears", "cry", "loss", "alone"]}
    (tmp_path / "data").mkdir()
    truth = {}
    for split, n in (("train", 200), ("validation", 100)):
        lines = []
        for row in range(n):
            true = rng.choice(list(words))
            text = f"{rng.choice(words[true])} {rng.choice(words[true])} {split} {row} w{rng.randrange(9)}"
            truth[text] = true
            wrong = split == "train" and true == "sadness" and row % 5 < 2
            lines.append(json.dumps({"text": text, "label": ({*words} - {true}).pop() if wrong else true}))
        (tmp_path / "data" / f"{split}.jsonl").write_text("\n".join(lines) + "\n")
    assert cli("train", tmp_path / "data", "--method", "tfidf", "--out", tmp_path / "run").code == 0
    return tmp_path / "run", truth


def test_open_filter_relabel_undo_kill_restart_retrain(browser, opened, cli, wrong_labels, tmp_path):
    run, truth = wrong_labels
    log = tmp_path / "run.corrections.jsonl"
    server = textkind("review", run, "--reviewer", "Zoë", "--no-browser")
    try:
        page = opened(address_of(server))
        page.get_by_label("only where label and answer differ").check()
        until(page, lambda: " of " in text_of(page, "shown-count"))
        press(page, "d", 1)
        press(page, "u", 0)
        labels = ["joy", "sadness"]
        for decided in range(1, 31):
            text = page.locator("#text").text_content()
            press(page, str(labels.index(truth[text]) + 1), decided)
            until(page, lambda before=text: text_of(page, "text") != before)
        before = log.read_bytes()
        assert len(before.splitlines()) == 32
        server.send_signal(signal.SIGKILL)
        server.communicate()
        text = page.locator("#text").text_content()
        page.keyboard.press("k")
        page.get_by_role("alert").get_by_text("does not answer").wait_for()
        assert page.locator("#text").text_content() == text  # what is not on the disk is not decided
        assert any("ERR_CONNECTION_REFUSED" in message for message in opened.said)
        opened.said.clear()
        assert log.read_bytes() == before
        server = textkind("review", run, "--reviewer", "Zoë", "--no-browser")
        page = opened(address_of(server))
        counts(page, "30 of 300")
        page.locator("#show-help").click()
        commands = page.locator("#commands").text_content().splitlines()
        server.send_signal(signal.SIGINT)
        told = server.communicate(timeout=30)[0]
        assert "30 of 300 rows decided" in told
        assert all(command in told for command in commands)
    finally:
        server.kill()
        server.wait()
        server.stdout.close()
    assert cli(*commands[0].split()[1:]).code == 0
    gain = cli(*commands[1].split()[1:], "--json").document
    assert gain["after"]["accuracy"]["value"] >= gain["before"]["accuracy"]["value"]
    assert gain["decisions"]["relabel"] + gain["decisions"]["keep"] == 30


def test_the_token_stays_with_the_tab_and_goes_to_no_other_server(opened, tmp_path, monkeypatch):
    files = []
    monkeypatch.setattr(webbrowser, "open", files.append)
    one = desk(tmp_path / "log.jsonl")
    with listening(one) as server, elsewhere() as (other, requests):
        home, token = server.address.split("#token=")
        page = opened(server.address)
        assert page.url == home
        page.reload()
        page.wait_for_selector("#row:not([hidden])")
        press(page, "k", 1)
        beside = page.context.new_page()
        beside.goto(server.address)
        counts(beside, "1 of 20")
        with browser_at(server.address):
            until(beside, lambda: files)
            beside.goto(files[0])
            counts(beside, "1 of 20")
            assert beside.url == home
        beside.goto(other)
        beside.goto(f"{other}/again")
        told = "".join(requests)
        assert "GET /again" in told
        assert token not in told
        assert "cookie" not in told.lower()
        assert page.context.cookies() == []
        stranger = page.context.new_page()
        stranger.goto(home)
        stranger.get_by_role("alert").get_by_text("open the address that textkind printed").wait_for()
        stranger.goto(server.address)  # the same page but for what stands behind the #
        counts(stranger, "1 of 20")
        assert stranger.url == home


@contextmanager
def elsewhere():
    """Another server on this machine; yields its address, and everything that it is sent."""
    requests = []

    class Listening(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            requests.append(f"{self.requestline}\n{self.headers}")
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b'<link rel="icon" href="data:,">')

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listening) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", requests
        server.shutdown()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_texts_from_strangers_are_shown_and_run_nothing(opened, tmp_path, size, scheme):
    names = ("<b>joy</b>", "\u202eyoj", "<script>alert(1)</script>")
    one = desk(tmp_path / "log.jsonl", HOSTILE, names=names, reviewer="<i>A</i>")
    with served(one) as address:
        page = opened(address, size=size, scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
        seen = set()
        for rank in range(len(HOSTILE)):
            until(page, lambda n=rank + 1: text_of(page, "place").endswith(f"number {n} of the queue"))
            if page.locator("#whole").is_visible():
                page.locator("#whole").click()
            seen.add(page.locator("#text").text_content())
            page.keyboard.press("ArrowDown")
        assert seen == set(HOSTILE)
        assert page.locator("img, main script, b b, i i").count() == 0
        page.keyboard.press("m")
        page.keyboard.type("<img src=x onerror=alert(9)>")
        page.keyboard.press("Escape")
        press(page, "a", 1)
        page.keyboard.press("n")
        page.keyboard.type("<u>new</u>")
        page.keyboard.press("Enter")
        page.locator("#labels").get_by_text("<u>new</u>").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    assert next(found.note for found in read(one.log.path)) == "<img src=x onerror=alert(9)>"


def test_a_cell_a_lasso_and_a_search_choose_rows(opened, tmp_path):
    one = desk(tmp_path / "log.jsonl", [f"text {row}" for row in range(400)])
    with served(one) as address:
        page = opened(address)
        shown = lambda: int(page.locator("#shown-count").text_content().split()[0])  # noqa: E731
        cell = page.locator("#matrix tbody tr").nth(0).locator("button").nth(2)
        expected = int(cell.text_content())
        cell.click()
        until(page, lambda: " of " in text_of(page, "shown-count"))
        assert shown() == expected > 0
        cell.click()
        until(page, lambda: " of " not in text_of(page, "shown-count"))
        page.locator("#map-lasso").click()
        box = page.locator("#map").bounding_box()
        corners = [(0.02, 0.02), (0.6, 0.02), (0.6, 0.98), (0.02, 0.98)]
        page.mouse.move(box["x"] + corners[0][0] * box["width"], box["y"] + corners[0][1] * box["height"])
        page.mouse.down()
        for x, y in corners[1:]:
            page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=4)
        page.mouse.up()
        page.wait_for_selector("#clear-lasso:not([hidden])")
        assert 0 < shown() < 400
        page.locator("#clear").click()
        page.keyboard.press("/")
        page.keyboard.type("TEXT 39")
        until(page, lambda: text_of(page, "shown-count").startswith("11 of"))


def test_several_reviewers_and_several_labels(opened, tmp_path):
    one = desk(tmp_path / "log.jsonl", multi_label=True)
    other = Desk(one.run, one.rows, one.log, "B")
    for rank in range(3):
        other.decide(rank, one.rows.given(rank)[2], ("drop", None, "no"))
    with served(one) as address:
        page = opened(address)
        press(page, "1", 1)
        page.keyboard.press("r")
        page.locator("#choices input").nth(1).click()
        page.locator("#choose-save").click()
        page.locator("#agreement").get_by_text("0 % of 1 rows").wait_for()
        page.get_by_label("decided by").select_option("B")
        until(page, lambda: text_of(page, "shown-count").startswith("3 of"))
    assert len(one.log.path.read_text().splitlines()) == 5


def test_a_click_after_a_note_was_edited_counts_once_the_note_is_saved(opened, tmp_path, monkeypatch):
    def slowly(own, *given):
        time.sleep(0.25)
        return decide(own, *given)

    decide = Desk.decide
    one = desk(tmp_path / "log.jsonl")
    label = one.row(0)["label"]
    other = next(name for name in one.rows.judged.labels.names if name != label)
    with served(one) as address:
        page = opened(address)

        def note_and_click(words, selector, wait):
            page.locator("#note").click()
            page.keyboard.type(words)
            box = page.locator(selector).bounding_box()
            page.mouse.move(box["x"] + 8, box["y"] + 8)
            page.mouse.down()
            page.wait_for_timeout(wait)
            page.mouse.up()

        def logged(n):
            until(page, lambda: len(one.log.path.read_text().splitlines()) >= n)
            page.wait_for_selector("#detail[aria-busy=false]")
            lines = [json.loads(line) for line in one.log.path.read_text().splitlines()]
            return [(line["decision"], line["to"], line["note"]) for line in lines]

        press(page, "k", 1)
        page.keyboard.press("ArrowUp")
        until(page, lambda: text_of(page, "place").endswith("number 1 of the queue"))
        note_and_click("one", f"#labels button[data-label={other}]", 150)  # saved while the button is down
        expected = [("keep", None, ""), ("keep", None, "one"), ("relabel", other, "one")]
        assert logged(3) == expected
        monkeypatch.setattr(Desk, "decide", slowly)  # saved long after the click
        until(page, lambda: text_of(page, "place").endswith("number 2 of the queue"))
        page.keyboard.press("ArrowUp")
        until(page, lambda: text_of(page, "place").endswith("number 1 of the queue"))
        note_and_click("!", "#actions [data-key=d]", 0)
        expected += [("relabel", other, "one!"), ("drop", None, "one!")]
        assert logged(5) == expected
        until(page, lambda: text_of(page, "place").endswith("number 2 of the queue"))
        page.keyboard.press("ArrowUp")
        until(page, lambda: text_of(page, "place").endswith("number 1 of the queue"))
        note_and_click("!", "#row-4", 400)  # the list is drawn again while the button is down
        until(page, lambda: text_of(page, "place").endswith("number 5 of the queue"))
        assert logged(6) == [*expected, ("drop", None, "one!!")]


def keys_shown(page):
    return [button.text_content().split()[:2] for button in page.locator("#labels button").all()]


def test_a_digit_means_the_label_of_that_name(opened, tmp_path):
    one = desk(tmp_path / "log.jsonl", names=("0", "1", "2"))
    with served(one) as address:
        page = opened(address)
        assert keys_shown(page) == [["0", "0"], ["1", "1"], ["2", "2"]]
        for rank, key in enumerate("0120"):
            until(page, lambda n=rank + 1: text_of(page, "place").endswith(f"number {n} of the queue"))
            press(page, key, rank + 1)
        until(page, lambda: text_of(page, "place").endswith("number 5 of the queue"))
        page.keyboard.press("n")
        page.keyboard.type("calm")
        page.keyboard.press("Enter")
        until(page, lambda: ["3", "calm"] in keys_shown(page))  # a key that is free
        counts(page, "5 of ")
        page.wait_for_selector("#detail[aria-busy=false]")
        press(page, "1", 6)
        page.locator("#show-help").click()
        assert text_of(page, "digits") == "relabel to the label whose button shows the digit"
        assert page.locator("#labels [data-number]").count() == 0
    given = [found.label if found.to is None else found.to for found in read(one.log.path)]
    assert given == ["0", "1", "2", "0", "calm", "1"]


def test_digits_of_other_numbers_say_which_label_they_mean(opened, tmp_path):
    names = tuple(str(number) for number in range(11))
    one = desk(tmp_path / "log.jsonl", names=names)
    with served(one) as address:
        page = opened(address)
        likely = [name for name, _ in one.row(0)["probabilities"][:9]]
        assert keys_shown(page) == [[str(number), name] for number, name in enumerate(likely, 1)]
        assert page.locator("#labels [data-number]").count() == 9
        page.keyboard.press("0")
        press(page, "2", 1)
        page.locator("#show-help").click()
        assert "most probable" in text_of(page, "digits")
    assert [found.to or found.label for found in read(one.log.path)] == [likely[1]]


def test_those_who_disagree_are_told_apart_as_the_agreement_counts_them(opened, tmp_path):
    log = tmp_path / "log.jsonl"
    rows = desk(log).rows
    for rank in range(3):  # rows that were relabelled since
        split, row, found, label = rows.given(rank)
        before = next(name for name in rows.judged.labels.names if name != label)
        one = Correction(split, row, found, before, "keep", reviewer="B")
        append(log, one)
        append(log, replace(one, decision="relabel", to=label if rank < 2 else before, reviewer="A"))
    with served(desk(log)) as address:
        page = opened(address)
        assert "33 % of 3 rows" in text_of(page, "agreement")
        page.get_by_label("decided by").select_option("!")
        until(page, lambda: text_of(page, "shown-count").startswith("2 of"))
        press(page, "d", 3)
        until(page, lambda: text_of(page, "shown-count").startswith("2 of"))


def test_a_hundred_thousand_rows_open_and_scroll(opened, tmp_path):
    texts = [f"row {row} " + "some words " * (row % 12) for row in range(100_000)]
    one = desk(tmp_path / "log.jsonl", texts, names=tuple(f"label {n}" for n in range(6)))
    with served(one) as address:
        page = opened(address)
        assert page.locator("#shown-count").text_content() == "100,000 rows"
        assert 0 < page.locator(".item").count() < 60
        page.locator("#list").evaluate("list => { list.scrollTop = list.scrollHeight; }")
        page.wait_for_selector("#row-99999")
        assert page.locator(".item").count() < 60


def test_the_random_sample_is_gone_through_in_its_order(opened, tmp_path):
    one = desk(tmp_path / "log.jsonl", [f"text {row}" for row in range(130)])
    sample = one.rows.sample.tolist()
    other = Desk(one.run, one.rows, one.log, "B")
    for rank in sample[:97:2]:  # every other row by somebody else: they count, and are passed over
        other.decide(rank, one.rows.given(rank)[2], ("keep", None, ""))
    whole = lambda rank: one.row(rank)["text"]  # noqa: E731
    with served(one) as address:
        page = opened(address)
        assert not page.locator("#sample-progress").is_visible()
        page.get_by_role("button", name="Random sample").click()
        until(page, lambda: text_of(page, "text") == whole(sample[1]))
        assert text_of(page, "sample-count") == "49 of 100 for an estimate within ± 10 %"
        assert text_of(page, "shown-count") == "100 rows of the sample"
        assert text_of(page, "place").endswith("number 2 of the random sample")
        page.keyboard.press("ArrowDown")
        until(page, lambda: text_of(page, "text") == whole(sample[2]))
        page.keyboard.press("ArrowDown")
        until(page, lambda: text_of(page, "text") == whole(sample[3]))
        waiting = [rank for rank in sample[:100] if rank not in sample[:97:2]]
        gone_through = [*waiting[1:], waiting[0]]  # the one that was skipped comes last
        for decided, rank in enumerate(gone_through, 1):
            until(page, lambda rank=rank: text_of(page, "text") == whole(rank))
            press(page, "k", decided)
        until(page, lambda: text_of(page, "sample-count") == "100 of 130 for an estimate within ± 9 %")
        assert text_of(page, "sample-now") == "now ± 10 %"
        until(page, lambda: text_of(page, "text") == whole(sample[100]))
        assert text_of(page, "shown-count") == "130 rows of the sample"
        press(page, "u", len(waiting) - 1)
        until(page, lambda: text_of(page, "text") == whole(waiting[0]))
        page.get_by_role("button", name="In doubt first").click()
        until(page, lambda: text_of(page, "shown-count") == "130 rows")
    order = [one.rows.given(rank)[:2] for rank in sample]
    rate = noise_rate(order, read(one.log.path))
    assert (rate.sample, rate.begun) == (0, STEP - 1)  # the undone row ends the sample


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_the_random_sample_fits_every_screen(opened, tmp_path, size, scheme):
    one = desk(tmp_path / "log.jsonl", [f"text {row} " * 30 for row in range(300)])
    with served(one) as address:
        page = opened(address, size=size, scheme=scheme)
        page.locator("#by-chance").click()
        page.wait_for_selector("#sample-progress:not([hidden])")
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
        assert page.locator("#list").bounding_box()["height"] >= 200
