"""Exported contracts are read by the tools that they are exported for."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.process import zero
from tests.clients import tools
from tests.compile.conftest import MakeProject, make_project  # noqa: F401 - a fixture
from tests.project.foreign.conftest import forge, hardhat, write
from zero_sdk.compile import Build, compile_project
from zero_sdk.errors import Problem, ZeroError
from zero_sdk.exporting.addresses import Deployed, DeployedZone, read_addresses
from zero_sdk.exporting.ape import ape_files
from zero_sdk.exporting.foundry import foundry_files
from zero_sdk.exporting.frontend import frontend_files
from zero_sdk.exporting.hardhat import hardhat_files
from zero_sdk.exporting.own_sources import source_files
from zero_sdk.exporting.viem import viem_files
from zero_sdk.exporting.writing import write_files

TOKEN = """\
pragma solidity ^0.8.20;
contract Token {
    struct Note { uint256 id; bytes text; }
    mapping(address => uint256) public balanceOf;
    uint256 public immutable supply;
    event Noted(address indexed by, Note note);
    error TooLittle(uint256 have, uint256 want);
    constructor(uint256 amount) { supply = amount; balanceOf[msg.sender] = amount; }
    function note(Note calldata what) external returns (bool) { emit Noted(msg.sender, what); return true; }
}
"""
COUNTER = "# pragma version ^0.4.0\ncount: public(uint256)\n@external\ndef bump():\n    self.count += 1\n"


@pytest.fixture
def build(make_project: MakeProject) -> Build:  # noqa: F811
    return compile_project(make_project({"contracts/Token.sol": TOKEN, "contracts/Counter.vy": COUNTER}))


def test_cast_and_forge_read_what_is_exported_for_foundry(build: Build, tmp_path: Path) -> None:
    root = write(
        tmp_path / "foundry",
        {
            "foundry.toml": '[profile.default]\nfs_permissions = [{ access = "read", path = "./theirs" }]\n',
            "test/Reads.t.sol": """\
pragma solidity ^0.8.20;
interface Vm { function getCode(string calldata) external view returns (bytes memory); }
interface Token { function supply() external view returns (uint256); }
interface Counter { function bump() external; function count() external view returns (uint256); }
contract ReadsTest {
    Vm constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    function made(bytes memory code) internal returns (address at) {
        assembly { at := create(0, add(code, 32), mload(code)) }
        require(at != address(0), "not created");
    }
    function testToken() external {
        bytes memory code = vm.getCode("theirs/Token.sol/Token.json");
        require(Token(made(bytes.concat(code, abi.encode(5)))).supply() == 5, "supply");
    }
    function testCounter() external {
        Counter counter = Counter(made(vm.getCode("theirs/Counter.vy/Counter.json")));
        counter.bump();
        require(counter.count() == 1, "count");
    }
}
""",
        },
    )
    write_files(root / "theirs", foundry_files(build.artifacts))
    assert "2 passed" in forge(root, "test")
    done = subprocess.run(
        [tools.cast(), "interface", "theirs/Token.sol/Token.json"],
        cwd=root,
        env={**os.environ, "NO_COLOR": "1", "HOME": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "function note(Token.Note memory what) external returns (bool);" in done.stdout
    assert "error TooLittle(uint256 have, uint256 want);" in done.stdout


def test_hardhat_deploys_from_what_is_exported_for_it(build: Build, tmp_path: Path) -> None:
    script = """\
import { network, artifacts } from "hardhat";
const { ethers } = await network.create();
const [signer] = await ethers.getSigners();
const found = await artifacts.readArtifact("Token");
const token = await new ethers.ContractFactory(found.abi, found.bytecode, signer).deploy(5n);
const counter = await (await ethers.getContractFactory("Counter")).deploy();
await (await counter.bump()).wait();
console.log("RESULT", await token.supply(), await counter.count());
"""
    config = """\
