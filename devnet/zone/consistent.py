"""Questions that meet a rollback of another thread halfway."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from devnet.state import StateGone
from devnet.zone.errors import UnknownBlock

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")

ATTEMPTS = 4
"""A question about "latest" fails only if so many rollbacks overtake it one after the other."""


class ChainMoved(Exception):
    """Blocks were removed while a question looked at several of them."""


def asked_again(question: Callable[Parameters, Answer]) -> Callable[Parameters, Answer]:
    """Asks again when the state or the blocks that the question reads are rolled back or forgotten
    meanwhile: a tag then names another block. Raises UnknownBlock where that one goes, too."""

    @functools.wraps(question)
    def ask(*arguments: Parameters.args, **named: Parameters.kwargs) -> Answer:
        for _ in range(ATTEMPTS - 1):
            try:
                return question(*arguments, **named)
            except (StateGone, ChainMoved):
                continue
        try:
            return question(*arguments, **named)
        except (StateGone, ChainMoved) as error:
            raise UnknownBlock(str(error)) from error

    return ask
