"""The Host check: no web page may reach the devnet through a name that its owner points at this machine."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

_CACHE_LIMIT = 1_000


class HostCheck:
    """IP addresses, localhost and its subdomains pass, and the names that were allowed ("*" allows all)."""

    def __init__(self, allowed: Sequence[str]) -> None:
        self._allowed = {name.lower().rstrip(".") for name in allowed}
        self._is_open = "*" in self._allowed
        self._known: dict[bytes, bool] = {}

    def passes(self, host: bytes | None) -> bool:
        """Whether a request with this Host header is served. One without it comes from no browser."""
        if host is None or self._is_open:
            return True
        known = self._known.get(host)
        if known is None:
            known = self._judge(host)
            if len(self._known) < _CACHE_LIMIT:
                self._known[host] = known
        return known

    def _judge(self, host: bytes) -> bool:
        name = host_name(host)
        if name == "localhost" or name.endswith(".localhost") or name in self._allowed:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


def host_name(host: bytes) -> str:
    """The name in a Host header, without port and brackets."""
    text = host.decode("latin-1").strip().lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0].rstrip(".")
