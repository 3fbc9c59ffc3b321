"""`zero deploy` and `zero deployments` as they are typed, against nodes in processes of their own."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

import pytest

from tests.cli.devnet_process import Devnet, post
from tests.cli.process import Ended, zero
from tests.deploy.chains import inputs, transactions
from tests.deploy.gateway import Gateway
from tests.execution.tracers.anvil import start_anvil
from zero_sdk import Account
from zero_sdk.project import Project

PUBLIC_WORDS = "test test test test test test test test test test test junk"


def run(project: Project, *arguments: str, **variables: str) -> Ended:
    return zero(*arguments, folder=project.root, variables=variables)


def good(ended: Ended) -> Ended:
    assert ended.code == 0, ended.err
    return ended


def journals(project: Project) -> dict[str, str]:
    """Their texts by path below deployments/."""
    folder = project.root / "deployments"
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.glob("*/*.jsonl")
    }


def funded(devnet: Devnet, zone: str = "alpha") -> tuple[Account, str]:
    """An account with a key that nobody else has, and the key."""
    key = secrets.token_hex(32)
    account = Account.from_key(bytes.fromhex(key))
    devnet.call("anvil_setBalance", account.address, hex(10**20), zone=zone)
    return account, key


def creations(devnet: Devnet, account: Account) -> list[str]:
    """Code that the account has deployed in alpha; not by CREATE2, which may find the contract there."""
    return [data for to, data in inputs(devnet.zone("alpha")["url"], account.address) if to is None]


class TestOnTwoZones:
    def test_from_the_first_run_to_a_fresh_one(self, project: Project, tmp_path: Path) -> None:
        with Devnet("--zones", "alpha,beta", folder=tmp_path) as devnet:
            url = devnet.description["url"]
            self.deploys_in_every_zone(project, devnet, url)
            self.lists_what_is_deployed(project)
            self.does_nothing_twice(project, devnet, url)
            self.does_steps_again_when_told(project, devnet, url)
            self.keeps_names_apart(project, devnet, url)
            port = url.rpartition(":")[2].partition("/")[0]
        with Devnet("--zones", "alpha,beta", folder=tmp_path, port=port) as devnet:
            again = good(run(project, "deploy", "--network", url))
            assert "zone alpha: the devnet was started again, so a new deployment begins" in again.err
            assert len(inputs(devnet.zone("alpha")["url"])) == 5

    def deploys_in_every_zone(self, project: Project, devnet: Devnet, url: str) -> None:
        done = good(run(project, "deploy", "--network", url))
        lines = [line.split() for line in done.out.splitlines()]
        assert [line[:2] for line in lines] == [
            [zone, step] for zone in ("alpha", "beta") for step in ("Token", "Vault", "Token#2")
        ]
        for zone, _, address in lines:
            assert len(devnet.call("eth_getCode", address, "latest", zone=zone)) > 100
        assert lines[2][2] == lines[5][2], "CREATE2 gives one address in every zone"
        chain_ids = {zone: int(devnet.zone(zone)["chainId"]) for zone in ("alpha", "beta")}
        assert sorted(journals(project)) == [
            f"url/{zone}-{chain_ids[zone]}-default.jsonl" for zone in ("alpha", "beta")
        ]

    def lists_what_is_deployed(self, project: Project) -> None:
        listed = json.loads(good(run(project, "deployments", "--json")).out)
        assert [(one["zone"], len(one["steps"]), one["open"]) for one in listed] == [
            ("alpha", 5, []),
            ("beta", 5, []),
        ]
        shown = good(run(project, "deployments")).out
        assert all(step["address"] in shown for one in listed for step in one["steps"] if step["address"])

    def does_nothing_twice(self, project: Project, devnet: Devnet, url: str) -> None:
        before = inputs(devnet.zone("alpha")["url"])
        first = good(run(project, "deploy", "--network", url, "--zones", "alpha"))
        assert {line.split()[0] for line in first.out.splitlines()} == {"alpha"}
        assert inputs(devnet.zone("alpha")["url"]) == before

    def does_steps_again_when_told(self, project: Project, devnet: Devnet, url: str) -> None:
        alpha = devnet.zone("alpha")["url"]
        before = len(inputs(alpha))
        good(run(project, "deploy", "--network", url, "--zones", "alpha", "--redo", "Vault.open"))
        assert len(inputs(alpha)) == before + 1
        unknown = run(project, "deploy", "--network", url, "--redo", "Vault.shut")
        assert unknown.code == 2
        assert "Vault.shut: there is no such step" in unknown.err
        good(run(project, "deploy", "--network", url, "--zones", "alpha", "--fresh"))
        # What CREATE2 has put there is there already.
        assert len(inputs(alpha)) == before + 1 + 4

    def keeps_names_apart(self, project: Project, devnet: Devnet, url: str) -> None:
        beta = devnet.zone("beta")["url"]
        before = len(inputs(beta))
        good(run(project, "deploy", "--network", url, "--zones", "beta", "--name", "second"))
        assert len(inputs(beta)) == before + 4
        assert any(path.endswith("-second.jsonl") for path in journals(project))
        bad = run(project, "deploy", "--network", url, "--name", "a/b")
        assert bad.code == 2
        assert "--name" in bad.err


def test_a_contract_without_a_script(project: Project, two_zones: Devnet) -> None:
    url = two_zones.description["url"]
    done = good(run(project, "deploy", "Token", "77", "--network", url, "--zones", "beta", "--json"))
    [step] = json.loads(done.out)["beta"]
    supply = two_zones.call(
        "eth_call",
        {"to": step["address"], "data": "0x70a08231" + two_zones_sender(two_zones)[2:].rjust(64, "0")},
        "latest",
        zone="beta",
    )
    assert int(supply, 16) == 77


def two_zones_sender(devnet: Devnet) -> str:
    found: str = devnet.call("eth_accounts")[0]
    return found


def test_the_lock_stays_out_of_version_control(project: Project, two_zones: Devnet) -> None:
    good(run(project, "deploy", "Token", "1", "--network", two_zones.description["url"]))
    left = {
        path.relative_to(project.root).parts[2]
        for path in (project.root / "deployments").rglob("*")
        if path.is_file() and path.suffix != ".jsonl"
    }
    assert left <= {".locks"}
    assert (project.root / "deployments/url/.locks/.gitignore").read_text(encoding="utf-8") == "*\n"


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ("def main(network):\n    network['gamma']\n", "", "there is no zone 'gamma'"),
        ("def main(network):\n    x = 1 // 0\n", "deploy.py:2", "ZeroDivisionError"),
        ("def main(network)\n    pass\n", "deploy.py:1", "SyntaxError"),
        ("import nothing_of_that_name\n", "deploy.py:1", "nothing_of_that_name"),
        ("def start(network):\n    pass\n", "deploy.py", "no function main"),
    ],
)
def test_an_error_of_the_script_names_its_place(
    project: Project, two_zones: Devnet, text: str, place: str, what: str
) -> None:
    (project.root / "scripts" / "deploy.py").write_text(text, encoding="utf-8")
    ended = run(project, "deploy", "--network", two_zones.description["url"])
    assert ended.code != 0
    assert place in ended.err
    assert what in ended.err
    assert "Traceback" not in ended.err


def test_a_reverting_constructor_is_told_and_can_be_gone_on_from(project: Project, two_zones: Devnet) -> None:
    script = project.root / "scripts" / "deploy.py"
    script.write_text(
        "def main(network):\n"
        "    for zone in network:\n"
        "        token = zone.deploy('Token', 3)\n"
        "        token.give(token, AMOUNT)\n".replace("AMOUNT", "4"),
        encoding="utf-8",
    )
    arguments = ("deploy", "--network", two_zones.description["url"], "--zones", "alpha", "--name", "revert")
    failed = run(project, *arguments)
    assert failed.code == 1
    assert "[ZERO-2001]: Token.give reverted: too little [zone alpha]" in failed.err
    before = len(inputs(two_zones.zone("alpha")["url"]))
    script.write_text(script.read_text(encoding="utf-8").replace("4)", "3)"), encoding="utf-8")
    good(run(project, *arguments))
    assert len(inputs(two_zones.zone("alpha")["url"])) == before + 1


class TestAccounts:
    def configured(self, project: Project, toml: str) -> None:
        (project.root / "zero.toml").write_text(toml, encoding="utf-8")

    def deployed(
        self, project: Project, devnet: Devnet, account: Account, *secrets_: str, **set_: str
    ) -> None:
        name = f"by-{account.address[2:10]}"
        url = devnet.description["url"]
        arguments = ("--network", url, "--zones", "alpha", "--account", "mine", "--name", name)
        ended = good(run(project, "deploy", *arguments, **set_))
        assert len(creations(devnet, account)) == 2
        everything = ended.out + ended.err + "".join(journals(project).values())
        for secret in secrets_:
            assert secret.lower() not in everything.lower()

    def test_a_key_in_the_environment(self, project: Project, two_zones: Devnet) -> None:
        account, key = funded(two_zones)
        self.configured(project, '[accounts]\nmine = { env = "MY_KEY" }\n')
        self.deployed(project, two_zones, account, key, MY_KEY="0x" + key)

    def test_a_keystore(self, project: Project, two_zones: Devnet) -> None:
        from eth_account import Account as EthAccount

        account, key = funded(two_zones)
        document = EthAccount.encrypt("0x" + key, "a password", kdf="pbkdf2", iterations=2)
        (project.root / "key.json").write_text(json.dumps(document), encoding="utf-8")
        self.configured(
            project, '[accounts]\nmine = { keystore = "key.json", password-env = "MY_PASSWORD" }\n'
        )
        self.deployed(project, two_zones, account, key, "a password", MY_PASSWORD="a password")

    def test_a_mnemonic(self, project: Project, two_zones: Devnet) -> None:
        from eth_account.hdaccount import generate_mnemonic
        from eth_account.types import Language

        words = generate_mnemonic(12, Language.ENGLISH)
        account = Account.from_mnemonic(words, 3)
        two_zones.call("anvil_setBalance", account.address, hex(10**20))
        self.configured(project, '[accounts]\nmine = { mnemonic-env = "MY_WORDS", index = 3 }\n')
        self.deployed(project, two_zones, account, words, MY_WORDS=words)

    def test_a_signer_behind_a_url(self, project: Project, two_zones: Devnet, tmp_path: Path) -> None:
        """As a device behind Clef would: another program has the key, and signs."""
        words = "letter advice cage absurd amount doctor acoustic avoid letter advice cage above"
        with Devnet("--silent", "--mnemonic", words, folder=tmp_path) as signer:
            account = Account(signer.call("eth_accounts")[0])
            two_zones.call("anvil_setBalance", account.address, hex(10**20))
            self.configured(
                project, f'[accounts]\nmine = {{ address = "{account.address}", signer = "$SIGNER" }}\n'
            )
            self.deployed(project, two_zones, account, words, SIGNER=signer.zone("alpha")["url"])
            assert signer.call("eth_blockNumber") == "0x0"

    def test_what_is_not_set_is_named(self, project: Project, two_zones: Devnet) -> None:
        self.configured(project, '[accounts]\nmine = { env = "MY_KEY" }\n')
        ended = run(project, "deploy", "--network", two_zones.description["url"], "--account", "mine")
        assert ended.code != 0
        assert "MY_KEY" in ended.err


class TestOnAChainThatIsNoDevnet:
    """The node behind the gateway is a devnet; who asks through it cannot know."""

    def test_a_well_known_key_is_refused_before_anything_is_sent(
        self, project: Project, two_zones: Devnet
    ) -> None:
        node = two_zones.zone("alpha")["url"]
        before = post(node, "eth_blockNumber")
        (project.root / "zero.toml").write_text(
            '[accounts]\nmine = { mnemonic-env = "MY_WORDS" }\n', encoding="utf-8"
        )
        script = project.root / "scripts" / "own.py"
        script.write_text(
            "from zero_sdk import Account\n\n"
            "def main(network):\n"
            f"    sender = Account.from_mnemonic('{PUBLIC_WORDS}')\n"
            "    network.default_zone.deploy('Token', 1, sender=sender)\n",
            encoding="utf-8",
        )
        with Gateway(node) as gateway:
            for arguments in (("--account", "mine"), (str(script),)):
                ended = run(project, "deploy", *arguments, "--network", gateway.url, MY_WORDS=PUBLIC_WORDS)
                assert ended.code != 0
                assert "well-known test account" in ended.err
        assert post(node, "eth_blockNumber") == before

    def test_a_key_of_ones_own_deploys_and_a_default_account_is_not_there(
        self, project: Project, two_zones: Devnet
    ) -> None:
        account, key = funded(two_zones)
        (project.root / "zero.toml").write_text('[accounts]\nmine = { env = "K" }\n', encoding="utf-8")
        with Gateway(two_zones.zone("alpha")["url"]) as gateway:
            nobody = run(project, "deploy", "--network", gateway.url)
            assert nobody.code != 0
            assert "--account" in nobody.err
            arguments = ("deploy", "--network", gateway.url, "--account", "mine")
            good(run(project, *arguments, K=key))
            good(run(project, *arguments, K=key))
        assert len(creations(two_zones, account)) == 2


def test_anvil_is_any_evm_rpc(project: Project) -> None:
    with start_anvil() as anvil:
        first = good(run(project, "deploy", "--network", anvil.url))
        second = good(run(project, "deploy", "--network", anvil.url))
        assert first.out == second.out
        assert len(transactions(anvil.url)) == 5


def test_the_network_in_this_process_leaves_no_journal(project: Project) -> None:
    done = good(run(project, "deploy", "--network", "local"))
    assert len(done.out.splitlines()) == 6
    assert journals(project) == {}


def test_a_refused_transaction_is_gone_on_from(project: Project, two_zones: Devnet) -> None:
    account, key = funded(two_zones)
    beta = two_zones.zone("beta")["url"]
    (project.root / "zero.toml").write_text('[accounts]\nmine = { env = "K" }\n', encoding="utf-8")
    arguments = ("deploy", "--network", two_zones.description["url"], "--account", "mine")
    poor = run(project, *arguments, K=key)
    assert poor.code != 0
    assert "insufficient funds" in poor.err
    done = creations(two_zones, account)
    assert len(done) == 2
    post(beta, "anvil_setBalance", account.address, hex(10**20))
    good(run(project, *arguments, K=key))
    assert creations(two_zones, account) == done
    assert [to for to, _ in inputs(beta, account.address)].count(None) == 2
