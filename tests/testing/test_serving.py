"""The fixture `server`: the same network for other programs."""

from __future__ import annotations

import pytest

from tests.testing.contracts import make_project, run


def test_other_programs_see_the_same_network(pytester: pytest.Pytester) -> None:
    make_project(pytester)
    pytester.makepyfile(
        test_served="""
        import json, subprocess, sys, urllib.request

        SCRIPT = '''
        import json, os, urllib.request
        body = {"jsonrpc": "2.0", "id": 1, "method": "eth_getBalance",
                "params": ["0x00000000000000000000000000000000000000b0", "latest"]}
        request = urllib.request.Request(os.environ["ZERO_RPC_URL_BETA"], json.dumps(body).encode(),
                                         {"content-type": "application/json"})
        print(json.load(urllib.request.urlopen(request))["result"])
        '''
        BOX = "0x00000000000000000000000000000000000000b0"

        def asked(server):
            import textwrap
            command = [sys.executable, "-c", textwrap.dedent(SCRIPT)]
            printed = subprocess.check_output(command, env=server.environment(), text=True)
            return int(printed, 16)

        def test_before(zones): zones["beta"].send(BOX, value=4)

        def test_seen(server, zones):
            zones["beta"].send(BOX, value=5)
            assert asked(server) == 5

        def test_put_back(server, zones):
            assert asked(server) == 0
        """,
        test_unserved="""
        def test_in_process_again(zone): assert zone.url is None and zone.block_number == 0
        """,
    )
    run(pytester).assert_outcomes(passed=4)
