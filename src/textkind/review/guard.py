"""Who may talk to the review server: its own page in this browser, and nobody else on this machine."""

import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

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
    "referrer-policy": "no-referrer",  # the first address holds the token
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}


class Guard:
    """ASGI middleware that lets a request through if it knows the token and comes from the page itself.

    The address that is printed carries the token once; the answer sets it as a cookie that scripts cannot
    read and that other sites' requests do not carry. A name that was made to point here (DNS rebinding)
    shows in the Host header, another page's POST in its Origin.

    Args:
        app: the application behind it.
        port: that it is served on.
        token: that every request must carry, in the cookie or as `?token=`.
    """

    def __init__(self, app: App, port: int, token: str) -> None:
        self.app = app
        self.token = token
        self.cookie = f"textkind_review_{port}"  # cookies do not tell ports apart
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
        asked = self._in_address(scope)

        async def guarded(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                extra = dict(_HEADERS)
                if asked:
                    extra["set-cookie"] = f"{self.cookie}={asked}; Path=/; HttpOnly; SameSite=Strict"
                message["headers"] = [*message["headers"], *_encoded(extra)]
            await send(message)

        await self.app(scope, receive, guarded)

    def _refused(self, scope: Scope, headers: dict[str, str]) -> tuple[int, str] | None:
        """Status and reason, or None for a request that may pass."""
        host = headers.get("host", "")
        if host not in self.hosts:
            return 400, "expected the address that textkind printed, found another host"
        if not self._known(self._in_address(scope)) and not self._known(self._in_cookie(headers)):
            return 403, "expected the token of this session: open the address that textkind printed"
        if scope["method"] not in ("GET", "HEAD"):
            if headers.get("origin") != f"http://{host}":
                return 403, "expected a request of the review page itself, found another origin"
            if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
                return 415, "expected a body of JSON"
            length = headers.get("content-length", "")
            if not length.isdecimal() or int(length) > MOST_BYTES:
                return 413, f"expected a body of at most {MOST_BYTES:,} bytes"
        return None

    def _known(self, token: str) -> bool:
        return secrets.compare_digest(token.encode(), self.token.encode())

    def _in_address(self, scope: Scope) -> str:
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        return given if self._known(given) else ""

    def _in_cookie(self, headers: dict[str, str]) -> str:
        pairs = (pair.strip().partition("=") for pair in headers.get("cookie", "").split(";"))
        return next((value for name, _, value in pairs if name == self.cookie), "")


async def _refuse(send: Send, status: int, reason: str) -> None:
    headers = {**_HEADERS, "content-type": "text/plain; charset=utf-8"}
    await send({"type": "http.response.start", "status": status, "headers": _encoded(headers)})
    await send({"type": "http.response.body", "body": f"{reason}\n".encode()})


def _encoded(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
