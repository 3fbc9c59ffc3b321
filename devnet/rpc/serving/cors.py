"""Cross-origin headers: which web pages may read the answers."""

from __future__ import annotations

from collections.abc import Sequence

Headers = list[tuple[bytes, bytes]]

_ONE_DAY = b"86400"


class Cors:
    """Any origin by default; a list restricts it to those named."""

    def __init__(self, origins: Sequence[str]) -> None:
        self._is_open = "*" in origins
        self._origins = {origin.rstrip("/").encode() for origin in origins}
        self.open_headers: Headers = [(b"access-control-allow-origin", b"*")] if self._is_open else []

    def is_allowed(self, origin: bytes | None) -> bool:
        """Whether a page of this origin may use the devnet; requests without an origin come from no page."""
        return self._is_open or origin is None or origin in self._origins

    def headers(self, origin: bytes | None) -> Headers:
        """What an answer to a request of this origin carries."""
        if self._is_open:
            return self.open_headers
        if origin is not None and origin in self._origins:
            return [(b"access-control-allow-origin", origin), (b"vary", b"origin")]
        return [(b"vary", b"origin")]

    def preflight_headers(self, request: dict[bytes, bytes]) -> Headers:
        """The answer to a browser's preflight, the question about private networks included."""
        headers = [
            *self.headers(request.get(b"origin")),
            (b"access-control-allow-methods", b"POST, GET, OPTIONS"),
            (
                b"access-control-allow-headers",
                request.get(b"access-control-request-headers", b"content-type"),
            ),
            (b"access-control-max-age", _ONE_DAY),
        ]
        if request.get(b"access-control-request-private-network", b"").lower() == b"true":
            headers.append((b"access-control-allow-private-network", b"true"))
        return headers
