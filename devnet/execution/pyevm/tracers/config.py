"""A tracer's configuration out of JSON, with errors that name the tracer and the option."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devnet.execution import TraceSpec


class TracerConfig:
    """Typed reads of one tracer's options. Options that a tracer does not know are ignored, as geth does."""

    def __init__(self, tracer: str, values: Mapping[str, Any]) -> None:
        self._tracer = tracer or "struct logger"
        if not isinstance(values, Mapping):
            raise ValueError(f"{self._tracer}: the tracer config is not an object")
        self._values = values

    def flag(self, name: str) -> bool:
        """A boolean, false where it is not given. Raises ValueError for anything else."""
        value = self._values.get(name)
        if value is None:
            return False
        if not isinstance(value, bool):
            raise ValueError(f"{self._tracer}: {name} is true or false, not {value!r:.80}")
        return value

    def is_false(self, name: str) -> bool:
        """True where the option is given and false."""
        return name in self._values and not self.flag(name)

    def count(self, name: str) -> int:
        """A number of at least 0, which is the default. Raises ValueError for anything else."""
        value = self._values.get(name)
        if value is None:
            return 0
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise ValueError(f"{self._tracer}: {name} is a number of at least 0, not {value!r:.80}")
        return value

    def tracers(self) -> dict[str, TraceSpec]:
        """muxTracer's: the tracers by name with their configs. Raises ValueError."""
        specs = {}
        for name, inner in self._values.items():
            if inner is not None and not isinstance(inner, Mapping):
                raise ValueError(f"{self._tracer}: the config of {name!r:.80} is not an object")
            if not name:
                raise ValueError(f"{self._tracer}: a tracer without a name")
            specs[name] = TraceSpec(name, inner or {})
        return specs
