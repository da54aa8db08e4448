"""The log, the desk and the server of the review page, without a browser."""

import errno
import http.client
import io
import json
import os
import random
import signal
import socket
import stat
import time
from dataclasses import asdict, replace
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import numpy as np
import pytest

from reviewing import HOSTILE, address_of, desk, listening, review_rows, textkind
from textkind import Recipe, Run, train
from textkind.data.correction_log import LogReader, append, read
from textkind.data.corrections import Correction, apply
from textkind.data.dataset import Dataset
from textkind.errors import DataError, MissingExtraError, RunError
from textkind.mistakes.judged import Judged
from textkind.review.agreement import Agreements, outcome
from textkind.review.desk import Desk
from textkind.review.log import ReviewLog
from textkind.review.rows import ReviewRows
from textkind.text.inputs import text_id

ONE = Correction("train", 0, "id", "joy", "keep", reviewer="A")


def decide(one, rank, decision, to=None, note=""):
    return one.decide(rank, one.rows.given(rank)[2], (decision, to, note))


def test_every_decision_and_every_undo_is_a_line_at_once(tmp_path):
    log = ReviewLog(tmp_path / "log.jsonl")
    log.add(ONE)
    assert len(log.path.read_text().splitlines()) == 1
    assert log.undo("B", [ONE.about]) is None
    assert log.undo("A", [ONE.about]).decision == "keep"
    lines = [json.loads(line) for line in log.path.read_text().splitlines()]
    assert [line["decision"] for line in lines] == ["keep", "undo"]
    assert lines[1]["at"]
    assert log.standing == []
    assert read(log.path) == []


def test_a_log_is_as_it_was_when_it_is_opened_again_after_a_crash(tmp_path, caplog):
    log = ReviewLog(tmp_path / "log.jsonl")
    log.add(ONE)
    log.add(replace(ONE, row=1, decision="drop"))
    whole = log.path.read_bytes()
    log.path.write_bytes(whole[:-20])  # the second line was not finished
    with caplog.at_level("WARNING", "textkind"):
        again = ReviewLog(log.path)
    assert "line 2 was cut short" in caplog.text
    assert [one.row for one in again.standing] == [0]
    again.add(replace(ONE, row=2))
    assert [one.row for one in ReviewLog(log.path).standing] == [0, 2]


def test_what_another_server_writes_is_seen_at_the_next_question(tmp_path):
    log, other = ReviewLog(tmp_path / "log.jsonl"), ReviewLog(tmp_path / "log.jsonl")
    other.add(replace(ONE, reviewer="B"))
    log.add(ONE)
    assert [one.reviewer for one in log.counting] == [one.reviewer for one in other.counting] == ["B", "A"]
    assert log.undo("A", [ONE.about]).reviewer == "A"
    assert [one.reviewer for one in other.standing] == ["B"]


def test_what_another_server_writes_in_between_is_seen_at_once(tmp_path, monkeypatch):
    log = ReviewLog(tmp_path / "log.jsonl")

    def late(path, decided):
        append(path, replace(ONE, row=5, reviewer="B"))
        append(path, decided)
        append(path, replace(ONE, row=6, reviewer="C"))

    monkeypatch.setattr("textkind.review.log.append", late)
    log.add(ONE)
    assert [one.row for one in log.standing] == [5, 0, 6]

    def read_before(reader):
        found = more(reader)
        append(reader.log, replace(ONE, row=7, reviewer="B"))
        return found

    more = LogReader.more
    monkeypatch.setattr(LogReader, "more", read_before)
    assert [one.row for one in log.standing] == [5, 0, 6]
    monkeypatch.setattr(LogReader, "more", more)
    assert [one.row for one in log.standing] == [5, 0, 6, 7]


