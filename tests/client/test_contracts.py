"""Contracts, over every kind of node."""

from __future__ import annotations

from typing import Any

import pytest

import zero_sdk
from tests.client.contracts import document
from zero_sdk import Contract, Event, Network, Reverted, Zone
from zero_sdk.client.words import named_values, to_json


def test_a_view_function_gives_its_value_and_changes_nothing(kitchen: Contract, zone: Zone) -> None:
    before = zone.block_number
    assert kitchen.value() == 5
    assert kitchen.name() == "Kitchen"
    assert kitchen.nothing() is None
    assert zone.block_number == before


def test_several_values_are_a_named_tuple(kitchen: Contract, network: Network) -> None:
    values = kitchen.both()
    assert values == (5, network.accounts[0].address, (1, -1))
    assert (values.number, values.who, values[2].x, values[2].y) == (5, network.accounts[0].address, 1, -1)


def test_a_struct_is_given_as_tuple_dict_or_named_tuple_and_comes_back_named(
    kitchen: Contract, network: Network
) -> None:
    bob = network.accounts[1]
    kitchen.store(1, (bob, [(1, 2), {"x": 3, "y": -4}], b"abcd", "hé"))
    order = kitchen.load(1)
    assert order.owner == bob
    assert order.path == [(1, 2), (3, -4)]
    assert (order.path[1].y, order.tag, order.note) == (-4, b"abcd", "hé")
    kitchen.store(2, order)
    assert kitchen.load(2) == order


def test_arrays_bytes_and_words_come_back_as_they_were_given(kitchen: Contract) -> None:
    rows = [[1, 2], [3, 255]]
    assert kitchen.matrix(rows) == rows
    word = bytes(range(32))
    assert kitchen.flags(True, "0x0102", word) == (False, b"\1\2", word)


def test_a_function_that_writes_is_sent_and_in_a_block(kitchen: Contract, zone: Zone) -> None:
    transaction = kitchen.set(8)
    assert kitchen.value() == 8
    assert transaction.status == 1
    assert transaction.block_number == zone.block_number
    assert transaction.return_value == 5
    assert transaction.gas_used == transaction.receipt.gas_used > 21_000


def test_a_function_that_writes_can_be_called_without_writing(kitchen: Contract) -> None:
    assert kitchen.set.call(8) == 5
    assert kitchen.value() == 5
    assert kitchen.set.estimate_gas(8) > 21_000


def test_a_call_can_be_made_as_anybody_at_any_block(kitchen: Contract, network: Network, zone: Zone) -> None:
    carol = network.accounts[2]
    assert kitchen.who() == network.accounts[0]
    assert kitchen.who(sender=carol) == carol
    before = zone.block_number
    kitchen.set(9)
    assert kitchen.value(block=before) == 5
    assert kitchen.value(block="latest") == 9
    assert kitchen.value(overrides={kitchen.address: {"stateDiff": {f"0x{0:064x}": f"0x{77:064x}"}}}) == 77


def test_ether_goes_with_a_call(kitchen: Contract, zone: Zone) -> None:
    transaction = kitchen.pay(value=zero_sdk.gwei(3))
    assert zone.balance(kitchen) == 3 * 10**9
    assert transaction.return_value == 3 * 10**9


def test_overloads_are_chosen_by_the_arguments_or_named(kitchen: Contract, network: Network) -> None:
    assert kitchen.pick(network.accounts[0]) == "address"
    assert kitchen.pick(1, 2) == "two"
    assert kitchen.pick(256) == "uint256"
    assert kitchen["pick(uint8)"](1) == "uint8"
    assert kitchen["pick( uint256 amount )"](1) == "uint256"
    with pytest.raises(zero_sdk.WrongArguments, match=r"ambiguous.*pick\(uint256\), pick\(uint8\)"):
        kitchen.pick(1)
    with pytest.raises(zero_sdk.WrongArguments, match=r"no Kitchen\.pick takes these"):
        kitchen.pick("text")


def test_a_function_called_events_is_called_beside_the_events(kitchen: Contract) -> None:
    assert kitchen.events() == kitchen["events"]() == 5
    assert kitchen.events.Stored.get() == ()


