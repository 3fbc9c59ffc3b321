"""`--engine` and `--threads`: the parts of the network, and what is shown of them."""

from __future__ import annotations

from dataclasses import replace

from devnet.kernel import absence
from devnet.parts import EngineAbsent, EngineChoice, Parts, available_threads, choose_parts
from zero_sdk.cli.devnet.description import ShownEngine
from zero_sdk.cli.devnet.settings import Settings
from zero_sdk.errors import Problem, ZeroError


def chosen_parts(settings: Settings) -> tuple[Parts, ShownEngine]:
    """The parts with an engine that is there already, so that its problems show before anything is made.
    Raises ZeroError."""
    try:
        parts = choose_parts(EngineChoice(settings.engine), settings.threads)
    except EngineAbsent as absent:
        raise ZeroError(
            Problem.ENGINE_ABSENT,
            f"--engine native: {absent}",
            "leave --engine out to run on the reference engine",
        ) from absent
    engine = parts.engine()
    threads = settings.threads or available_threads()
    shown = ShownEngine(engine.name, threads if engine.name == "native" else 1, absence())
    return replace(parts, engine=lambda: engine), shown