def test_a_line_that_is_being_written_is_taken_when_it_is_whole(tmp_path, caplog):
    log = ReviewLog(tmp_path / "log.jsonl")
    log.add(ONE)
    log.add(replace(ONE, row=1))
    whole = log.path.read_bytes()
    begun = whole.index(b"\n") + 20
    log.path.write_bytes(whole[:begun])
    assert [one.row for one in log.standing] == [0]
    log.path.write_bytes(whole)
    assert [one.row for one in log.standing] == [0, 1]
    assert caplog.text.count("line 2 was cut short") == 1
    log.path.write_bytes(whole[:-1])  # whole but for its end
    assert [one.row for one in log.standing] == [0, 1]
    log.add(replace(ONE, row=2))
    log.path.write_bytes(log.path.read_bytes() + b"{}\n")
    with pytest.raises(DataError, match="line 4: expected an object"):
        _ = log.standing
    log.path.write_bytes(whole.replace(b'"keep"', b'"drop"'))  # somebody edited it
    assert [one.decision for one in log.standing] == ["drop", "drop"]
    log.path.unlink()
    assert log.standing == []


def test_agreement_is_cohens_kappa_over_what_becomes_of_the_row():
    def told(**judged):
        found = Agreements()
        for reviewer, decisions in judged.items():
            for row, one in enumerate(decisions):
                found.put(reviewer, replace(one, row=row).about, one)
        return found.told()

    relabel = replace(ONE, decision="relabel", to="anger")
    drop = replace(ONE, decision="drop")
    found = told(
        A=[ONE, ONE, relabel, drop],
        B=[ONE, relabel, relabel, drop, drop],
        C=[replace(ONE, split="validation")],
    )
    assert [(one.reviewers, one.rows, one.share) for one in found] == [(("A", "B"), 4, 0.75)]
    # by hand: chance = 2/4 * 1/4 + 1/4 * 2/4 + 1/4 * 1/4 = 5/16
    assert found[0].kappa == pytest.approx((3 / 4 - 5 / 16) / (1 - 5 / 16))
    same = told(A=[replace(ONE, decision="relabel", to="joy")], B=[ONE])
    assert (same[0].share, same[0].kappa) == (1, None)


def test_what_is_kept_decision_by_decision_is_what_the_whole_log_says(tmp_path):
    rng = random.Random(0)
    log = ReviewLog(tmp_path / "log.jsonl")
    for _ in range(400):
        one = replace(ONE, row=rng.randrange(9), reviewer=rng.choice("ABC"))
        kind = rng.choice(["keep", "drop", "relabel", "undo"])
        append(log.path, replace(one, decision=kind, to="anger" if kind == "relabel" else None))
        if rng.random() < 0.3:
            _ = log.agreement
    assert log.standing == ReviewLog(log.path).standing
    assert log.agreement == ReviewLog(log.path).agreement
    last = {(one.reviewer, one.row): one for one in log.standing}
    assert {(one.reviewer, one.row): one for one in log.counting} == last
    for pair in log.agreement:
        judged = [
            {row: outcome(one) for (who, row), one in last.items() if who == own} for own in pair.reviewers
        ]
        both = judged[0].keys() & judged[1].keys()
        assert pair.rows == len(both)
        assert pair.share == sum(judged[0][row] == judged[1][row] for row in both) / len(both)


def test_a_decision_takes_no_longer_for_a_long_log(tmp_path):
    texts = [f"text {row}" for row in range(20_100)]
    rows = review_rows(texts, places=False)
    lines = []
    for rank in range(20_000):
        one = Correction(*rows.given(rank), "keep", at="2026-11-21")
        lines += [json.dumps(asdict(replace(one, reviewer=reviewer))) for reviewer in "AB"]
    (tmp_path / "log.jsonl").write_text("\n".join(lines) + "\n")
    one = Desk("a run", rows, ReviewLog(tmp_path / "log.jsonl"), "A")
    assert one.undo()["agreement"][0]["rows"] == 19_999
    times = []
    for rank in range(20_000, 20_010):
        begun = time.perf_counter()
        decide(one, rank, "keep")
        times.append(time.perf_counter() - begun)
    assert min(times) < 0.05


def test_decisions_about_two_texts_at_one_place_are_not_compared(tmp_path):
    log = ReviewLog(tmp_path / "log.jsonl")
    log.add(ONE)
    log.add(replace(ONE, id="another", decision="drop", reviewer="B"))
    assert log.agreement == []
    log.add(replace(ONE, decision="drop", reviewer="B"))
    assert [(one.rows, one.share) for one in log.agreement] == [(1, 0)]


