"""What a browser sees at the devnet's address until there is an explorer."""

from __future__ import annotations

import html
from collections.abc import Iterable


def endpoints_page(client_version: str, endpoints: Iterable[tuple[str, int, str]]) -> bytes:
    """A plain page of (zone, chain id, URL)."""
    rows = "".join(
        f"<tr><td>{html.escape(name)}</td><td>{chain_id}</td><td><code>{html.escape(url)}</code></td></tr>"
        for name, chain_id, url in endpoints
    )
    title = html.escape(client_version)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        "<style>body{font-family:system-ui,sans-serif;margin:3rem}td,th{padding:.3rem 1.5rem .3rem 0;"
        f"text-align:left}}</style></head><body><h1>{title}</h1>"
        "<p>JSON-RPC over HTTP (POST) and WebSocket at each zone's address.</p>"
        f"<table><tr><th>zone</th><th>chain id</th><th>address</th></tr>{rows}</table>"
        '<p><a href="/health">/health</a></p></body></html>'
    ).encode()
