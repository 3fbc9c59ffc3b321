"""Where a node is: its URL in parts, and a connection there by the standard library's client."""

from __future__ import annotations

import http.client
import ssl
from urllib.parse import SplitResult, urlsplit


def node_parts(url: str) -> SplitResult | None:
    """The URL in parts; None for what is no URL of a node: another scheme than http and https, no host, a
    port that cannot be."""
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_good = False
    return parts if is_good else None


def path_of(parts: SplitResult) -> str:
    """What of the URL is asked for: path and query."""
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def connection_to(parts: SplitResult, timeout: float) -> http.client.HTTPConnection:
    """A connection that its first request opens. `timeout` in seconds, of each wait for the network."""
    host = parts.hostname or ""
    if parts.scheme == "https":
        return http.client.HTTPSConnection(
            host, parts.port, timeout=timeout, context=ssl.create_default_context()
        )
    return http.client.HTTPConnection(host, parts.port, timeout=timeout)
