"""What is asked again is not computed again, as long as there is room for what was asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devnet.settlement.recent import Recent

ROOM = 20


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 30)), max_size=40))
def test_answers_are_right_and_the_newest_that_fit_are_kept(questions: list[tuple[int, int]]) -> None:
    recent: Recent[tuple[int, int]] = Recent(ROOM)
    kept: list[tuple[int, int]] = []
    for question in questions:
        found: list[tuple[int, int]] = []

        def find(
            question: tuple[int, int] = question, found: list[tuple[int, int]] = found
        ) -> tuple[int, int]:
            found.append(question)
            return question

        assert recent.answer(question, question[1], find) == question
        assert (not found) == (question in kept)
        if found:
            kept.append(question)
            while len(kept) > 1 and sum(size for _, size in kept) > ROOM:
                kept.pop(0)


def test_what_raised_is_asked_again() -> None:
    recent: Recent[int] = Recent(ROOM)

    def refuse() -> int:
        raise ValueError("no")

    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            recent.answer("question", 1, refuse)
    assert recent.answer("question", 1, lambda: 3) == 3
