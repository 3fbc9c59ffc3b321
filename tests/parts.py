"""The parts that the tests run on: the kernel's, or the reference's with `--engine pyevm`."""

from __future__ import annotations

import os
from functools import cache

from devnet.execution import Engine
from devnet.parts import EngineChoice, Parts, choose_parts
from devnet.persistence.home import Home
from devnet.state import State
from devnet.state.config import DEVNET, QmdbConfig

VARIABLE = "ZERO_TESTED_ENGINE"
"""Set by `tests/conftest.py`, so that it reaches every worker process."""


@cache
def parts_under_test() -> Parts:
    """Made once: all tests of a process share the kernel's threads."""
    return choose_parts(choice_under_test())


def choice_under_test() -> EngineChoice:
    """What `--engine` said."""
    return EngineChoice(os.environ.get(VARIABLE, EngineChoice.AUTO))


def engine_under_test() -> Engine:
    """The engine under test."""
    return parts_under_test().engine()


def state_under_test(config: QmdbConfig = DEVNET, home: Home | None = None) -> State:
    """A state of the kind under test: a new one, or the one whose files the home names."""
    return parts_under_test().state(config, home)
