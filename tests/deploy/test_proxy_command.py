"""A script with a proxy, by the commands: deployed, called by its name, upgraded, done once."""

from __future__ import annotations

from pathlib import Path

from tests.cli.devnet_process import Devnet
from tests.cli.process import Ended, zero
from tests.deploy.chains import inputs
from tests.deploy.contracts import build_in, with_packages
from tests.deploy.test_proxies import SOURCE

SCRIPT = """from zero_sdk.deploy import deploy_proxy, upgrade_proxy

def main(network):
    for zone in network:
        counter = deploy_proxy(zone, "Counter", initializer=("initialize", 7))
"""
UPGRADE = """        upgrade_proxy(counter, "CounterV2", call=("migrate", 5))
"""


def good(ended: Ended) -> str:
    assert ended.code == 0, ended.err
    return ended.out


def test_deployed_called_and_upgraded(tmp_path: Path) -> None:
    root = tmp_path / "project"
    with_packages(root, "@openzeppelin/contracts")
    build_in(root, SOURCE)
    (root / "scripts").mkdir()
    script = root / "scripts" / "deploy.py"
    with Devnet("--zones", "alpha", folder=tmp_path) as devnet:
        url, node = devnet.description["url"], devnet.zone("alpha")["url"]
        variables = {"ZERO_RPC_URL": url}

        def run(*words: str) -> str:
            return good(zero(*words, folder=root, variables=variables))

        script.write_text(SCRIPT, encoding="utf-8")
        first = run("deploy", "--network", url)
        assert [line.split()[1] for line in first.splitlines()] == ["Counter.implementation", "Counter"]
        assert run("call", "Counter", "count").split()[0] == "7"
        script.write_text(SCRIPT + UPGRADE, encoding="utf-8")
        planned = run("deploy", "--network", url, "--dry-run")
        assert "2 of 4 steps to do" in planned
        run("deploy", "--network", url)
        assert run("call", "Counter", "version").split()[0] == "2"
        done = inputs(node)
        run("deploy", "--network", url)
        assert inputs(node) == done
        assert len(done) == 4
