"""Which limit a question ran into."""

from __future__ import annotations

from devnet.zone.calling.running import Deadline


def test_without_a_time_limit_it_can_only_have_been_the_gas():
    assert "--rpc-gas-cap" in str(Deadline.after(None).exceeded())


def test_while_time_is_left_it_was_the_gas():
    assert "--rpc-gas-cap" in str(Deadline.after(60.0).exceeded())


def test_past_the_end_it_was_the_time():
    assert "--rpc-timeout" in str(Deadline(0.5, 0.0).exceeded())