def test_a_desk_writes_what_train_reads(tmp_path):
    one = desk(tmp_path / "log.jsonl")
    label = one.row(0)["label"]
    other = next(name for name in one.rows.judged.labels.names if name != label)
    decide(one, 0, "relabel", other, "why <b>")
    assert decide(one, 1, "relabel", one.row(1)["label"])["decided"]["decision"] == "keep"
    assert decide(one, 2, "new", "calm")["new_labels"] == ["calm"]
    assert decide(one, 3, "relabel", "calm")["decided"]["decision"] == "new"  # the data lacks it
    found = read(one.log.path)
    assert [(one.decision, one.to) for one in found] == [
        ("relabel", other), ("keep", None), ("new", "calm"), ("new", "calm"),
    ]  # fmt: skip
    assert (found[0].label, found[0].note, found[0].reviewer) == (label, "why <b>", "A")
    assert one.undo()["rank"] == 3
    assert len(one.state()["decided"]) == 3


def test_a_label_that_came_by_new_stays_new_so_that_each_decision_holds_alone(tmp_path):
    data = Dataset.of({"train": ([f"text {row}" for row in range(6)], ["joy", "sadness"] * 3)})
    first = Correction("train", 0, text_id("text 0"), "joy", "new", "calm", reviewer="A")
    append(tmp_path / "log.jsonl", first)
    repaired = apply(data, read(tmp_path / "log.jsonl"))
    judged = Judged.of(repaired, np.full((6, 3), 1 / 3))
    rows = ReviewRows(judged, np.arange(6), judged.targets, *np.zeros((2, 6)), [[]] * 6)
    one = Desk("a run", rows, ReviewLog(tmp_path / "log.jsonl"), "B")
    assert decide(one, 1, "relabel", "calm")["decided"]["decision"] == "new"
    assert decide(one, 2, "relabel", "sadness")["decided"]["decision"] == "relabel"
    one.log.undo("A", rows.rank)
    assert apply(data, read(one.log.path)).labels.names == ("calm", "joy", "sadness")


def test_what_does_not_fit_is_refused_and_not_written(tmp_path):
    one = desk(tmp_path / "log.jsonl")
    for rank, decision, to, said in [
        (0, "relabel", "angr", "unknown label 'angr'. Did you mean 'anger'"),
        (0, "relabel", ["joy"], "expected a label"),
        (0, "relabel", None, "expected a label"),
        (0, "new", " ", "expected labels of 1 to 200"),
    ]:
        with pytest.raises(DataError, match=said):
            decide(one, rank, decision, to)
    with pytest.raises(DataError, match="expected a row from 0 to 19"):
        decide(one, 99, "keep")
    with pytest.raises(DataError, match="load the page again"):
        one.decide(0, "another id", ("keep", None, ""))
    with pytest.raises(DataError, match="a note of at most"):
        decide(one, 0, "keep", note="x" * 10_001)
    assert not one.log.path.exists()


def test_several_labels_are_given_as_a_list(tmp_path):
    one = desk(tmp_path / "log.jsonl", multi_label=True)
    decide(one, 0, "relabel", ["joy", "sadness", "anger"])
    decide(one, 1, "relabel", [])
    assert all(isinstance(found.label, list) for found in read(one.log.path))
    assert json.loads(one.rows.columns)["multi_label"] is True


def test_decisions_about_other_rows_are_counted_and_not_shown(tmp_path):
    append(tmp_path / "log.jsonl", ONE)
    append(tmp_path / "log.jsonl", replace(ONE, row=999))
    one = desk(tmp_path / "log.jsonl")
    assert one.elsewhere == 2
    assert one.state()["decided"] == []


def test_undo_takes_back_what_was_decided_about_rows_of_this_page_alone(tmp_path):
    one = desk(tmp_path / "log.jsonl")
    decide(one, 0, "drop")
    split, row, found, label = one.rows.given(1)
    decide(one, 1, "drop")
    for elsewhere in (
        Correction("train", 999, "gone", "joy", "drop", reviewer="A"),
        Correction(split, row, f"{found[:-1]}x", label, "keep", reviewer="A"),  # another text at this place
    ):
        append(one.log.path, elsewhere)
    assert [one.undo()["rank"] for _ in range(3)] == [1, 0, None]
    assert [left.decision for left in one.log.standing] == ["drop", "keep"]
    assert one.state()["decided"] == []


