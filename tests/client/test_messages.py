"""Messages as Python objects: what was sent, what became of it, seen through, tried again, simulated; the
courier; in process on both engines and over HTTP, blocking and under asyncio."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

import zero_sdk
from devnet.packets.packet import decode_header
from tests.client.conftest import network_of
from tests.messages.contracts import artifacts, coins, postcards
from zero_sdk import (
    AsyncNetwork,
    Contract,
    Message,
    Network,
    Refused,
    Timeout,
    Transaction,
    UndeliveredMessage,
    UnknownMessage,
    WrongArguments,
)
from zero_sdk.client.packets import ENDPOINT, SentPacket
from zero_sdk.messages import Oft, Options, decode_packet, wire

GAS = Options().lz_receive(200_000)


@pytest.fixture(scope="module", params=["local", pytest.param("pyevm", marks=pytest.mark.full), "served"])
def messaging_network(request: pytest.FixtureRequest) -> Iterator[Network]:
    """A network with zones alpha and beta."""
    with network_of(request.param, request) as network:
        yield network


@pytest.fixture
def network(messaging_network: Network) -> Iterator[Network]:
    """The network, its courier as a new one has it; what the test does to it is undone."""
    with messaging_network.isolated():
        try:
            yield messaging_network
        finally:
            messaging_network.courier.restore()


@dataclass(frozen=True)
class Cards:
    """Two applications that write to each other."""

    network: Network
    alpha: Contract
    beta: Contract

    def write(self, text: bytes, options: Any = b"", **more: Any) -> Transaction:
        """From alpha to beta."""
        eid = self.network["beta"].eid
        extra = options if isinstance(options, bytes) else options.encoded
        fee = self.alpha.quote(eid, text, extra)
        return self.alpha.write(eid, text, extra, value=fee, **more)


@pytest.fixture
def cards(network: Network) -> Cards:
    """Wired, with nothing delivered but by what the test does: a served network would do it by itself."""
    network.courier.mode = "manual"
    mesh = postcards(network, "alpha", "beta")
    wire(mesh, enforced={1: GAS})
    return Cards(network, mesh["alpha"], mesh["beta"])


# ---------------------------------------------------------------- what was sent


def test_a_transaction_has_the_message_that_it_sent(cards: Cards) -> None:
    sent = cards.write(b"hello")
    message = sent.message
    assert sent.receipt.message == message
    assert (message.sender, message.receiver) == (cards.alpha.address, cards.beta.address)
    assert (message.source_eid, message.destination_eid) == (50_121, 50_102)
    assert (message.nonce, message.data, message.options) == (1, b"hello", GAS)
    assert bytes.fromhex(message.guid[2:]) == sent.return_value
    (packet,) = sent.receipt.packets
    assert decode_packet(packet.packet.encoded) == message.packet


def test_a_transaction_without_messages_says_so(network: Network) -> None:
    sent = network["alpha"].send(network.accounts[1], value=1)
    assert sent.messages == ()
    with pytest.raises(UnknownMessage, match="no messages"):
        _ = sent.message


def test_a_contract_that_only_looks_like_the_endpoint_sent_nothing(network: Network) -> None:
    # It logs PacketSent with the data that it is called with.
    topic = bytes.fromhex("1ab700d4ced0c005b164c0f789fd09fcbb0156d4c2041b8a3bfbcd961cd1567f")
    zone, liar = network["alpha"], "0x" + "99" * 20
    zone.set_code(liar, bytes.fromhex("365f5f37") + b"\x7f" + topic + bytes.fromhex("365fa1"))
    sent = zone.send(liar, data=b"\1" * 96)
    assert sent.receipt.logs[0].topics == (topic,)
    assert sent.messages == ()


def test_a_message_is_found_by_its_guid_and_in_lists(cards: Cards) -> None:
    first, second = cards.write(b"one").message, cards.write(b"two").message
    network = cards.network
    assert network.message(first.guid) == first
    assert network.message(bytes.fromhex(first.guid[2:])).data == b"one"
    assert network.messages(sender=cards.alpha) == (second, first)
    assert network.messages(limit=1, receiver=cards.beta) == (second,)
    assert network.messages(source="beta", sender=cards.alpha) == ()
    way = {"source": network["alpha"], "destination": "beta"}
    assert network.messages(**way, sender=cards.alpha) == (second, first)
    assert network.messages(status="sent", sender=cards.alpha) == (second, first)
    assert network.messages(status=("delivered", "failed"), sender=cards.alpha) == ()
    assert network.messages(transaction=network.message(first.guid).transactions[0].transaction) == (first,)


def test_all_pages_of_a_list_are_had(cards: Cards, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = [cards.write(bytes([number])).message for number in range(5)]
    monkeypatch.setattr("zero_sdk.client.flows.messaging.PAGE", 2)
    assert cards.network.messages(sender=cards.alpha) == tuple(reversed(sent))
    assert cards.network.messages(sender=cards.alpha, limit=3) == tuple(reversed(sent))[:3]


def test_a_message_that_nobody_sent_is_unknown(cards: Cards) -> None:
    network = cards.network
    with pytest.raises(UnknownMessage, match="knows no message"):
        network.message(f"0x{7:064x}")
    sent = cards.write(b"hello").message.sent
    header = dataclasses.replace(sent.packet.header, nonce=2)
    unsent = Message(network, SentPacket(dataclasses.replace(sent.packet, header=header), sent.options))
    for ask in (unsent.retry, unsent.proof, unsent.simulate, unsent.delivered, unsent.trace):
        with pytest.raises(UnknownMessage, match=unsent.guid):
            ask()


@pytest.mark.parametrize("guid", ["0x12", "it", "", f"0x{7:063x}g", b"1" * 31, 7, None])
def test_what_is_no_guid_is_refused_before_it_is_asked(network: Network, guid: Any) -> None:
    with pytest.raises(WrongArguments, match="is no GUID"):
        network.message(guid)
    with pytest.raises(WrongArguments, match="is no GUID"):
        network.simulate_delivery(guid)


def test_a_list_has_no_negative_length(network: Network) -> None:
    with pytest.raises(WrongArguments, match="-1 messages"):
        network.messages(limit=-1)


def test_a_zone_bridges_nothing_to_itself(network: Network) -> None:
    with pytest.raises(WrongArguments, match="to itself"):
        network["alpha"].bridge("alpha", 1)


# ---------------------------------------------------------------- what becomes of it


def test_a_message_is_seen_through_to_its_delivery(cards: Cards) -> None:
    message = cards.write(b"hello").message
    assert message.status == "sent"
    delivery = message.delivered()
    assert delivery
    assert repr(delivery) == f"<Delivery of {message.guid}: delivered>"
    assert cards.beta.receivedCount() == 1
    assert cards.beta.received(0) == b"hello"
    assert [(step.kind, step.zone) for step in message.transactions] == [
        ("sent", "alpha"),
        ("verified", "beta"),
        ("delivered", "beta"),
    ]
    assert (message.status, message.reason) == ("delivered", None)
    assert message.state.settlement_height is not None
    # Once is enough.
    assert message.delivered()
    assert cards.beta.receivedCount() == 1


def test_what_the_receiver_refuses_is_failed_and_told(cards: Cards) -> None:
    cards.beta.setMood("angry")
    message = cards.write(b"hello").message
    delivery = message.delivered()
    assert not delivery
    assert "failed: NotInTheMood" in delivery.why
    assert message.reason is not None
    assert message.reason.error == "NotInTheMood"
    assert message.attempts[0].gas == 200_000
    with pytest.raises(UndeliveredMessage, match="NotInTheMood") as raised:
        message.wait("delivered", timeout=5)
    assert (raised.value.guid, raised.value.status) == (message.guid, "failed")
    assert raised.value.problem.code == "ZERO-2102"


def test_a_message_that_failed_is_tried_again(cards: Cards) -> None:
    cards.beta.setMood("angry")
    message = cards.write(b"hello").message
    assert not message.delivered()
    again = message.retry()
    assert not again
    assert (again.outcome, again.zone) == ("failed", "beta")
    cards.beta.setMood("fine")
    assert message.retry(sender=cards.network.accounts[2])
    assert message.status == "delivered"
    assert message.state.is_retried
    assert cards.beta.received(0) == b"hello"
    with pytest.raises(Refused):
        message.retry()


def test_too_little_gas_is_told_before_and_after(cards: Cards) -> None:
    eid = cards.network["beta"].eid
    cards.alpha.setEnforcedOptions([(eid, 1, Options().lz_receive(30_000).encoded)])
    message = cards.write(b"x" * 100).message
    simulated = message.simulate()
    assert not simulated.would_succeed
    assert not simulated.receive.has_enough_gas
    assert simulated.receive.gas_given == 30_000
    assert not message.delivered()
    needed = simulated.receive.gas_needed
    assert needed is not None
    assert message.simulate(gas=needed).would_succeed
    assert message.retry(gas=needed)


def test_a_receiver_that_does_not_know_the_sender_blocks_it_until_it_does(cards: Cards) -> None:
    eid = cards.network["alpha"].eid
    cards.beta.setPeer(eid, bytes(32))
    message = cards.write(b"hello").message
    delivery = message.delivered()
    assert not delivery
    assert delivery.state.status == "blocked"
    assert message.wait("settled", timeout=5) == message
    wire({"alpha": cards.alpha, "beta": cards.beta})
    assert message.delivered()


def test_waiting_goes_no_further_than_it_must(cards: Cards) -> None:
    message = cards.write(b"hello").message
    assert message.wait("settled").told is not None
    assert message.status == "settled"
    with pytest.raises(WrongArguments, match="nothing to wait for"):
        message.wait("read")


def test_the_proof_is_what_the_receive_library_takes(cards: Cards) -> None:
    message = cards.write(b"hello").message
    with pytest.raises(Refused):
        message.proof()
    message.wait("settled")
    proof = message.proof()
    assert decode_header(proof.header) == message.packet.header
    assert proof.payload_hash == message.packet.payload_hash
    beta = cards.network["beta"]
    library = "0x5a45524f" + f"{8:032x}"
    assert beta.send(library, data=proof.commit_verification).status == 1
    assert message.status == "verified"
    # Anybody may do the rest, too.
    assert message.delivered()


def test_both_legs_are_traced(cards: Cards) -> None:
    message = cards.write(b"hello").message
    message.delivered()
    traces = message.trace()
    assert (traces[0].leg, traces[0].zone) == ("source", "alpha")
    assert any(trace.leg == "destination" and "delivered" in trace.kinds for trace in traces)
    assert all(str(trace) for trace in traces)


def test_a_composed_call_is_made_and_counts(network: Network) -> None:
    network.courier.mode = "manual"
    mesh = coins(network, {"alpha": 18, "beta": 6})
    enough = Options().lz_receive(300_000)
    wire(mesh, enforced={1: enough, 2: enough.lz_compose(0, 200_000)})
    till = network["beta"].deploy(artifacts()["Till"])
    alpha, beta = Oft(mesh["alpha"]), Oft(mesh["beta"])
    message = alpha.send("beta", till, alpha.amount("2.5"), compose=b"for the rent").message
    assert message.delivered()
    assert (beta.balance(till), till.calls()) == (2_500_000, 1)
    assert till.last().endswith(b"for the rent")
    assert message.composes[0].status == "delivered"
    refused = alpha.send("beta", till, 10**18, compose=b"x" * 1000).message
    delivery = refused.delivered()
    assert delivery.state.status == "delivered"
    assert not delivery
    assert "composed call 0 failed" in delivery.why
    assert not refused.retry(compose=0)
    # What left one zone is in the other, and no more.
    assert alpha.amount("1") == 10**18
    supplies = [mesh["alpha"].totalSupply(), mesh["beta"].totalSupply() * 10**12]
    assert sum(supplies) == 10**24 + 10**24 * 10**12


def test_a_message_that_might_be_is_simulated_with_what_it_costs(cards: Cards) -> None:
    unsent = {
        "source": cards.network["alpha"],
        "destination": "beta",
        "sender": cards.alpha,
        "receiver": cards.beta,
        "message": b"hello",
        "options": GAS,
    }
    simulation = cards.network.simulate_delivery(unsent)
    assert simulation.would_succeed
    assert simulation.sending is not None
    assert simulation.sending.fee == cards.alpha.quote(cards.network["beta"].eid, b"hello", b"")
    stranger = {**unsent, "sender": cards.network.accounts[1]}
    assert not cards.network.simulate_delivery(stranger).would_succeed
    assert cards.network.messages(sender=cards.alpha) == ()


# ---------------------------------------------------------------- the courier


def test_the_courier_does_what_it_is_told(cards: Cards) -> None:
    network, courier = cards.network, cards.network.courier
    message = cards.write(b"hello").message
    network.settle()
    assert message.status == "settled"
    assert courier.state.waiting == 1
    with courier.paused():
        assert courier.is_paused
    assert not courier.is_paused
    turn = courier.step()
    assert {action.guid for action in turn.actions} == {message.guid}
    assert [action.kind for action in turn.actions] == ["commit", "deliver"]
    assert message.status == "delivered"
    assert courier.step().actions == ()
    assert {account.zone for account in courier.state.accounts} == {"system", "alpha", "beta"}
    state = courier.set_mode("delayed", 3)
    assert (state.mode, state.delay) == ("delayed", 3)
    with pytest.raises(Refused):
        courier.mode = "sometimes"


def test_a_dropped_message_comes_when_the_fault_is_cleared(cards: Cards) -> None:
    courier = cards.network.courier
    message, other = cards.write(b"hello").message, cards.write(b"again").message
    fault = courier.inject("drop", guid=message)
    assert courier.faults == (fault,)
    assert message.delivered().why.endswith("are not carried")
    # The one behind it waits for it: a path has no gaps.
    assert not other.delivered()
    assert courier.clear(fault) == (fault,)
    assert message.delivered()
    assert other.delivered()
    assert [cards.beta.received(place) for place in range(2)] == [b"hello", b"again"]


@pytest.mark.parametrize("fault", [{"kind": "duplicate"}, {"kind": "corrupt", "part": "proof"}])
def test_what_comes_twice_or_wrong_is_taken_once(cards: Cards, fault: dict[str, Any]) -> None:
    cards.network.courier.inject(fault, source="alpha", destination="beta")
    messages = [cards.write(bytes([number])).message for number in range(3)]
    assert all(message.delivered() for message in messages)
    assert cards.beta.receivedCount() == 3


def test_a_delay_passes_with_slots_in_which_something_happens(cards: Cards) -> None:
    network = cards.network
    network.courier.inject("delay", slots=4)
    message = cards.write(b"hello").message
    assert "4 slots later" in message.delivered().why
    for _ in range(4):
        network.mine()
        network.settle()
    assert message.delivered()


def test_who_sees_a_message_through_does_not_wait_for_a_late_courier(cards: Cards) -> None:
    cards.network.courier.set_mode("delayed", 1000)
    assert cards.write(b"hello").message.delivered()


def test_going_back_takes_a_message_back(cards: Cards) -> None:
    with cards.network.isolated():
        message = cards.write(b"hello").message
        assert message.delivered()
    with pytest.raises(UnknownMessage):
        _ = message.status
    assert cards.beta.receivedCount() == 0
    assert cards.write(b"hello").message.delivered()


# ---------------------------------------------------------------- only in process, only over HTTP


def test_in_process_the_same_run_gives_the_same_messages() -> None:
    def run() -> list[Any]:
        with zero_sdk.local() as network:
            mesh = postcards(network)
            wire(mesh, enforced={1: GAS})
            cards = Cards(network, mesh["alpha"], mesh["beta"])
            message = cards.write(b"hello").message
            assert message.delivered()
            return [message.guid, message.state.raw]

    assert run() == run()


def test_a_courier_left_alone_delivers_what_is_settled() -> None:
    with zero_sdk.local() as network:
        mesh = postcards(network)
        wire(mesh, enforced={1: GAS})
        message = Cards(network, mesh["alpha"], mesh["beta"]).write(b"hello").message
        network.settle()
        assert message.wait("delivered").status == "delivered"


def test_nobody_moves_a_manual_courier_over_http(network: Network, cards: Cards) -> None:
    if network.devnet is not None:
        # In process who waits does it himself, or nothing would ever come.
        assert cards.write(b"hello").message.wait("delivered").status == "delivered"
        return
    message = cards.write(b"hello").message
    with pytest.raises(Timeout, match=r"not delivered after 0\.3 s: settled"):
        message.wait("delivered", timeout=0.3)


def test_a_message_is_the_same_under_asyncio() -> None:
    with zero_sdk.local() as blocking:
        mesh = postcards(blocking)
        wire(mesh, enforced={1: GAS})
        eid, address = blocking["beta"].eid, mesh["alpha"].address

        async def run() -> None:
            network = AsyncNetwork.around(blocking)
            await network.courier.set_mode("manual")
            alpha: Any = network["alpha"].contract(address, mesh["alpha"])
            assert await network["beta"].eid() == eid
            sent = await alpha.write(eid, b"hello", b"", value=await alpha.quote(eid, b"hello", b""))
            message = await sent.message()
            assert await sent.messages() == (message,)
            assert await message.status() == "sent"
            assert (await message.simulate()).would_succeed
            fault = await network.courier.inject("drop", guid=message)
            assert not await message.delivered()
            assert await network.courier.clear() == (fault,)
            assert await network.messages(status="settled") == (message,)
            await message.wait("settled")
            assert (await message.proof()).payload_hash == message.packet.payload_hash
            assert await message.delivered()
            assert [step.kind for step in await message.transactions()][-1] == "delivered"
            assert (await network.message(message.guid)).data == b"hello"
            assert await message.trace()
            assert (await message.attempts())[0].outcome == "delivered"
            assert await message.composes() == ()
            assert await message.reason() is None
            assert (await network.courier.state()).waiting == 0
            assert (await network.courier.step()).actions == ()
            assert (await network.courier.pause()).is_paused
            assert not (await network.courier.resume()).is_paused
            with pytest.raises(Refused):
                await message.retry()
            for ask in (network.message, network.simulate_delivery):
                with pytest.raises(UnknownMessage):
                    await ask(f"0x{7:064x}")
                with pytest.raises(WrongArguments, match="is no GUID"):
                    await ask("0x7")
            with pytest.raises(WrongArguments, match="to itself"):
                await network["alpha"].bridge("alpha", 1)

        asyncio.run(run())


def test_a_zone_without_endpoint_has_no_eid(network: Network) -> None:
    network["alpha"].set_code(ENDPOINT, b"")
    with pytest.raises(WrongArguments, match="no endpoint"):
        _ = network["alpha"].eid


def test_messages_are_equal_by_their_guids(cards: Cards) -> None:
    one, two = cards.write(b"one").message, cards.write(b"two").message
    assert one != two
    assert one == cards.network.message(one.guid)
    assert len({one, two, cards.network.message(one.guid)}) == 2
    assert isinstance(one, Message)
