"""The tests are about the kernel too: without it they would pass and say nothing about it."""

from __future__ import annotations

from devnet.kernel import absence, interface_hash, load
from devnet.network import Network
from devnet.parts import EngineChoice, choose_parts


def test_the_kernel_is_there() -> None:
    assert absence() is None
    assert interface_hash() == load().INTERFACE


def test_a_network_runs_on_it_unless_it_is_told_otherwise() -> None:
    assert Network().engine_name == "native"
    assert Network(None, choose_parts(EngineChoice.PYEVM)).engine_name == "pyevm"