def test_columns_are_cut_and_the_row_is_whole():
    rows = review_rows(HOSTILE)
    columns = json.loads(rows.columns)
    assert all(len(text) <= 200 for text in columns["text"])
    whole = {rows.row(rank)["text"] for rank in range(len(rows))}
    assert whole == set(HOSTILE)
    assert rows.search("ALERT(3)") == [list(rows.order).index(1)]
    assert 0 <= min(columns["x"]) <= max(columns["x"]) <= columns["grid"]
    assert json.loads(review_rows(HOSTILE, places=False).columns)["x"] is None


@pytest.fixture
def server(tmp_path):
    pytest.importorskip("fastapi", reason="fastapi is not installed: textkind[review]")
    pytest.importorskip("uvicorn", reason="uvicorn is not installed: textkind[review]")
    one = desk(tmp_path / "log.jsonl", HOSTILE)
    with listening(one) as running:
        yield Client(running, one)


class Client:
    """Raw HTTP: every header is as it is given."""

    def __init__(self, running, one):
        address, self.token = running.address.split("#token=")
        self.running = running
        self.host = address.split("/")[2]
        self.desk = one

    def __call__(self, path, body=None, **headers):
        connection = http.client.HTTPConnection(self.host, timeout=20)
        sent = {"Host": self.host, "Authorization": f"Bearer {self.token}", **headers}
        if body is not None:
            origin = {"Origin": f"http://{self.host}", "Content-Type": "application/json"}
            sent = {**origin, **sent}
        method = "GET" if body is None else "POST"
        encoded = None if body is None else json.dumps(body)
        connection.request(method, path, encoded, {key: value for key, value in sent.items() if value})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer, text

    def status(self, path, body=None, **headers):
        return self(path, body, **headers)[0].status


@pytest.mark.parametrize(
    "path",
    [
        "/api/rows", "/api/session", "/api/state", "/api/row/0", "/api/search?q=a", "/nothing", "/page/nothing.js",
        "/page/../api/rows", "/page/%2e%2e/api/rows", "//api/rows",
    ],
)  # fmt: skip
def test_without_the_token_nothing_is_told(server, path):
    known = server.status(path)
    assert known == (200 if path.startswith("/api/") else 404)
    for given in ("", "Bearer", "Bearer ", server.token, f"Bearer {server.token[:-1]}", "Bearer é"):
        assert server.status(path, Authorization=given) == 403
    for name, value in (("Cookie", f"token={server.token}"), ("Referer", server.running.address)):
        assert server.status(path, **{"Authorization": "", name: value}) == 403
    assert server.status(f"{path}?token={server.token}", Authorization="") == 403
    assert server.status(path, Host="evil.example:80") == 400
    assert server.status(path, Host="127.0.0.1:1") == 400


def test_without_the_token_nothing_is_done(server):
    body = {"rank": 0, "id": server.desk.rows.given(0)[2], "decision": "drop"}
    for path in ("/api/decide", "/api/undo", "/", "/page/main.js"):
        assert server.status(path, body, Authorization="") == 403
    assert not server.desk.log.path.exists()


@pytest.mark.parametrize("path", ["/", "/page/main.js", "/page/style.css"])
def test_what_is_told_without_the_token_is_the_package_s_own(server, path):
    answer, told = server(path, Authorization="")
    name = "index.html" if path == "/" else path.removeprefix("/page/")
    assert answer.status == 200
    assert told.encode() == files("textkind.review").joinpath("page", name).read_bytes()
    assert answer.headers["set-cookie"] is None
    assert server.status(path, Authorization="", Host="evil.example:80") == 400


POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "connect-src": "'self'",
    "img-src": "data:",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
}


@pytest.mark.parametrize("path", ["/", "/api/rows", "/nothing"])
def test_every_answer_has_the_policy_and_lets_no_other_site_in(server, path):
    for given in (f"Bearer {server.token}", ""):
        headers = server(path, Authorization=given)[0].headers
        parts = [part.strip().partition(" ") for part in headers["content-security-policy"].split(";")]
        assert {name: value for name, _, value in parts} == POLICY
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
        assert headers["access-control-allow-origin"] is None


