"""Serve the review page on this machine alone."""

import errno
import json
import secrets
import signal
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from textkind.errors import DataError, RunError
from textkind.extras import import_extra
from textkind.review.desk import Desk
from textkind.review.guard import App, Guard
from textkind.text.inputs import encodable

HOST = "127.0.0.1"
_KINDS = {"html": "text/html", "css": "text/css", "js": "text/javascript"}


class Decided(BaseModel):
    """What the page sends when a row is decided."""

    model_config = ConfigDict(extra="forbid", strict=True)

    rank: int
    id: str
    decision: Literal["keep", "relabel", "new", "drop", "ambiguous"]
    to: str | list[str] | None = None
    note: str = ""


def build_app(desk: Desk, *, port: int, token: str) -> App:
    """Return the guarded application.

    Raises:
        MissingExtraError: fastapi is not installed.
    """
    fastapi: Any = import_extra("fastapi", "review")
    import_extra("fastapi.responses", "review")
    app = fastapi.FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    folder = files("textkind.review").joinpath("page")
    page = {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.is_file()}

    def plain(content: bytes, kind: str) -> Any:
        return fastapi.Response(content, media_type=f"{kind}; charset=utf-8")

    def page_file(name: str) -> Any:
        if name not in page:
            raise fastapi.HTTPException(404, "no such file")
        return plain(page[name], _KINDS[name.rpartition(".")[2]])

    def decide(body: Decided) -> dict:
        return desk.decide(body.rank, body.id, (body.decision, body.to, body.note))

    def row(rank: int) -> dict:
        return desk.row(rank)

    _complain(app, fastapi, desk.log.path)
    app.get("/")(lambda: page_file("index.html"))
    app.get("/page/{name}")(page_file)
    app.get("/api/rows")(lambda: plain(desk.rows.columns, "application/json"))
    app.get("/api/session")(desk.session)
    app.get("/api/state")(desk.state)
    app.get("/api/row/{rank}")(row)
    app.get("/api/search")(lambda q="": plain(json.dumps(desk.rows.search(q)).encode(), "application/json"))
    app.post("/api/decide")(decide)
    app.post("/api/undo")(desk.undo)
    without = {"/", *(f"/page/{name}" for name in page)}  # the package's own files, with nothing of the data
    return Guard(app, port=port, token=token, without_token=without)


class ReviewServer:
    """A server that listens already and answers once it runs.

    Args:
        desk: what is reviewed.
        port: to listen on; 0: a free one.

    Attributes:
        address: of the page, with the token in it.
        listener: the socket, which the caller closes.
        config: uvicorn's.

    Raises:
        MissingExtraError: uvicorn or fastapi is not installed.
        RunError: the port is taken.
    """

    def __init__(self, desk: Desk, *, port: int = 0) -> None:
        uvicorn: Any = import_extra("uvicorn", "review")
        self.listener = _listening(port)
        found = self.listener.getsockname()[1]
        token = secrets.token_urlsafe(24)
        self.address = f"http://{HOST}:{found}/#token={token}"
        self.config: Any = uvicorn.Config(
            build_app(desk, port=found, token=token),
            log_level="warning",
            access_log=False,  # it would tell what was searched for
            lifespan="off",
            ws="none",
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=2,
        )
        self._server: Any = uvicorn.Server(self.config)

    def run(self) -> None:
        """Answer until `stop`, or Ctrl-C."""
        self._server.run(sockets=[self.listener])

    def stop(self) -> None:
        """End `run`, from another thread."""
        self._server.should_exit = True


def serve(desk: Desk, *, port: int = 0, opened: Callable[[str], None]) -> None:
    """Serve until Ctrl-C, `kill`, or the end of the terminal; it returns then, so that nothing stays behind.

    Args:
        desk: what is reviewed.
        port: to listen on; 0: a free one.
        opened: told the address, with the token in it, once the server listens.

    Raises:
        MissingExtraError: uvicorn or fastapi is not installed.
        RunError: the port is taken.
    """
    server = ReviewServer(desk, port=port)
    with server.listener, _ended_by_signals(server.stop):
        opened(server.address)
        server.run()


@contextmanager
def _ended_by_signals(stop: Callable[[], None]) -> Generator[None]:
    """Let signals call `stop` and no more: an exception could come just before the `try` of a clean-up."""
    known = ("SIGINT", "SIGTERM", "SIGHUP")
    names = [name for name in known if hasattr(signal, name)]  # Windows has no SIGHUP
    before = {name: signal.signal(getattr(signal, name), lambda *_: stop()) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def _listening(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen()  # a browser that is told now waits until the server answers
    except OSError as error:
        listener.close()
        raise RunError(f"port {port} cannot be used ({error.strerror}): name another --port") from error
    return listener


def _complain(app: Any, fastapi: Any, log: Path) -> None:
    """Answer errors with their one line: 409 what does not fit, 507 a full disk, 500 what else files do."""

    def misfit(_: Any, error: DataError) -> Any:
        return fastapi.responses.JSONResponse({"detail": str(error)}, 409)

    def unusable(request: Any, error: OSError) -> Any:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        outcome = "" if request.method == "GET" else ": nothing was decided"
        advice = "free space and try again" if full else "see to it and try again"
        told = f"{error.filename or log} cannot be used ({error.strerror or error}){outcome}; {advice}"
        return fastapi.responses.JSONResponse({"detail": encodable(told)}, 507 if full else 500)

    app.add_exception_handler(DataError, misfit)
    app.add_exception_handler(OSError, unusable)
