"""Sourcify's API of `zero devnet`, spoken by Foundry's forge and by hand."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.devnet_process import Devnet
from tests.cli.process import PATIENCE
from tests.clients import tools
from tests.compile.conftest import MakeProject, make_project, native_solc  # noqa: F401
from tests.deploy.contracts import SOURCE, project_in
from zero_sdk import Contract, connect
from zero_sdk.compile import Build, compile_project

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    return compile_project(project_in(tmp_path_factory.mktemp("project")))


@pytest.fixture(scope="module")
def devnet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Devnet]:
    with Devnet("--zones", "alpha,beta", folder=tmp_path_factory.mktemp("devnet")) as running:
        yield running


@pytest.fixture
def token(devnet: Devnet, build: Build) -> Contract:
    """In the second zone."""
    with connect(devnet.description["url"]) as network:
        network.artifacts.add(build)
        return network.zone("beta").deploy("Token", 5)


def ask(devnet: Devnet, path: str, document: Any = None, **headers: str) -> tuple[int, Any]:
    body = None if document is None else json.dumps(document).encode()
    url = devnet.description["url"].rstrip("/") + path
    request = urllib.request.Request(url, body, {"Content-Type": "application/json", **headers})
    try:
        with _OPENER.open(request, timeout=PATIENCE) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        text = error.read()
        return error.code, json.loads(text) if text.startswith(b"{") else text


def request_of(build: Build, name: str) -> dict[str, Any]:
    artifact = build.artifact(name)
    return {
        "stdJsonInput": artifact.compilation.input,
        "compilerVersion": artifact.compiler.version,
        "contractIdentifier": artifact.qualified_name,
    }


def job_of(devnet: Devnet, path: str, document: Any) -> dict[str, Any]:
    status, answer = ask(devnet, f"/v2/verify/{path}", document)
    assert status == 202, answer
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        _, job = ask(devnet, f"/v2/verify/{answer['verificationId']}")
        if job["isJobCompleted"]:
            found: dict[str, Any] = job
            return found
        time.sleep(0.1)
    raise AssertionError("the job does not end")


def test_a_job_verifies_a_contract(devnet: Devnet, build: Build, token: Contract) -> None:
    where = f"{token.zone.chain_id}/{token.address}"
    status, before = ask(devnet, f"/v2/contract/{where}")
    assert (status, before["match"]) == (404, None)
    job = job_of(devnet, where, request_of(build, "Token"))
    assert job["contract"]["runtimeMatch"] == "exact_match", job
    assert "error" not in job
    status, after = ask(devnet, f"/v2/contract/{where}")
    assert status == 200
    assert {after[key] for key in ("match", "creationMatch", "runtimeMatch")} == {"exact_match"}
    status, again = ask(devnet, f"/v2/verify/{where}", request_of(build, "Token"))
    assert (status, again["customCode"]) == (409, "already_verified")


FACTORY = """// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;
contract Made {
    uint256 public immutable size; string public label;
    constructor(uint256 size_, string memory label_) { size = size_; label = label_; }
}
contract Factory {
    event Done(Made made);
    function make(uint256 size) external { emit Done(new Made(size, "a label that is longer than a word")); }
}
"""


def test_creation_code_is_compared_wherever_it_ran(devnet: Devnet, tmp_path: Path) -> None:
    build = compile_project(project_in(tmp_path, FACTORY))
    with connect(devnet.description["url"]) as network:
        network.artifacts.add(build)
        zone = network.zone("alpha")
        factory = zone.deploy("Factory", salt=5)
        [made] = [event.args.made for event in factory.make(7).events]
        fixed = "0x00000000000000000000000000000000000000fa"
        zone.set_code(fixed, zone.code(factory))
        odd = zone.contract(
            zone.send(None, data=build.artifact("Factory").creation.link({}) + b"?").contract_address, factory
        )
        zone.mine(5)
    expected = {
        ("Factory", factory.address): "exact_match",
        ("Made", made): "exact_match",
        # Put there by a development call; with something behind the code that is no argument.
        ("Factory", fixed): None,
        ("Factory", odd.address): None,
    }
    for (name, address), creation in expected.items():
        job = job_of(devnet, f"{zone.chain_id}/{address}", request_of(build, name))
        assert "error" not in job, job
        found = job["contract"]
        assert (found["runtimeMatch"], found["creationMatch"]) == ("exact_match", creation), (name, address)
        assert found["match"] == "exact_match"


def test_a_comment_makes_both_matches_partial(devnet: Devnet, token: Contract, build: Build) -> None:
    request = request_of(build, "Token")
    name = build.artifact("Token").source_name
    sources = {name: {"content": SOURCE + "// a remark\n"}}
    request["stdJsonInput"] = {**request["stdJsonInput"], "sources": sources}
    job = job_of(devnet, f"{token.zone.chain_id}/{token.address}", request)
    assert {job["contract"][key] for key in ("match", "creationMatch", "runtimeMatch")} == {"match"}, job


VAULT = """\
# pragma version ^0.4.0
OWNER: public(immutable(address))
total: public(uint256)

