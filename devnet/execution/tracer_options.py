"""Which tracer a `TraceSpec` means, with its options read: the same for every engine.

The options are those of geth's tracers. `read_tracer` is the only way in; its errors name the tracer and the
option.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from devnet.execution import TraceSpec

TRACERS: Final = (
    "callTracer",
    "prestateTracer",
    "4byteTracer",
    "flatCallTracer",
    "muxTracer",
    "noopTracer",
    "coverageTracer",
)
"""The named tracers; "" is the struct logger."""

MAX_MUX_NESTING: Final = 4

MAX_WORDS = 8_000_000
"""Stack items, chunks of memory and slots of one struct logger's trace, and `WORDS_PER_STEP` for each step.
geth has no such bound and dies of memory instead."""

MAX_COVERED_BYTES: Final = 16 << 20
"""Bytes of all codes in one trace of coverageTracer, which counts for each of them."""

MAX_FRAME_BYTES: Final = 64 << 20
"""Input, output and logs of all calls in one trace of callTracer or flatCallTracer, and `BYTES_PER_FRAME` for
each call and log: a few copies of a megabyte cost little gas."""

BYTES_PER_FRAME: Final = 256

WORDS_PER_STEP: Final = 4
"""A step with nothing on the stack takes some hundred bytes too, and a block has millions of them."""


@dataclass(frozen=True, slots=True)
class StructLogOptions:
    """The struct logger: `enableMemory`, `disableStack`, `disableStorage`, `enableReturnData`, `limit`.
    Hardhat's `disableMemory: false` asks for memory too."""

    with_memory: bool
    with_stack: bool
    with_storage: bool
    with_return_data: bool
    limit: int
    """Characters of JSON after which no more steps are told (0: all)."""
    max_words: int


@dataclass(frozen=True, slots=True)
class CallOptions:
    """callTracer: `onlyTopCall` leaves out inner calls, `withLog` tells the logs of each call."""

    only_top: bool
    with_logs: bool


@dataclass(frozen=True, slots=True)
class FlatCallOptions:
    """flatCallTracer: `convertParityErrors` gives errors in Parity's words, `includePrecompiles` shows calls
    of precompiles, which are left out otherwise."""

    with_parity_errors: bool
    with_precompiles: bool


@dataclass(frozen=True, slots=True)
class PrestateOptions:
    """prestateTracer: `diffMode` gives {"pre", "post"}, `disableCode` and `disableStorage` leave those out,
    `includeEmpty` shows accounts that did not exist before as well."""

    diff: bool
    with_code: bool
    with_storage: bool
    with_empty: bool


@dataclass(frozen=True, slots=True)
class FourByteOptions:
    """4byteTracer has none."""


@dataclass(frozen=True, slots=True)
class NoopOptions:
    """noopTracer has none."""


@dataclass(frozen=True, slots=True)
class CoverageOptions:
    """coverageTracer has none. It is this network's own."""


@dataclass(frozen=True, slots=True)
class MuxOptions:
    """muxTracer: the tracers by name, in the order of the config."""

    tracers: tuple[tuple[str, TracerOptions], ...]


TracerOptions = (
    StructLogOptions
    | CallOptions
    | FlatCallOptions
    | PrestateOptions
    | FourByteOptions
    | NoopOptions
    | CoverageOptions
    | MuxOptions
)


def read_tracer(spec: TraceSpec) -> TracerOptions:
    """The tracer with its options. Raises ValueError for an unknown tracer or a bad config. Options that a
    tracer does not know are ignored, as geth does."""
    return _read(spec, 0)


def _read(spec: TraceSpec, nesting: int) -> TracerOptions:
    config = _Config(spec.tracer, spec.config)
    match spec.tracer:
        case "":
            return StructLogOptions(
                with_memory=config.flag("enableMemory") or config.is_false("disableMemory"),
                with_stack=not config.flag("disableStack"),
                with_storage=not config.flag("disableStorage"),
                with_return_data=config.flag("enableReturnData"),
                limit=config.count("limit"),
                max_words=MAX_WORDS,
            )
        case "callTracer":
            return CallOptions(with_logs=config.flag("withLog"), only_top=config.flag("onlyTopCall"))
        case "flatCallTracer":
            return FlatCallOptions(
                with_parity_errors=config.flag("convertParityErrors"),
                with_precompiles=config.flag("includePrecompiles"),
            )
        case "prestateTracer":
            return PrestateOptions(
                diff=config.flag("diffMode"),
                with_code=not config.flag("disableCode"),
                with_storage=not config.flag("disableStorage"),
                with_empty=config.flag("includeEmpty"),
            )
        case "4byteTracer":
            return FourByteOptions()
        case "noopTracer":
            return NoopOptions()
        case "coverageTracer":
            return CoverageOptions()
        case "muxTracer":
            if nesting >= MAX_MUX_NESTING:
                raise ValueError("muxTracer: nested too deeply")
            inner = config.tracers().items()
            return MuxOptions(tuple((name, _read(spec, nesting + 1)) for name, spec in inner))
    raise ValueError(_unknown(spec.tracer))


def _unknown(name: str) -> str:
    known = ", ".join(TRACERS)
    if len(name) > 40 or any(character in name for character in "{(;"):
        return (
            f"JavaScript tracers are not supported; built in are {known}, and no tracer for the struct logger"
        )
    return f"unknown tracer {name!r}; built in are {known}, and no tracer for the struct logger"


class _Config:
    """Typed reads of one tracer's options."""

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
