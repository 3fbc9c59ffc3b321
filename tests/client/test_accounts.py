"""Accounts: where keys come from, who signs, and that keys are never shown."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
from pathlib import Path

import pytest
from eth_account import Account as EthAccount
from eth_account.messages import encode_defunct, encode_typed_data

import zero_sdk
from tests.cli.devnet_process import Devnet
from zero_sdk import Account, BadAccount, Contract, Network, Zone
from zero_sdk.client.accounts import refuse_public_key
from zero_sdk.client.facts import NetworkFacts, NodeKind, ZoneFacts
from zero_sdk.client.transports.http import HttpTransport

MNEMONIC = "test test test test test test test test test test test junk"
KEY = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"
ADDRESS = EthAccount.from_key(KEY).address

TYPED = {
    "types": {
        "EIP712Domain": [{"name": "name", "type": "string"}],
        "Mail": [{"name": "to", "type": "address"}, {"name": "text", "type": "string"}],
    },
    "primaryType": "Mail",
    "domain": {"name": "Post"},
    "message": {"to": ADDRESS, "text": "hello"},
}


def test_accounts_come_from_keys_mnemonics_the_environment_and_keystores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPLOYER_KEY", f"0x{KEY}")
    monkeypatch.setenv("DEPLOYER_WORDS", MNEMONIC)
    keystore = tmp_path / "deployer.json"
    keystore.write_text(json.dumps(EthAccount.encrypt(KEY, "secret", iterations=2)), encoding="utf-8")
    assert Account.from_key(KEY) == Account.from_key(bytes.fromhex(KEY)) == ADDRESS
    assert Account.from_env("DEPLOYER_KEY") == ADDRESS
    opened = Account.from_keystore(keystore, lambda: "secret")
    assert (opened.address, opened.name) == (ADDRESS, "deployer")
    assert opened.sign_message("hi") == Account.from_key(KEY).sign_message("hi")
    second = EthAccount.from_key("0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d")
    assert Account.from_mnemonic(MNEMONIC, 1) == second.address
    assert Account.from_mnemonic_env("DEPLOYER_WORDS", 1) == second.address
    assert Account.random() != Account.random()


def test_what_is_no_key_is_refused_without_showing_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHORT", KEY[:-2])
    monkeypatch.delenv("ABSENT", raising=False)
    keystore = tmp_path / "deployer.json"
    keystore.write_text(json.dumps(EthAccount.encrypt(KEY, "secret", iterations=2)), encoding="utf-8")
    (tmp_path / "odd.json").write_text("{}", encoding="utf-8")
    attempts = [
        lambda: Account.from_key(KEY[:-2]),
        lambda: Account.from_key("0x" + "zz" * 32),
        lambda: Account.from_key(bytes(32)),
        lambda: Account.from_env("SHORT"),
        lambda: Account.from_env("ABSENT"),
        lambda: Account.from_mnemonic(MNEMONIC.replace("junk", "able")),
        lambda: Account.from_keystore(keystore, "wrong").sign_message("hi"),
        lambda: Account.from_keystore(tmp_path / "odd.json", ""),
        lambda: Account.from_keystore(tmp_path / "absent.json", ""),
        lambda: Account(ADDRESS).sign_message("hi"),
    ]
    for attempt in attempts:
        with pytest.raises(BadAccount) as caught:
            attempt()
        shown = "".join(traceback.format_exception(caught.value))
        assert KEY[:16] not in shown
        assert "test test" not in shown


def test_a_key_is_in_no_text_that_an_account_makes(
    zone: Zone, kitchen: Contract, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    account = Account.from_key(KEY, "deployer")
    zone.fund(account, zero_sdk.ether(1))
    transaction = kitchen.set(6, sender=account)
    with pytest.raises(zero_sdk.Reverted) as reverted:
        kitchen.fail(1, sender=account)
    with pytest.raises(zero_sdk.Refused) as refused:
        zone.send(ADDRESS, value=10**30, sender=account, gas=21000)
    shown = [repr(account), str(account), repr(account.signer), repr(transaction), repr(transaction.request)]
    shown += ["".join(traceback.format_exception(error.value)) for error in (reverted, refused)]
    shown += [record.getMessage() for record in caplog.records]
    assert all(KEY[:16] not in text.lower() for text in shown)
    assert KEY not in json.dumps(vars(reverted.value), default=repr)
    with pytest.raises(TypeError):
        pickle.dumps(account.signer)
    with pytest.raises(TypeError):
        copy.deepcopy(account.signer)


def test_signatures_are_those_of_eth_account() -> None:
    theirs, ours = EthAccount.from_key(KEY), Account.from_key(KEY)
    around = Account.of(theirs)
    message = theirs.sign_message(encode_defunct(text="hello")).signature
    typed = theirs.sign_message(encode_typed_data(full_message=TYPED)).signature
    assert ours.sign_message("hello") == around.sign_message(b"hello") == message
    assert ours.sign_typed_data(TYPED) == around.sign_typed_data(TYPED) == typed


def test_accounts_with_a_key_sign_here(kitchen: Contract, zone: Zone) -> None:
    account = Account.random()
    zone.fund(account, zero_sdk.ether(1))
    assert kitchen.set(6, sender=account).receipt.raw["from"] == account.address.lower()
    eth_account = EthAccount.create()
    zone.fund(eth_account.address, zero_sdk.ether(1))
    assert kitchen.set(7, sender=eth_account).status == 1
    assert kitchen.set(8, sender=eth_account, gas_price=zero_sdk.gwei(5)).receipt.raw["type"] == "0x0"
    listed = kitchen.set(9, sender=account, access_list={kitchen: [0]})
    assert listed.receipt.raw["type"] == "0x2"
    assert listed.request["accessList"] == [{"address": kitchen.address, "storageKeys": [f"0x{0:064x}"]}]
    assert kitchen.value() == 9


def test_many_transactions_in_a_row_need_no_waiting(kitchen: Contract, zone: Zone) -> None:
    account = Account.random()
    zone.fund(account, zero_sdk.ether(1))
    sent = [kitchen.set(number, sender=account, wait=False) for number in range(10)]
    by_node = [kitchen.set(number, wait=False) for number in range(10, 20)]
    assert [transaction.wait().status for transaction in (*sent, *by_node)] == [1] * 20
    assert zone.nonce(account) == 10
    assert kitchen.value() == 19


def test_nonces_go_on_where_a_transaction_was_refused_or_undone(kitchen: Contract, network: Network) -> None:
    zone = network.default_zone
    account = Account.random()
    zone.fund(account, zero_sdk.ether(1))
    snapshot = network.snapshot()
    kitchen.set(1, sender=account)
    with pytest.raises(zero_sdk.Refused):
        kitchen.set(2, sender=account, gas=100_000, nonce=0)
    kitchen.set(3, sender=account)
    network.revert(snapshot)
    kitchen.set(4, sender=account)
    assert zone.nonce(account) == 1


def test_an_account_may_act_through_code_that_it_authorized(zone: Zone, kitchen: Contract) -> None:
    account, sponsor = Account.random(), Account.random()
    zone.fund(sponsor, zero_sdk.ether(1))
    signed = account.sign_authorization(zone, kitchen)
    zone.send(account, sender=sponsor, authorizations=[signed], gas=200_000)
    assert zone.code(account) == bytes.fromhex("ef0100" + kitchen.address[2:].lower())
    assert zone.contract(account, kitchen).set(5, sender=sponsor).status == 1
    assert zone.contract(account, kitchen).value() == 5


def test_a_sender_whose_key_nobody_holds_is_named(kitchen: Contract, zone: Zone) -> None:
    stranger = "0x00000000000000000000000000000000DeaDBeef"
    with pytest.raises(BadAccount, match="nobody holds the key of 0x0000"):
        kitchen.set(6, sender=stranger)
    zone.set_balance(stranger, zero_sdk.ether(1))
    with zone.impersonate(stranger) as address:
        assert kitchen.set(6, sender=address).status == 1
    with pytest.raises(BadAccount):
        kitchen.set(6, sender=stranger)


def test_the_accounts_of_a_devnet_can_sign_messages_too(network: Network) -> None:
    alice = network.accounts[0]
    assert alice == Account.from_mnemonic(MNEMONIC)
    assert alice.sign_message("hello") == Account.from_mnemonic(MNEMONIC).sign_message("hello")


def test_well_known_keys_are_refused_where_the_network_is_no_devnet(network: Network) -> None:
    class Mainnet:
        name, is_devnet = "mainnet", False

    with pytest.raises(zero_sdk.PublicKey, match="is a well-known test account"):
        refuse_public_key(Mainnet, Account.from_mnemonic(MNEMONIC, 3))
    with pytest.raises(zero_sdk.PublicKey):
        refuse_public_key(Mainnet, Account.from_key(bytes(31) + b"\1"))
    refuse_public_key(Mainnet, Account.from_key(KEY[::-1]))
    refuse_public_key(network.default_zone, network.accounts[0])


def test_a_node_that_is_no_devnet_is_sent_nothing_by_well_known_keys(served: Devnet) -> None:
    # A real node, of which the library knows only that it is an EVM node.
    url = served.zone("alpha")["url"]
    facts = ZoneFacts("main", 7_700_001, NetworkFacts(NodeKind.OTHER))
    with zero_sdk.connect(url) as network, network.isolated():
        zone = Zone(network, facts, HttpTransport(url))
        with pytest.raises(zero_sdk.PublicKey):
            zone.send(ADDRESS, value=1, sender=Account.from_mnemonic(MNEMONIC))
        with pytest.raises(BadAccount, match="there is no key for"):
            zone.send(ADDRESS, value=1, sender=network.accounts[0].address)
        with pytest.raises(zero_sdk.WrongArguments, match="who sends it"):
            zone.send(ADDRESS, value=1)
        own = Account.random()
        network.default_zone.fund(own, zero_sdk.ether(1))
        transaction = zone.send(ADDRESS, value=1, sender=own)
        assert transaction.status == 1
        # Twice the base fee and the tip, as EIP-1559 has them, and a margin of gas.
        block = zone.block(transaction.block_number - 1)
        assert block is not None
        tip = int(transaction.request["maxPriorityFeePerGas"], 16)
        expected = 2 * int(block["baseFeePerGas"], 16) + tip
        assert int(transaction.request["maxFeePerGas"], 16) == expected
        assert int(transaction.request["gas"], 16) == 21_000 * 6 // 5


def test_addresses_are_checked(zone: Zone) -> None:
    wrong = ADDRESS[:-1] + ("0" if ADDRESS[-1] != "0" else "1")
    for odd in (wrong, "0x12", "alice.eth", 5, None, b"12"):
        with pytest.raises(zero_sdk.WrongArguments):
            zone.balance(odd)  # type: ignore[arg-type]
    assert zone.balance(ADDRESS.lower()) == zone.balance(bytes.fromhex(ADDRESS[2:]))