@deploy
def __init__(first: uint256):
    OWNER = msg.sender
    self.total = first
"""


def test_vyper_is_verified(devnet: Devnet, make_project: MakeProject) -> None:  # noqa: F811
    build = compile_project(make_project({"contracts/Vault.vy": VAULT}))
    with connect(devnet.description["url"]) as network:
        network.artifacts.add(build)
        vault = network.zone("alpha").deploy("Vault", 5)
        where = f"{vault.zone.chain_id}/{vault.address}"
    job = job_of(devnet, where, request_of(build, "Vault"))
    assert "error" not in job, job
    # Vyper's runtime code ends without a hash of the sources, so that nothing more can be said of it.
    assert {job["contract"][key] for key in ("match", "creationMatch", "runtimeMatch")} == {"match"}
    assert ask(devnet, f"/v2/contract/{where}")[1]["match"] == "match"
    other = request_of(build, "Vault")
    text = VAULT.replace("self.total = first", "self.total = first + 1")
    other["stdJsonInput"] = {
        **other["stdJsonInput"],
        "sources": {**other["stdJsonInput"]["sources"], "contracts/Vault.vy": {"content": text}},
    }
    # Nothing but the constructor differs: what is there does not show it, what made it does.
    job = job_of(devnet, where, other)
    assert (job["contract"]["runtimeMatch"], job["contract"]["creationMatch"]) == ("match", None)


def test_a_chain_that_went_back_has_verified_nothing(devnet: Devnet, build: Build) -> None:
    with connect(devnet.description["url"]) as network:
        network.artifacts.add(build)
        with network.isolated():
            vault = network.zone("alpha").deploy("Vault", "0x" + "11" * 20)
            where = f"{vault.zone.chain_id}/{vault.address}"
            job_of(devnet, where, request_of(build, "Vault"))
            assert ask(devnet, f"/v2/contract/{where}")[1]["match"] == "exact_match"
        assert ask(devnet, f"/v2/contract/{where}")[0] == 404


def test_what_is_wrong_is_told_in_sourcifys_codes(devnet: Devnet, build: Build, token: Contract) -> None:
    where = f"{token.zone.chain_id}/{token.address}"
    other = job_of(devnet, where, request_of(build, "Vault"))
    assert other["error"]["customCode"] == "no_match"
    empty = job_of(devnet, f"{token.zone.chain_id}/{'0x' + 'ab' * 20}", request_of(build, "Token"))
    assert empty["error"]["customCode"] == "contract_not_deployed"
    nowhere = job_of(devnet, f"1/{token.address}", request_of(build, "Token"))
    assert nowhere["error"]["customCode"] == "cannot_verify"
    broken = request_of(build, "Token")
    name = build.artifact("Token").source_name
    broken["stdJsonInput"] = {**broken["stdJsonInput"], "sources": {name: {"content": "contract {"}}}
    assert job_of(devnet, where, broken)["error"]["customCode"] == "compiler_error"
    assert ask(devnet, f"/v2/verify/{where}", {"stdJsonInput": {}})[0] == 400
    assert ask(devnet, "/v2/verify/00000000-0000-0000-0000-000000000000")[0] == 404
    assert ask(devnet, "/v2/nothing")[0] == 404
    # A web page may not have the compiler run.
    page = ask(devnet, f"/v2/verify/{where}", request_of(build, "Token"), Origin="https://example.org")
    assert page[0] == 403


@pytest.mark.clients
def test_forge_verifies(devnet: Devnet, token: Contract, build: Build, tmp_path: Path) -> None:
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "Contracts.sol").write_text(SOURCE, encoding="utf-8")
    version = build.artifact("Token").compiler.version
    short = version.partition("+")[0]
    # Where forge keeps compilers that it has downloaded.
    compiler = native_solc(tmp_path / ".svm" / short / f"solc-{short}")
    (tmp_path / "foundry.toml").write_text(
        f'[profile.default]\nsrc = "contracts"\nsolc = "{compiler}"\noffline = true\n', encoding="utf-8"
    )
    command = [tools.forge(), "verify-contract", token.address, "contracts/Contracts.sol:Token"]
    command += ["--verifier", "sourcify", "--verifier-url", devnet.description["url"].rstrip("/") + "/"]
    command += ["--chain-id", str(token.zone.chain_id), "--compiler-version", version, "--watch"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "NO_COLOR": "1", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    where = f"{token.zone.chain_id}/{token.address}"
    assert ask(devnet, f"/v2/contract/{where}")[1]["match"] in ("match", "exact_match")


HARDHAT = """\
import verify from "@nomicfoundation/hardhat-verify";
export default {
  plugins: [verify],
  paths: { sources: "./contracts" },
  solidity: { version: "0.8.37", path: %(solc)s },
  networks: { alpha: { type: "http", url: %(url)s, chainId: %(chain)d } },
  chainDescriptors: { %(chain)d: { name: "alpha", chainType: "generic", blockExplorers: {} } },
  verify: {
    etherscan: { enabled: false }, blockscout: { enabled: false },
    sourcify: { enabled: true, apiUrl: %(server)s },
  },
};
"""


@pytest.mark.clients
def test_hardhat_verifies(devnet: Devnet, tmp_path: Path) -> None:
    zone = devnet.zone("alpha")
    words = {
        "solc": json.dumps(str(tools.node_module("solc/soljson.js"))),
        "url": json.dumps(zone["url"]),
        "chain": int(zone["chainId"]),
        "server": json.dumps(devnet.description["url"].rstrip("/")),
    }
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "Contracts.sol").write_text(SOURCE, encoding="utf-8")
    (tmp_path / "hardhat.config.js").write_text(HARDHAT % words, encoding="utf-8")
    (tmp_path / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    tools.node_module("@nomicfoundation/hardhat-verify")
    (tmp_path / "node_modules").symlink_to(tools.MODULES, target_is_directory=True)

    def hardhat(*arguments: str) -> str:
        done = subprocess.run(
            [tools.node(), "node_modules/hardhat/dist/src/cli.js", *arguments],
            cwd=tmp_path,
            env={**os.environ, "NO_COLOR": "1", "CI": "1", "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=2 * PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    # What it verifies with is what it is to be built with.
    hardhat("build", "--build-profile", "production")
    artifact = json.loads((tmp_path / "artifacts/contracts/Contracts.sol/Token.json").read_text())
    with connect(zone["url"]) as network:
        address = network.zone("alpha").deploy(artifact, 7).address
    assert "verified successfully on Sourcify" in hardhat(
        "verify", "sourcify", "--network", "alpha", address, "7"
    )
    found = ask(devnet, f"/v2/contract/{words['chain']}/{address}")[1]
    assert {found[key] for key in ("match", "creationMatch", "runtimeMatch")} == {"exact_match"}
