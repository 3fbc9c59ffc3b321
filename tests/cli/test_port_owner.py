"""Who listens on a port."""

from __future__ import annotations

import os
import socket
import sys

import pytest

from zero_sdk.cli.devnet.port_owner import owner_of


@pytest.mark.skipif(sys.platform != "linux", reason="other systems need tools that may be missing")
def test_the_process_that_listens_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        owner = owner_of(server.getsockname()[1])
    assert owner is not None
    assert f"process {os.getpid()}" in owner


def test_nothing_is_said_of_a_free_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert owner_of(port) is None