def test_the_server_listens_on_this_machine_alone_and_writes_no_addresses(server, capfd):
    listener, config = server.running.listener, server.running.config
    assert listener.getsockname()[0] == "127.0.0.1"
    with pytest.raises(OSError, match="refused|unreachable|timed out|requested address"):
        socket.create_connection(("127.0.0.2", listener.getsockname()[1]), timeout=5).close()
    server.status("/api/search?q=private")
    assert "private" not in "".join(capfd.readouterr())
    assert (config.access_log, config.proxy_headers, config.server_header) == (False, False, False)


def test_another_page_cannot_decide(server):
    body = {"rank": 0, "id": server.desk.rows.given(0)[2], "decision": "drop"}
    for origin in ("http://evil.example", "null", "", f"https://{server.host}", "http://127.0.0.1:1"):
        assert server.status("/api/decide", body, Origin=origin) == 403
    assert server.status("/api/decide", body, **{"Content-Type": "text/plain"}) == 415
    assert server.status("/api/decide", {**body, "note": "x" * 300_000}) == 413
    assert not server.desk.log.path.exists()
    assert server.status("/api/decide", body) == 200
    assert [one.decision for one in read(server.desk.log.path)] == ["drop"]
    assert server.status("/api/undo", {}) == 200
    assert read(server.desk.log.path) == []


def test_what_does_not_fit_is_answered_in_one_line(server):
    body = {"rank": 0, "id": "x", "decision": "keep"}
    answer, told = server("/api/decide", body)
    assert (answer.status, json.loads(told)["detail"][:16]) == (409, "expected the row")
    assert server.status("/api/decide", {**body, "decision": "explode"}) == 422
    assert server.status("/api/decide", {**body, "extra": 1}) == 422
    assert server.status("/api/row/99") == 409
    assert server.status("/page/..%2fserver.py") == 404
    server.desk.log.path.mkdir()  # cannot be written
    answer, told = server("/api/decide", {**body, "id": server.desk.rows.given(0)[2]})
    assert answer.status in (409, 507), told


FULL = OSError(errno.ENOSPC, "No space left on device")
DENIED = PermissionError(errno.EACCES, "Permission denied", "/somewhere/log.jsonl")


@pytest.mark.parametrize(
    ("path", "error", "status", "told"),
    [
        ("/api/undo", FULL, 507, "{log} cannot be used (No space left on device): nothing was decided; free space and try again"),
        ("/api/undo", DENIED, 500, "/somewhere/log.jsonl cannot be used (Permission denied): nothing was decided; see to it and try again"),
        ("/api/row/0", DENIED, 500, "/somewhere/log.jsonl cannot be used (Permission denied); see to it and try again"),
        ("/api/row/0", OSError("odd"), 500, "{log} cannot be used (odd); see to it and try again"),
    ],
)  # fmt: skip
def test_what_a_file_refuses_is_told_as_it_is(tmp_path, monkeypatch, path, error, status, told):
    def refuse(_):
        raise error

    for package in ("fastapi", "uvicorn"):
        pytest.importorskip(package, reason=f"{package} is not installed: textkind[review]")
    monkeypatch.setattr(Desk, "undo", refuse)
    monkeypatch.setattr(Desk, "row", lambda one, _: refuse(one))
    one = desk(tmp_path / "log.jsonl")
    with listening(one) as running:
        answer, text = Client(running, one)(path, {} if path == "/api/undo" else None)
    assert (answer.status, json.loads(text)["detail"]) == (status, told.format(log=one.log.path))


def test_hostile_texts_come_as_json_text(server):
    answer, told = server("/api/rows")
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert any("<script>" in text for text in json.loads(told)["text"])
    whole = {json.loads(server(f"/api/row/{rank}")[1])["text"] for rank in range(len(HOSTILE))}
    assert whole == set(HOSTILE)


def test_without_the_extra_the_pip_line_is_told_before_the_work(cli, monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "fastapi", None)
    told = cli("review", tmp_path)
    assert told.code == 2
    assert 'pip install "textkind[review]"' in told.err
    assert issubclass(MissingExtraError, ImportError)


