"""`zero export`, as it is typed."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from tests.cli.devnet_process import Devnet
from tests.cli.process import zero


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "contracts").mkdir()
    (tmp_path / "zero.toml").write_text("")
    (tmp_path / "contracts" / "Counter.vy").write_text("count: public(uint256)\n")
    (tmp_path / "contracts" / "Other.vy").write_text("x: public(uint256)\n")
    return tmp_path


def test_each_format_goes_into_a_folder_of_its_own(project: Path) -> None:
    for name, files in {
        "foundry": ["Counter.vy/Counter.json", "Other.vy/Other.json"],
        "hardhat": ["contracts/Counter.vy/Counter.json", "contracts/Other.vy/Other.json"],
        "viem": ["Counter.ts", "Other.ts", "index.ts"],
        "ape": ["Counter.json", "Other.json"],
    }.items():
        ended = zero("export", "--format", name, "--json", folder=project)
        assert ended.code == 0, ended.err
        assert json.loads(ended.out) == {"folder": str(project / "exports" / name), "files": files}
        assert all((project / "exports" / name / file).is_file() for file in files)


def test_only_what_is_named_is_written_where_it_is_wanted(project: Path) -> None:
    ended = zero("export", "Counter", "--format", "viem", "--out", "web/abis", folder=project)
    assert (ended.code, ended.out) == (0, "")
    assert sorted(path.name for path in (project / "web" / "abis").iterdir()) == [
        ".zero-export",
        "Counter.ts",
        "index.ts",
    ]


def test_a_page_gets_the_zones_of_the_network(project: Path) -> None:
    address = "0x" + "00" * 19 + "aa"
    (project / "a.json").write_text(json.dumps({"Counter": {"alpha": address}}))
    ended = zero("export", "--ts", "--network", "local", "--addresses", "a.json", folder=project)
    assert ended.code == 0, ended.err
    text = (project / "exports" / "ts" / "index.ts").read_text()
    assert '"id": 7700001' in text
    assert "0x00000000000000000000000000000000000000AA" in text


def test_a_page_gets_the_addresses_of_the_deployment(project: Path) -> None:
    (project / "zero.toml").write_text(
        '[networks.here.zones.alpha]\nurl = "$ZERO_RPC_URL_ALPHA"\n'
        '[networks.here.zones.beta]\nurl = "$ZERO_RPC_URL_BETA"\n'
    )
    (project / "scripts").mkdir()
    (project / "scripts" / "deploy.py").write_text(
        "def main(network):\n    for zone in network:\n        zone.deploy('Counter')\n"
    )
    ours = f"{sys.executable} -m zero_sdk"
    command = f"{ours} deploy --network here && {ours} export --ts --network here"
    ended = zero("devnet", "--port", "0", "--quiet", "--exec", command, folder=project)
    assert ended.code == 0, ended.err
    text = (project / "exports" / "ts" / "index.ts").read_text()
    found = re.search(r'"Counter": \{ abi: counterAbi, addresses: (\{.*\}) \}', text)
    assert found
    assert list(json.loads(found[1])) == ["alpha", "beta"]
    assert "http://127.0.0.1" in text


def test_addresses_of_an_earlier_start_of_the_devnet_are_left_out(project: Path) -> None:
    def export(devnet: Devnet, *before: str) -> tuple[str, str]:
        variables = {"ZERO_NETWORK": devnet.description["url"]}
        for command in (*before, "export --ts"):
            ended = zero(*command.split(), folder=project, variables=variables)
            assert ended.code == 0, ended.err
        return (project / "exports" / "ts" / "index.ts").read_text(), ended.err

    with Devnet("--silent", folder=project) as devnet:
        text, told = export(devnet, "deploy Counter")
        instance = devnet.call("anvil_metadata")["instanceId"]
        assert f'export const instanceId: string | null = "{instance}";' in text
        assert '"beta": "0x' in text
        assert "left out" not in told
        port = devnet.description["url"].rpartition(":")[2].strip("/")
    with Devnet("--silent", folder=project, port=port) as devnet:
        text, told = export(devnet)
        assert "counterAbi, addresses: {}" in text
        assert instance not in text
        assert "// Zone beta has no addresses: the devnet was started again." in text
        assert "zone alpha: the devnet was started again, so its addresses are left out" in told
        text, told = export(devnet, "deploy Counter")
        assert '"beta": "0x' in text
        assert "no addresses" not in text


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "--format foundry|hardhat|viem|ape, --ts or --sources"),
        (("--format", "truffle"), 2, "'truffle' is not known"),
        (("--format", "viem", "--ts"), 2, "[ZERO-1102]"),
        (("--ts", "--network", "lokal"), 2, "did you mean local?"),
        (("Countr", "--format", "viem"), 1, "did you mean Counter?"),
    ],
)
def test_wrong_usage_is_answered_with_advice(
    project: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    ended = zero("export", *arguments, folder=project)
    assert (ended.code, ended.out) == (code, "")
    assert words in ended.err
    assert not (project / "exports").exists()