import hardhatEthers from "@nomicfoundation/hardhat-ethers";
export default { plugins: [hardhatEthers] };
"""
    root = write(
        tmp_path / "hardhat",
        {
            "hardhat.config.js": config,
            "run.js": script,
            "package.json": '{"name": "theirs", "private": true, "type": "module"}',
        },
    )
    (root / "node_modules").symlink_to(tools.MODULES, target_is_directory=True)
    write_files(root / "artifacts", hardhat_files(build.artifacts))
    assert "RESULT 5n 1n" in hardhat(root, "run", "--no-compile", "run.js")


def tsc(root: Path) -> subprocess.CompletedProcess[str]:
    """Checks the types of everything in the folder."""
    options = {
        "module": "nodenext",
        "target": "es2022",
        "strict": True,
        "noEmit": True,
        "skipLibCheck": True,
        "types": [],
    }
    write(
        root,
        {
            "tsconfig.json": json.dumps({"compilerOptions": options, "include": ["**/*.ts"]}),
            "package.json": '{"name": "page", "private": true, "type": "module"}',
        },
    )
    if not (root / "node_modules").exists():
        (root / "node_modules").symlink_to(tools.MODULES, target_is_directory=True)
    return subprocess.run(
        [tools.node(), tools.node_module("typescript/bin/tsc"), "-p", "."],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


USE = """\
import { createPublicClient, http, getContract, encodeDeployData } from "viem";
import { tokenAbi, tokenBytecode, counterAbi } from "./theirs/index.js";
const client = createPublicClient({ transport: http() });
const token = getContract({ abi: tokenAbi, address: "0x00000000000000000000000000000000000000aa", client });
export const supply: Promise<bigint> = token.read.supply();
export const balance: Promise<bigint> = token.read.balanceOf(["0x00000000000000000000000000000000000000aa"]);
export const data: `0x${string}` = encodeDeployData({ abi: tokenAbi, bytecode: tokenBytecode, args: [5n] });
export const count: Promise<bigint> = client.readContract({
  abi: counterAbi, address: "0x00000000000000000000000000000000000000aa", functionName: "count" });