def test_events_are_decoded_and_found_again(kitchen: Contract, network: Network, zone: Zone) -> None:
    bob = network.accounts[1]
    transaction = kitchen.store(3, (bob, [(1, 2)], b"abcd", "note"), sender=bob)
    stored, named = transaction.events
    assert (stored.name, stored.address, stored.args) == ("Stored", kitchen.address, (bob, 3, "note", (1, 2)))
    assert stored.args.from_ == stored.args["from"] == stored.args["from_"] == stored.args[0] == bob
    assert named_values(stored.args).startswith(f"from: {bob.address}, key: 3")
    assert to_json(stored.args)["from"] == bob
    with pytest.raises(KeyError, match="there is no to, only from_, key, note, point"):
        stored.args["to"]
    assert named.args.data == (3).to_bytes(32)
    assert len(named.args.name) == 32
    assert kitchen.events.Stored.get(from_=bob) == (stored,)
    assert kitchen.events.Stored.get(from_=[network.accounts[0], bob], key=3) == (stored,)
    assert kitchen.events.Stored.get(key=4) == ()
    assert kitchen.events.Named.get(name="note") == (named,)
    assert kitchen.events.get() == (stored, named)
    assert transaction.events_of(kitchen, "Named") == (named,)
    assert all(isinstance(event, Event) for event in kitchen.events.get(from_block=zone.block_number))


FAILURES: list[tuple[int, dict[str, Any]]] = [
    (0, {"reason": "no reason to go on"}),
    (1, {"reason": None, "error": None, "panic": None, "halt": None}),
    (3, {"panic": 0x01}),
    (4, {"panic": 0x12}),
]


@pytest.mark.parametrize("gas", [None, 200_000])
@pytest.mark.parametrize(("how", "expected"), FAILURES)
def test_a_revert_says_why(kitchen: Contract, how: int, expected: dict[str, Any], gas: int | None) -> None:
    with pytest.raises(Reverted) as caught:
        kitchen.fail(how, **({} if gas is None else {"gas": gas}))
    error = caught.value
    for name, value in expected.items():
        assert getattr(error, name) == value
    if gas is not None:
        # Nothing was estimated, and the failure is in a block.
        assert error.transaction is not None
        assert error.transaction.status == 0
    assert "Kitchen.fail(uint8)" in str(error)


@pytest.mark.parametrize("gas", [None, 200_000])
def test_custom_errors_are_decoded_also_those_of_other_contracts(
    kitchen: Contract, zone: Zone, gas: int | None
) -> None:
    options = {} if gas is None else {"gas": gas}
    with pytest.raises(Reverted) as own:
        kitchen.fail(5, **options)
    assert own.value.error is not None
    assert own.value.error.args.point == (3, -4)
    relay = zone.deploy(document("Relay"), kitchen)
    with pytest.raises(Reverted) as others:
        relay.fail(2, **options)
    assert others.value.error is not None
    assert others.value.error.signature == "Denied(address,uint256)"
    assert others.value.error.args == (relay.address, 5)
    assert f"Denied(who={relay.address}, needed=5)" in str(others.value)


def test_errors_of_contracts_that_were_not_named_are_found_in_artifacts(local: Network) -> None:
    address = local["alpha"].deploy(document("Kitchen"), 5).address
    relay = local["alpha"].deploy(document("Relay"), address)
    local["alpha"].facts.interfaces.pop(bytes.fromhex(address[2:]))
    with pytest.raises(Reverted) as unknown:
        relay.fail(2)
    assert unknown.value.error is None
    assert unknown.value.data[4:] == bytes.fromhex(relay.address[2:]).rjust(32, b"\0") + (5).to_bytes(32)
    local.artifacts.add(document("Kitchen"))
    with pytest.raises(Reverted, match="Denied"):
        relay.fail(2)


def test_a_reverting_call_says_why_too(kitchen: Contract) -> None:
    with pytest.raises(Reverted) as caught:
        kitchen.failing(0)
    assert caught.value.reason == "seen only"
    assert kitchen.failing(9) == 5


