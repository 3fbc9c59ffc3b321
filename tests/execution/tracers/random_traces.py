"""Tracers with options drawn at random."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from devnet.execution import TraceSpec
from devnet.execution.tracer_options import TRACERS

FLAGS = {
    "": ("enableMemory", "disableMemory", "disableStack", "disableStorage", "enableReturnData"),
    "callTracer": ("onlyTopCall", "withLog"),
    "flatCallTracer": ("convertParityErrors", "includePrecompiles"),
    "prestateTracer": ("diffMode", "disableCode", "disableStorage", "includeEmpty"),
}
"""The options that are true or false, by tracer."""


def random_config(rng: random.Random, tracer: str, nesting: int = 0) -> dict[str, Any]:
    if tracer == "muxTracer":
        names = [name for name in ("", *TRACERS) if name and (name != "muxTracer" or nesting < 3)]
        chosen = rng.sample(names, rng.randint(0, len(names)))
        return {name: random_config(rng, name, nesting + 1) or None for name in chosen}
    config: dict[str, Any] = {
        name: rng.random() < 0.7 for name in FLAGS.get(tracer, ()) if rng.random() < 0.6
    }
    if tracer == "" and rng.random() < 0.3:
        config["limit"] = rng.choice((1, 150, 2_000, 30_000))
    return config


def random_traces(rng: random.Random) -> Iterator[TraceSpec]:
    """Every tracer once, each with options of its own."""
    for tracer in ("", *TRACERS):
        yield TraceSpec(tracer, random_config(rng, tracer))