"""


def test_viem_knows_the_types_of_what_is_exported_for_it(build: Build, tmp_path: Path) -> None:
    root = write(tmp_path / "page", {"use.ts": USE})
    write_files(root / "theirs", viem_files(build.artifacts))
    done = tsc(root)
    assert (done.returncode, done.stdout) == (0, "")
    (root / "use.ts").write_text(USE.replace("token.read.supply()", "token.read.suply()"))
    done = tsc(root)
    assert done.returncode != 0
    assert "use.ts(5," in done.stdout


PAGE = """\
import { createPublicClient, defineChain, http } from "viem";
import { at, zones, type ZoneName } from "./theirs/index.js";
const zone: ZoneName = "beta";
const client = createPublicClient({ chain: defineChain(zones[zone]), transport: http() });
const functionName = "supply";
export const supply: Promise<bigint> = client.readContract({ ...at("Token", "beta"), functionName });
export const id: number = at("Token", "alpha").chainId;
"""


def test_a_page_knows_which_contract_is_in_which_zone(build: Build, tmp_path: Path) -> None:
    address = "0x" + "00" * 19 + "aa"
    deployed = Deployed(
        {"alpha": DeployedZone(7_700_001, "http://127.0.0.1:8545/alpha"), "beta": DeployedZone(7_700_002)},
        {"Token": {"alpha": address, "beta": address}, "Counter": {"alpha": address}},
    )
    root = write(tmp_path / "page", {"use.ts": PAGE})
    write_files(root / "theirs", frontend_files(build.artifacts, deployed))
    done = tsc(root)
    assert (done.returncode, done.stdout) == (0, "")
    for wrong in ('at("Token", "gamma")', 'at("Counter", "beta")', 'at("Tokn", "beta")'):
        (root / "use.ts").write_text(PAGE.replace('at("Token", "beta")', wrong))
        assert "use.ts(6," in tsc(root).stdout, wrong


def test_apes_files_hold_a_contract_type_each(build: Build) -> None:
    files = {name: json.loads(text) for name, text in ape_files(build.artifacts).items()}
    assert set(files) == {"Token.json", "Counter.json"}
    assert files["Token.json"]["methodIdentifiers"]["supply()"] == "0x047fc9aa"
    assert files["Token.json"]["deploymentBytecode"]["bytecode"].startswith("0x60")


def test_modules_of_the_same_name_are_refused(make_project: MakeProject) -> None:  # noqa: F811
    build = compile_project(
        make_project({"contracts/a/A.sol": "contract Same {}", "contracts/b/A.sol": "contract Same {}"})
    )
    with pytest.raises(ZeroError) as raised:
        viem_files(build.artifacts)
    assert raised.value.problem is Problem.AMBIGUOUS_CONTRACT
    assert len(foundry_files(build.artifacts)) == 2


# ---------------------------------------------------------------- on disk


def test_a_second_export_replaces_the_first_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "mine.ts").write_text("mine")
    write_files(tmp_path, {"A.ts": "1", "b/B.ts": "1"})
    write_files(tmp_path, {"A.ts": "2"})
    assert (tmp_path / "A.ts").read_text() == "2"
    assert not (tmp_path / "b" / "B.ts").exists()
    with pytest.raises(ZeroError) as raised:
        write_files(tmp_path, {"mine.ts": "theirs"})
    assert raised.value.problem is Problem.WOULD_OVERWRITE
    assert (tmp_path / "mine.ts").read_text() == "mine"
    write_files(tmp_path, {"mine.ts": "theirs"}, is_forced=True)
    assert (tmp_path / "mine.ts").read_text() == "theirs"


def test_a_list_that_leads_out_of_the_folder_removes_nothing(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("x")
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / ".zero-export").write_text(f"../precious\n{tmp_path / 'precious'}\n")
    write_files(folder, {})
    assert (tmp_path / "precious").exists()


@pytest.mark.parametrize("text", ["[]", "{", '{"A": {"alpha": "0x12"}}', '{"A": 5}'])
def test_addresses_that_are_none_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(ZeroError) as raised:
        read_addresses(tmp_path / "a.json")
    assert raised.value.problem is Problem.FILE_UNREADABLE


HARDHAT_CONFIG = """\
import { fileURLToPath } from "node:url";
export default {
  solidity: { version: "0.8.37", path: fileURLToPath(import.meta.resolve("solc/soljson.js")) },
};
"""
READS = """\
pragma solidity ^0.8.24;
import {BlockProof, ItemProof, SettledBlocks, SettledLog} from "@zero/contracts/SettledBlocks.sol";
import {SettledRoot, SettledState} from "@zero/contracts/SettledState.sol";
contract Reads {
    function slot(SettledRoot calldata root, bytes calldata proof) external view returns (bytes32) {
        return SettledState.slot(1, msg.sender, 0, root, proof);
    }
    function log(BlockProof calldata block_, ItemProof calldata item)
        external
        view
        returns (SettledLog memory)
    {
        return SettledBlocks.log(1, block_, item, 0);
    }
}
"""


def test_foundry_and_hardhat_compile_what_imports_the_exported_sources(tmp_path: Path) -> None:
    """As docs/export.md says: a folder of libraries with a remapping, and a package of the project's own."""
    foundry = write(
        tmp_path / "foundry",
        {"foundry.toml": "[profile.default]\n", "remappings.txt": "@zero/contracts/=lib/zero-contracts/\n"},
    )
    write(foundry, {"src/Reads.sol": READS})
    write_files(foundry / "lib" / "zero-contracts", source_files())
    forge(foundry, "build")
    assert (foundry / "out" / "Reads.sol" / "Reads.json").is_file()

    theirs = write(
        tmp_path / "hardhat",
        {
            "hardhat.config.js": HARDHAT_CONFIG,
            "package.json": '{"name": "theirs", "private": true, "type": "module"}',
            "contracts/Reads.sol": READS,
        },
    )
    write_files(theirs / "zero-contracts", source_files())
    modules = theirs / "node_modules"
    (modules / "@zero").mkdir(parents=True)
    for package in tools.MODULES.iterdir():
        (modules / package.name).symlink_to(package, target_is_directory=True)
    # What `npm install ./zero-contracts` leaves.
    (modules / "@zero" / "contracts").symlink_to(theirs / "zero-contracts", target_is_directory=True)
    hardhat(theirs, "build")
    assert (theirs / "artifacts" / "contracts" / "Reads.sol" / "Reads.json").is_file()


def test_the_command_writes_the_sources_anywhere(tmp_path: Path) -> None:
    done = zero("export", "--sources", "--out", "lib/zero", folder=tmp_path)
    assert done.code == 0, done.err
    assert (tmp_path / "lib" / "zero" / "SettledState.sol").is_file()
    assert json.loads((tmp_path / "lib" / "zero" / "package.json").read_text())["name"] == "@zero/contracts"
    refused = zero("export", "--sources", "--ts", "--out", "x", folder=tmp_path)
    assert refused.code != 0
    assert "leave --format" in refused.err
