"""What a zero.toml may say, and what is said about one that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from zero_sdk.errors import Problem, ZeroError
from zero_sdk.project import Project, ProjectConfig, find_project
from zero_sdk.project.reading import config_from
from zero_sdk.project.zero_toml import read_zero_toml

FULL = """\
[project]
name = "hello"
network = "live"

[paths]
contracts = "src/"
packages = "lib"

[solidity]
version = "^0.8.20"
optimizer = true
optimizer-runs = 1_000
remappings = ["@oz/=lib/oz/contracts/"]
libraries = { "src/Math.sol:Math" = "0x00000000000000000000000000000000000000aa" }
settings = { metadata = { bytecodeHash = "none" } }

[[solidity.overrides]]
path = "src/legacy/**"
version = "0.5.16"

[vyper]
version = ">=0.4.0 <0.5.0"
optimize = "gas"

[networks.live]
zones.alpha = { url = "https://alpha.example/rpc", chain-id = 5, eid = 40161 }
[networks.live.zones.beta]
url = "$BETA_URL"
endpoint = "0x00000000000000000000000000000000000000bb"

[accounts]
deployer = { keystore = "keys/deployer.json", password-env = "$PASSWORD" }
ops = { mnemonic-env = "WORDS", index = 3 }

[test]
zones = ["a", "b", "c"]

