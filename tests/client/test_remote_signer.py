"""Keys that another program holds: a devnet with words of its own signs here for accounts that no other
network has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import zero_sdk
from tests.cli.devnet_process import Devnet
from tests.cli.process import environment
from tests.client.contracts import document
from tests.deploy.gateway import Gateway
from zero_sdk import Account, BadAccount, Network

WORDS = "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo wrong"


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Devnet]:
    """It answers eth_signTransaction as geth does: the bytes with the fields beside them."""
    folder = tmp_path_factory.mktemp("signer")
    with Devnet("--silent", "--mnemonic", WORDS, folder=folder, variables=environment()) as running:
        yield running


@pytest.fixture
def network() -> Iterator[Network]:
    with zero_sdk.local() as made:
        yield made


def account_of(signer: Devnet, url: str | None = None) -> Account:
    address = signer.call("eth_accounts")[0]
    return Account.from_signer(url or signer.zone("alpha")["url"], address)


class Editing(Gateway):
    """Between the client and the signer; it changes what is asked for, or what is answered."""

    def __init__(self, node: str, request: dict[str, Any] | None = None, answer: Any = None) -> None:
        super().__init__(node, is_public=False)
        self._request, self._edited = request or {}, answer

    def answer(self, call: dict[str, Any]) -> Any:
        [request] = call["params"]
        found = super().answer({**call, "params": [{**request, **self._request}]})
        if self._edited is not None and "result" in found:
            found["result"] = self._edited(found["result"])
        return found


def test_transactions_are_signed_there_and_sent_from_here(signer: Devnet, network: Network) -> None:
    zone, account = network.default_zone, account_of(signer)
    zone.fund(account, zero_sdk.ether(1))
    kitchen = zone.deploy(document("Kitchen"), 5, sender=account)
    assert kitchen.owner() == account
    assert kitchen.set(9, sender=account).status == 1
    sent = zone.send(network.accounts[1], value=3, sender=account, gas_price=zero_sdk.gwei(5))
    raw = zone.rpc("eth_getTransactionByHash", sent.hash)
    assert (raw["type"], int(raw["value"], 16), raw["from"].lower()) == ("0x0", 3, account.address.lower())
    assert zone.nonce(account) == 3
    # Nothing has happened at the signer's own network.
    assert signer.call("eth_blockNumber") == "0x0"


def test_the_bytes_alone_are_an_answer_too(signer: Devnet, network: Network) -> None:
    with Editing(signer.zone("alpha")["url"], answer=lambda found: found["raw"]) as gateway:
        account = account_of(signer, gateway.url)
        network.default_zone.fund(account, zero_sdk.ether(1))
        assert network.default_zone.send(account, sender=account).status == 1


def test_messages_and_typed_data_are_signed_there(signer: Devnet) -> None:
    from eth_account import Account as EthAccount
    from eth_account.messages import encode_defunct, encode_typed_data

    account = account_of(signer)
    recovered = EthAccount.recover_message(
        encode_defunct(text="hello"), signature=account.sign_message("hello")
    )
    assert recovered == account.address
    typed = {
        "domain": {"name": "Test", "chainId": 1},
        "types": {
            "EIP712Domain": [{"name": "name", "type": "string"}, {"name": "chainId", "type": "uint256"}],
            "Mail": [{"name": "text", "type": "string"}],
        },
        "primaryType": "Mail",
        "message": {"text": "hi"},
    }
    signature = account.sign_typed_data(typed)
    assert (
        EthAccount.recover_message(encode_typed_data(full_message=typed), signature=signature)
        == account.address
    )


@pytest.mark.parametrize("edit", [{"value": "0x9"}, {"nonce": "0x7"}, {"data": "0x01"}, {"gas": "0x30000"}])
def test_what_was_changed_at_the_signer_is_not_sent(
    signer: Devnet, network: Network, edit: dict[str, str]
) -> None:
    with Editing(signer.zone("alpha")["url"], request=edit) as gateway:
        account = account_of(signer, gateway.url)
        network.default_zone.fund(account, zero_sdk.ether(1))
        with pytest.raises(BadAccount, match="signed another transaction"):
            network.default_zone.send(network.accounts[1], value=1, sender=account)
    assert network.default_zone.nonce(account) == 0


def test_who_signs_as_another_is_found_out(signer: Devnet, network: Network) -> None:
    other = signer.call("eth_accounts")[1]
    with Editing(signer.zone("alpha")["url"], request={"from": other}) as gateway:
        account = account_of(signer, gateway.url)
        network.default_zone.fund(account, zero_sdk.ether(1))
        with pytest.raises(BadAccount, match="signed as"):
            network.default_zone.send(account, sender=account)


@pytest.mark.parametrize("answer", ["0x", "0xzz", None, {"raw": "0x02"}, 5])
def test_an_answer_that_is_no_transaction_is_named(signer: Devnet, network: Network, answer: Any) -> None:
    with Editing(signer.zone("alpha")["url"], answer=lambda found: answer) as gateway:
        account = account_of(signer, gateway.url)
        network.default_zone.fund(account, zero_sdk.ether(1))
        with pytest.raises(BadAccount, match="no signed transaction"):
            network.default_zone.send(account, sender=account)


def test_a_signer_that_does_not_have_the_key_refuses(signer: Devnet, network: Network) -> None:
    stranger = "0x00000000000000000000000000000000DeaDBeef"
    account = Account.from_signer(signer.zone("alpha")["url"], stranger)
    network.default_zone.fund(account, zero_sdk.ether(1))
    with pytest.raises(BadAccount, match="refused"):
        network.default_zone.send(account, sender=account)


def test_zero_toml_names_a_signer(signer: Devnet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from zero_sdk.client.configured_accounts import open_account
    from zero_sdk.project import Project

    address = signer.call("eth_accounts")[0]
    (tmp_path / "zero.toml").write_text(
        f'[accounts]\ncold = {{ address = "{address}", signer = "$SIGNER_URL" }}\n', encoding="utf-8"
    )
    monkeypatch.setenv("SIGNER_URL", signer.zone("alpha")["url"])
    account = open_account(Project.open(tmp_path).account("cold"), tmp_path)
    assert (account.name, account.address) == ("cold", Account(address).address)
    assert len(account.sign_message("hello")) == 65
    (tmp_path / "zero.toml").write_text('[accounts]\ncold = { env = "K", signer = "http://x" }\n')
    with pytest.raises(zero_sdk.ZeroError, match="needs the address"):
        Project.open(tmp_path)