def test_running_out_of_gas_and_invalid_opcodes_are_told_apart(kitchen: Contract) -> None:
    with pytest.raises(zero_sdk.OutOfGas) as caught:
        kitchen.fail(7, gas=100_000)
    assert caught.value.transaction is not None
    with pytest.raises(Reverted) as halted:
        kitchen.fail(6, gas=100_000)
    assert not isinstance(halted.value, zero_sdk.OutOfGas)
    assert halted.value.halt is not None


def test_a_constructor_that_fails_says_why(zone: Zone) -> None:
    with pytest.raises(Reverted, match="Kitchen constructor reverted: too much"):
        zone.deploy(document("Kitchen"), 5000)


def test_libraries_are_linked_by_name(zone: Zone) -> None:
    sums = zone.deploy(document("Sums"))
    assert zone.deploy(document("Linked"), libraries={"Sums": sums}).sum(2, 3) == 5
    assert zone.deploy(document("Linked"), libraries={"Kitchen.sol:Sums": sums.address}).sum(2, 3) == 5
    with pytest.raises(zero_sdk.ZeroError, match=r"Kitchen\.sol:Sums"):
        zone.deploy(document("Linked"))


def test_with_a_salt_the_address_depends_on_salt_and_code_only(zone: Zone, network: Network) -> None:
    with network.isolated():
        first = zone.deploy(document("Kitchen"), 5, salt=1)
        other = zone.deploy(document("Kitchen"), 5, salt=2)
    again = zone.deploy(document("Kitchen"), 5, salt=1, sender=network.accounts[3])
    assert again == first
    assert again.value() == 5
    assert first.address != other.address


def test_a_contract_that_is_not_there_is_named_as_such(zone: Zone, kitchen: Contract) -> None:
    stranger = zone.contract("0x00000000000000000000000000000000DeaDBeef", kitchen)
    with pytest.raises(
        zero_sdk.UnknownContract, match=r"there is no contract at 0x00000000000000000000000000000000DeaDBeef"
    ):
        stranger.value()


def test_a_wrong_abi_is_named_as_such(zone: Zone, kitchen: Contract) -> None:
    abi = [
        {
            "type": "function",
            "name": "value",
            "stateMutability": "view",
            "inputs": [],
            "outputs": [{"type": "string", "name": ""}],
        }
    ]
    with pytest.raises(zero_sdk.BadReturnData, match=r"value\(\)"):
        zone.contract(kitchen, abi).value()


def test_members_that_are_not_there_are_attribute_errors_with_near_names(kitchen: Contract) -> None:
    assert not hasattr(kitchen, "vaule")
    with pytest.raises(zero_sdk.UnknownMember, match="did you mean value"):
        kitchen.vaule()
    with pytest.raises(zero_sdk.UnknownMember, match="no event Storde"):
        _ = kitchen.events.Storde
    assert "value" in dir(kitchen)
    assert "Stored" in dir(kitchen.events)
    with pytest.raises(zero_sdk.WrongArguments, match=r"Twice\(uint256\), Twice\(uint256,uint256\)"):
        _ = kitchen.events.Twice
    assert kitchen.events["Twice(uint256)"].get() == ()


def test_accounts_and_contracts_stand_for_their_addresses(
    kitchen: Contract, network: Network, zone: Zone
) -> None:
    alice = network.accounts[0]
    assert kitchen.owner() == alice == alice.address
    assert len({alice, alice.address, zone.contract(alice, kitchen.abi)}) == 1
    relay = zone.deploy(document("Relay"), kitchen)
    assert relay.kitchen() == kitchen


def test_calldata_is_encoded_and_decoded(kitchen: Contract, network: Network) -> None:
    bob = network.accounts[1]
    data = kitchen.store.encode(1, (bob, [], b"abcd", ""))
    assert data[:4] == kitchen.interface.functions["store"][0].selector
    arguments = kitchen.store.decode_arguments(data)
    assert (arguments.key, arguments.order.owner) == (1, bob)
    assert kitchen.value.decode((9).to_bytes(32)) == 9