[devnet]
port = 9000
"""


def project(folder: Path, text: str) -> Path:
    (folder / "zero.toml").write_text(text, encoding="utf-8")
    return folder


def config_of(folder: Path, text: str) -> ProjectConfig:
    return config_from(read_zero_toml(project(folder, text) / "zero.toml"))


def test_every_section_is_read(tmp_path: Path) -> None:
    config = config_of(tmp_path, FULL)
    assert (config.project.name, config.project.network) == ("hello", "live")
    assert (config.paths.contracts, config.paths.packages, config.paths.build) == ("src", ("lib",), "build")
    assert (config.solidity.version, config.solidity.optimizer, config.solidity.optimizer_runs) == (
        *("^0.8.20", True),
        1000,
    )
    assert config.solidity.libraries == {"src/Math.sol:Math": "0x00000000000000000000000000000000000000aa"}
    assert config.solidity.settings == {"metadata": {"bytecodeHash": "none"}}
    [override] = config.solidity.overrides
    assert (override.path, override.version, override.optimizer) == ("src/legacy/**", "0.5.16", None)
    assert (config.vyper.version, config.vyper.optimize) == (">=0.4.0 <0.5.0", "gas")
    alpha, beta = config.networks["live"].zones.values()
    assert (alpha.name, alpha.chain_id, alpha.eid, alpha.endpoint) == ("alpha", 5, 40161, None)
    assert alpha.url is not None
    assert alpha.url.reveal({}) == "https://alpha.example/rpc"
    assert beta.url is not None
    assert beta.url.reveal({"BETA_URL": "https://b"}) == "https://b"
    assert list(config.networks) == ["local", "devnet", "live"]
    assert config.accounts["deployer"].keystore == "keys/deployer.json"
    assert config.accounts["deployer"].password_env == "PASSWORD"
    assert (config.accounts["ops"].mnemonic_env, config.accounts["ops"].index) == ("WORDS", 3)
    assert config.test.zones == ("a", "b", "c")


def test_an_empty_file_says_the_defaults(tmp_path: Path) -> None:
    assert config_of(tmp_path, "") == ProjectConfig()
    devnet = ProjectConfig().networks["devnet"].url
    assert devnet is not None
    assert devnet.reveal({}) == "http://127.0.0.1:8545"


@pytest.mark.parametrize(
    ("text", "line", "words", "hint"),
    [
        ("[solidty]\n", 1, "no section 'solidty'", "did you mean solidity?"),
        (
            "[solidity]\n\noptimiser = true\n",
            3,
            "[solidity] has no key 'optimiser'",
            "did you mean optimizer?",
        ),
        ("[solidity]\noptimizer_runs = 1\n", 2, "'optimizer_runs'", "did you mean optimizer-runs?"),
        ("[solidity]\noptimizer = 'yes'\n", 2, "neither true nor false", "optimizer: Whether"),
        ("solidity.version = 8\n", 1, "is not a text", "version: "),
        ("[solidity]\nversion = 'newest'\n", 2, "not a version", "version: "),
        ("[solidity]\nevm-version = 'shangai'\n", 2, "'shangai' is not one of", ""),
        (
            "[[solidity.overrides]]\npath = 'a'\n[[solidity.overrides]]\nversion = '0.8.1'\n",
            3,
            "path is missing",
            "",
        ),
        (
            "[[solidity.overrides]]\npath = 'a'\n[[solidity.overrides]]\npath = 'b'\nruns = 1\n",
            5,
            "'runs'",
            "",
        ),
        ("solidity.overrides = 1", 1, "no list of tables", "[[solidity.overrides]]"),
        ("solidity = 1", 1, "solidity is not a section", "write [solidity]"),
        ("[paths]\nbuild = '../out'\n", 2, "leaves the project's folder", ""),
        ("[paths]\nbuild = '/out'\n", 2, "is not relative", ""),
        ("[paths]\npackages = ['lib', 3]\n", 2, "3 is not a text", ""),
        ("[networks.a.zones.x]\nurl = 'https://x'\n[networks.a.zones.y]\neid = 1\n", 3, "url is missing", ""),
        ("[networks.a.zones.x]\nurl = 'https://x'\nchainid = 1\n", 3, "'chainid'", "did you mean chain-id?"),
        ("[networks]\na.zones.x = { url = 'https://x', eid = 0 }\n", 2, "0 is not between 1", ""),
        ("[networks]\n[networks.a]\nurl = 'x.example'\n", 3, "no URL", ""),
        ("[networks.local]\nurl = 'https://x'\n", 1, "always there", ""),
        ("[networks.a]\n", 1, "url is missing", ""),
        ("[networks.'a b']\nurl = 'https://x'\n", 1, "no usable name", ""),
        ("[networks.a.zones]\nx = 5\n", 2, "x is not a section", "write [networks.a.zones.x]"),
        ("[project]\nnetwork = 'live'\n", 2, "no network 'live'", ""),
        ("[accounts]\n# here\na = { env = 'A', keystore = 'b' }\n", 3, "keystore and env", ""),
        ("[accounts]\na = {}\n", 2, "says nothing", ""),
        ("devnet = 1\n", 1, "devnet is not a section", ""),
    ],
)
def test_errors_name_line_and_key(tmp_path: Path, text: str, line: int, words: str, hint: str) -> None:
    with pytest.raises(ZeroError) as raised:
        config_of(tmp_path, text)
    assert raised.value.problem in (Problem.CONFIG_BAD_VALUE, Problem.CONFIG_UNKNOWN_KEY)
    assert raised.value.message.startswith(f"{tmp_path / 'zero.toml'}:{line}: ")
    assert words in raised.value.message
    assert hint in (raised.value.hint or "")


def test_a_variable_that_is_not_set_is_named_with_its_line_when_it_is_needed(tmp_path: Path) -> None:
    url = config_of(tmp_path, "[networks.live]\nurl = '$LIVE_URL'\n").networks["live"].url
    assert url is not None
    with pytest.raises(ZeroError) as raised:
        url.reveal({"LIVE_URL": ""})
    assert raised.value.problem is Problem.VARIABLE_NOT_SET
    assert raised.value.message.startswith(f"{tmp_path / 'zero.toml'}:2: url: ")
    assert "LIVE_URL" in raised.value.message


def test_nothing_that_is_printed_shows_a_secret(tmp_path: Path) -> None:
    config = config_of(tmp_path, "[networks.live]\nurl = 'https://x.example/my-key'\n")
    url = config.networks["live"].url
    assert "my-key" not in f"{config} {url}"
    for key in ("0x1234", "ab12" * 16, "$" + "ab12" * 16):
        with pytest.raises(ZeroError) as raised:
            config_of(tmp_path, f"[accounts]\na = {{ env = '{key}' }}\n")
        assert "12" not in f"{raised.value.message} {raised.value.hint}".replace(str(tmp_path), "")


def test_a_project_is_found_from_a_folder_inside(tmp_path: Path) -> None:
    inside = project(tmp_path, FULL) / "src" / "deep"
    inside.mkdir(parents=True)
    found = find_project(inside)
    assert (found, found.root) == (Project.open(tmp_path), tmp_path.resolve())
    assert (found.name, found.contracts) == ("hello", tmp_path.resolve() / "src")
    assert found.build == tmp_path.resolve() / "build"
    assert Project.open(project(inside, "")).name == "deep"


def test_without_a_zero_toml_the_hint_says_how_to_get_one(tmp_path: Path) -> None:
    inside = tmp_path / "src"
    inside.mkdir()
    for name, words in (
        (None, "zero init NAME"),
        ("foundry.toml", f"zero init --here` in {tmp_path.resolve()}"),
    ):
        if name:
            (tmp_path / name).write_text("")
        with pytest.raises(ZeroError) as raised:
            find_project(inside)
        assert raised.value.problem is Problem.NO_PROJECT
        assert words in (raised.value.hint or "")


def test_networks_and_accounts_are_found_by_name(tmp_path: Path) -> None:
    opened = Project.open(project(tmp_path, FULL))
    assert opened.network().name == "live"
    assert opened.network("devnet").name == "devnet"
    assert opened.account("ops").index == 3
    for ask, near in (
        (lambda: opened.network("lve"), "live"),
        (lambda: opened.account("deploy"), "deployer"),
    ):
        with pytest.raises(ZeroError) as raised:
            ask()
        assert raised.value.problem is Problem.UNKNOWN_NAME
        assert raised.value.hint == f"did you mean {near}?"
