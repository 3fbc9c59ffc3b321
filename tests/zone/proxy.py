"""A zone behind pickled messages: what keeps the port's arguments, replies and errors plain data."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

from devnet.zone.port import ZonePort


class PickledZone:
    """Carries every message to a zone, and every reply and error back, as bytes."""

    def __init__(self, zone: ZonePort) -> None:
        self._zone = zone

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._zone, name)
        if not callable(attribute):
            return _carried(attribute)

        def send(*arguments: Any, **named: Any) -> Any:
            given, given_by_name = _carried((arguments, named))
            try:
                reply = attribute(*given, **given_by_name)
            except Exception as error:
                raise _carried(error) from None
            if isinstance(reply, Iterator):
                return map(_carried, reply)
            return _carried(reply)

        return send


def _carried(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))