def test_a_port_that_is_taken_is_named(tmp_path):
    from textkind.review.server import _listening

    with _listening(0) as taken, pytest.raises(RunError, match="name another --port"):
        _listening(taken.getsockname()[1])


def test_rows_come_from_the_cache_the_second_time(tfidf_run, monkeypatch, tmp_path):
    from textkind.steps import review as step

    first = step.review_rows(tfidf_run)
    monkeypatch.setattr(step, "analysed", None)
    again = step.review_rows(tfidf_run)
    assert again.columns == first.columns
    assert [again.row(rank) for rank in range(3)] == [first.row(rank) for rank in range(3)]
    assert first.places is not None
    with pytest.raises(DataError, match="inside the run"):
        step.review(tfidf_run, log=tfidf_run.path / "log.jsonl", reviewer="A")
    with pytest.raises(DataError, match="an empty one"):
        step.review(tfidf_run, log=tmp_path / "log.jsonl", reviewer=" ")
    assert step.log_of(tfidf_run).name == "run.corrections.jsonl"


def test_a_run_given_as_a_point_has_its_name_and_nothing_is_put_inside_it(tfidf_run, monkeypatch):
    from textkind.steps import review as step

    monkeypatch.chdir(tfidf_run.path)
    one = step.review(Run.load(Path()), reviewer="A")
    assert one.run == "run"
    assert one.log.path == tfidf_run.path.with_name("run.corrections.jsonl")
    for command in one.commands:
        assert f"{tfidf_run.path.resolve()}-corrected" in command
        assert " ." not in command


def test_a_reviewer_s_name_that_cannot_be_encoded_has_question_marks(tfidf_run, tmp_path):
    from textkind.steps import review as step

    one = step.review(tfidf_run, log=tmp_path / "log.jsonl", reviewer=" Zo\udceb ")
    decide(one, 0, "drop")
    assert [found.reviewer for found in read(one.log.path)] == ["Zo?"]
    json.dumps(one.session(), ensure_ascii=False).encode()


def test_only_rows_of_the_run_are_counted_as_decided(cli, tfidf_run, tmp_path, monkeypatch):
    from textkind.review import server
    from textkind.steps import review as step

    log = tmp_path / "log.jsonl"
    decide(step.review(tfidf_run, log=log, reviewer="A"), 0, "drop")
    decide(step.review(tfidf_run, log=log, reviewer="B"), 0, "keep")
    append(log, replace(ONE, row=9999))
    append(log, replace(ONE, id="another text"))
    monkeypatch.setattr(server, "serve", lambda *_, **__: None)
    assert "\n1 of 66 rows decided." in cli("review", tfidf_run.path, "--log", log, "--no-browser").out


def broken(how):
    """A file of numpy that is not as it was written."""
    with io.BytesIO() as file:
        np.savez(file, order=np.arange(9))
        whole = bytearray(file.getvalue())
    whole[whole.find(b"PK\x01\x02") + 10] = 99  # the way of compression, in the list of what is inside
    return {"empty": b"", "cut": bytes(whole[:100]), "no zip": b"\x80\x04", "odd": bytes(whole)}[how]


@pytest.mark.parametrize("how", ["empty", "cut", "no zip", "odd"])
def test_an_order_that_is_broken_on_disk_is_made_anew(tfidf_run, monkeypatch, tmp_path, how):
    from textkind.steps import review as step

    monkeypatch.setenv("TEXTKIND_CACHE", str(tmp_path))
    first = step.review_rows(tfidf_run)
    (kept,) = tmp_path.glob("review/*/order.npz")
    kept.write_bytes(broken(how))
    assert step.review_rows(tfidf_run).columns == first.columns
    monkeypatch.setattr(step, "analysed", None)
    assert step.review_rows(tfidf_run).columns == first.columns


