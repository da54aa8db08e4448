"""Who may talk to the review server: its own page in this browser, and nobody else on this machine."""

import secrets
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MOST_BYTES = 200_000  # of a request's body
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"  # the page cannot turn text into elements
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",  # nobody is told of the page's address
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}


class Guard:
    """ASGI middleware that lets a request through if it knows the token and comes from the page itself.

    The address that is printed carries the token behind its #, which no browser sends; the page keeps it for
    its tab and sends it in a header, which no other page can. It is no cookie: cookies do not tell ports
    apart, so every other server on this machine would be given it. A name that was made to point here (DNS
    rebinding) shows in the Host header, another page's POST in its Origin.

    Args:
        app: the application behind it.
        port: that it is served on.
        token: that a request must carry, as `Authorization: Bearer TOKEN`.
        without_token: the paths that may be read without it, as they hold nothing of the data.
    """

    def __init__(self, app: App, *, port: int, token: str, without_token: Collection[str]) -> None:
        self.app = app
        self.expected = f"Bearer {token}".encode()
        self.without_token = frozenset(without_token)
        self.hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        refused = self._refused(scope, headers)
        if refused:
            await _refuse(send, *refused)
            return

        async def guarded(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_encoded(_HEADERS)]
            await send(message)

        await self.app(scope, receive, guarded)

    def _refused(self, scope: Scope, headers: dict[str, str]) -> tuple[int, str] | None:
        """Status and reason, or None for a request that may pass."""
        host = headers.get("host", "")
        if host not in self.hosts:
            return 400, "expected the address that textkind printed, found another host"
        reads = scope["method"] in ("GET", "HEAD")
        known = secrets.compare_digest(headers.get("authorization", "").encode(), self.expected)
        if not known and not (reads and scope["path"] in self.without_token):
            return 403, "expected the token of this session: open the address that textkind printed"
        if not reads:
            if headers.get("origin") != f"http://{host}":
                return 403, "expected a request of the review page itself, found another origin"
            if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
                return 415, "expected a body of JSON"
            length = headers.get("content-length", "")
            if not length.isdecimal() or int(length) > MOST_BYTES:
                return 413, f"expected a body of at most {MOST_BYTES:,} bytes"
        return None


async def _refuse(send: Send, status: int, reason: str) -> None:
    headers = {**_HEADERS, "content-type": "text/plain; charset=utf-8"}
    await send({"type": "http.response.start", "status": status, "headers": _encoded(headers)})
    await send({"type": "http.response.body", "body": f"{reason}\n".encode()})


def _encoded(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