def test_orders_are_kept_within_the_limit_the_longest_unused_go_first(
    tfidf_run, monkeypatch, tmp_path, caplog
):
    from textkind.encoders.cache import held
    from textkind.steps import review as step

    monkeypatch.setenv("TEXTKIND_CACHE", str(tmp_path))
    step.review_rows(tfidf_run)
    (kept,) = tmp_path.glob("review/*/order.npz")
    other = tmp_path / "review" / "other" / "order.npz"
    other.parent.mkdir()
    other.write_bytes(kept.read_bytes())
    for file in (kept, kept.with_name("about.txt"), other):
        os.utime(file, (1, 1))
    step.review_rows(tfidf_run)  # used now
    found = held(tmp_path / "review")
    assert [store.about for store in found] == ["order of review of run", ""]
    monkeypatch.setenv("TEXTKIND_CACHE_LIMIT", f"{found[0].size + 10}B")
    kept.write_bytes(b"")
    step.review_rows(tfidf_run)
    assert (kept.exists(), other.exists()) == (True, False)
    monkeypatch.setenv("TEXTKIND_CACHE", str(kept))  # a file: nothing can be kept there
    assert len(step.review_rows(tfidf_run)) == 66
    assert "The order of review is not kept" in caplog.text


def test_a_run_s_log_is_found_from_any_folder_and_never_replaced_by_an_empty_one(
    tfidf_run, monkeypatch, tmp_path
):
    from textkind.steps import review as step

    home, away = tmp_path / "home", tmp_path / "away"
    for folder in (home, away):
        folder.mkdir()
    monkeypatch.chdir(home)
    Path("toy.csv").write_bytes(Path(tfidf_run.data["location"]).read_bytes())
    one = step.review(tfidf_run, log=Path("my.jsonl"), reviewer="A")
    for rank in range(5):
        decide(one, rank, "drop")
    chosen = {"data": {"source": "toy.csv", "corrections": "my.jsonl"}, "method": {"name": "tfidf"}}
    train(Recipe.build(chosen), home / "repaired")
    assert f"--corrections {home / 'my.jsonl'}" in one.commands[0]
    assert "train toy.csv" in step.review(Run.load("repaired"), reviewer="A").commands[0]
    monkeypatch.chdir(away)
    again = step.review(Run.load(home / "repaired"), reviewer="A")
    assert again.log.path == home / "my.jsonl"
    assert len(again.log.standing) == 5
    assert f"train {home / 'toy.csv'} " in again.commands[0]
    assert f"--corrections {home / 'my.jsonl'}" in again.commands[0]
    (home / "my.jsonl").rename(away / "moved.jsonl")
    with pytest.raises(DataError, match=r"expected .*/home/my.jsonl, .* found no such file: say with --log"):
        step.review(Run.load(home / "repaired"), reviewer="A")
    moved = step.review(Run.load(home / "repaired"), log=Path("moved.jsonl"), reviewer="A")
    assert len(moved.log.standing) == 5
    assert sorted(path.name for path in away.iterdir()) == ["moved.jsonl"]


@pytest.mark.parametrize("ended_by", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_the_token_is_on_no_command_line_and_its_file_is_private_and_goes(tfidf_run, tmp_path, ended_by):
    for package in ("fastapi", "uvicorn"):
        pytest.importorskip(package, reason=f"{package} is not installed: textkind[review]")
    browser, given = tmp_path / "browser", tmp_path / "given"
    browser.write_text(f'#!/bin/sh\necho "$@" > {given}.partial && mv {given}.partial {given}\n')
    browser.chmod(0o755)
    environment = {"BROWSER": f"{browser} %s", "TMPDIR": str(tmp_path)}
    log = tmp_path / "log.jsonl"
    process = textkind("review", tfidf_run.path, "--reviewer", "A", "--log", log, environment=environment)
    try:
        address = address_of(process)
        while not given.exists():
            assert process.poll() is None
            time.sleep(0.02)
        opened = given.read_text().strip()
        assert address.split("=")[1] not in opened
        file = Path(url2pathname(urlsplit(opened).path))
        assert address in file.read_text()
        assert [stat.S_IMODE(path.stat().st_mode) for path in (file, file.parent)] == [0o600, 0o700]
        process.send_signal(getattr(signal, ended_by))
        told = process.communicate(timeout=30)[0]
        assert "0 of 66 rows decided" in told
        assert process.returncode == 0
        assert not file.parent.exists()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
