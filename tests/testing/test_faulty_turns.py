"""A turn with a fault: each kind shows, what cannot show is told, and the courier is as before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import indent

import pytest

import zero_sdk
from devnet.contracts.addresses import RECEIVE_LIBRARY
from tests.messages.contracts import artifacts, coins, postcards
from tests.testing.contracts import make_project, run
from zero_sdk import Contract, Message, Network
from zero_sdk.client.courier_state import CourierState
from zero_sdk.client.errors import Refused
from zero_sdk.messages import Oft, Options, wire
from zero_sdk.testing.carrying import Carry, FaultyTurn
from zero_sdk.testing.shown import Evidence, check_shown

KINDS: Mapping[str, Mapping[str, object]] = {
    "drop": {},
    "delay": {"slots": 2},
    "duplicate": {},
    "reorder": {},
    "corrupt": {},
}
PARTS = ("proof", "header", "payload-hash", "message")


class Cards:
    """An application in three zones, from one of which texts are written."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.all: Mapping[str, Contract] = postcards(network)
        wire(self.all, enforced={1: Options().lz_receive(200_000)})

    def write(
        self, text: str, source: str = "alpha", destination: str = "beta", options: bytes = b""
    ) -> Message:
        card, eid = self.all[source], self.network[destination].eid
        data = text.encode()
        value = card.quote(eid, data, options)
        return card.write(eid, data, options, value=value).message

    def count(self, zone: str = "beta") -> int:
        return int(self.all[zone].receivedCount())


@pytest.fixture(scope="module")
def wired() -> Iterator[Cards]:
    with zero_sdk.local(("alpha", "beta", "gamma")) as network:
        yield Cards(network)


@pytest.fixture
def cards(wired: Cards) -> Iterator[Cards]:
    with wired.network.isolated():
        yield wired
        wired.network.courier.restore()


def told(state: CourierState) -> tuple[object, ...]:
    return state.mode, state.delay, state.is_paused, state.faults


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_fault_shows_and_the_messages_arrive_later(cards: Cards, kind: str) -> None:
    sent = [cards.write(text) for text in ("one", "two", "three")]
    before = told(cards.network.courier.state)
    turn = FaultyTurn(cards.network)(kind, **KINDS[kind])
    done = [(action.kind, action.guid) for action in turn.actions]
    if kind in ("drop", "delay"):
        assert done == []
        assert cards.count() == 0
    else:
        assert {guid for _, guid in done} == {message.guid for message in sent}
        assert cards.count() == 3
    assert told(cards.network.courier.state) == before
    Carry(cards.network)()
    assert [message.status for message in sent] == ["delivered"] * 3
    assert cards.count() == 3


@pytest.mark.parametrize("part", PARTS)
def test_each_corrupt_part_shows(cards: Cards, part: str) -> None:
    message = cards.write("hello")
    turn = FaultyTurn(cards.network)("corrupt", part=part)
    kinds = [action.kind for action in turn.actions]
    assert kinds == (
        ["commit", "deliver", "deliver"] if part == "message" else ["commit", "commit", "deliver"]
    )
    assert message.status == "delivered"


@pytest.mark.parametrize("kind", ["drop", "delay", "duplicate", "corrupt"])
def test_one_message_is_enough_but_for_an_order(cards: Cards, kind: str) -> None:
    cards.write("hello")
    FaultyTurn(cards.network)(kind, **KINDS[kind])


def test_messages_of_one_path_are_reordered_whatever_comes_on_others(cards: Cards) -> None:
    for text, destination in (("one", "beta"), ("two", "gamma"), ("three", "beta")):
        cards.write(text, destination=destination)
    for seed in range(4):
        snapshot = cards.network.snapshot()
        FaultyTurn(cards.network)("reorder", seed=seed)
        assert (cards.count("beta"), cards.count("gamma")) == (2, 1)
        cards.network.revert(snapshot)


def test_a_fault_meets_what_its_fields_say(cards: Cards) -> None:
    one, two, three = cards.write("one"), cards.write("two"), cards.write("three", destination="gamma")
    turn = FaultyTurn(cards.network)("drop", guid=two)
    assert {action.guid for action in turn.actions} == {one.guid, three.guid}
    assert [each.status for each in (one, two, three)] == ["delivered", "settled", "delivered"]


def test_a_fault_meets_a_share_of_the_messages(cards: Cards) -> None:
    sent = [cards.write(str(number)) for number in range(12)]
    turn = FaultyTurn(cards.network)("duplicate", rate=0.5, seed=1)
    commits = [action.guid for action in turn.actions if action.kind == "commit"]
    times = sorted(commits.count(message.guid) for message in sent)
    assert (times[0], times[-1]) == (1, 2)


def pay(network: Network) -> Contract:
    """Coins on their way to a till, which is called with them; gives the till."""
    tokens = coins(network, {"alpha": 18, "beta": 18})
    gas = Options().lz_receive(300_000)
    wire(tokens, enforced={1: gas, 2: gas.lz_compose(0, 200_000)})
    till = network["beta"].deploy(artifacts()["Till"])
    Oft(tokens["alpha"]).send("beta", till, 10**18, compose=b"for the rent")
    return till


def test_composed_calls_are_done_twice_and_count_once(cards: Cards) -> None:
    till = pay(cards.network)
    turn = FaultyTurn(cards.network)("duplicate")
    assert [action.kind for action in turn.actions].count("compose") == 2
    assert till.calls() == 1


@pytest.mark.parametrize("kind", ["drop", "duplicate"])
def test_a_composed_call_alone_can_go_wrong(cards: Cards, kind: str) -> None:
    till = pay(cards.network)
    cards.network.courier.mode = "manual"
    cards.network.settle()
    assert [action.kind for action in cards.network.courier.step(1).actions] == ["commit", "deliver"]
    turn = FaultyTurn(cards.network)(kind)
    assert [action.kind for action in turn.actions] == ([] if kind == "drop" else ["compose", "compose"])
    Carry(cards.network)()
    assert till.calls() == 1


def test_composed_calls_are_not_delayed(cards: Cards) -> None:
    till = pay(cards.network)
    cards.network.courier.mode = "manual"
    cards.network.settle()
    cards.network.courier.step(1)
    with pytest.raises(AssertionError, match="no message that it meets could be carried"):
        FaultyTurn(cards.network)("delay", slots=5)
    assert till.calls() == 1


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_blocked_shows_nothing(cards: Cards, kind: str) -> None:
    cards.all["beta"].setPeer(cards.network["alpha"].eid, bytes(32))
    cards.write("one")
    cards.write("two")
    with pytest.raises(AssertionError, match=r"no message that it meets could be carried .*, blocked"):
        FaultyTurn(cards.network)(kind, **KINDS[kind])


@pytest.mark.parametrize("kind", ["drop", "duplicate", "reorder"])
def test_messages_in_order_can_go_wrong(cards: Cards, kind: str) -> None:
    one, two = (cards.write(text, options=Options().ordered().encoded) for text in ("one", "two"))
    turn = FaultyTurn(cards.network)(kind, **({} if kind == "reorder" else {"guid": two}))
    delivered = [action.guid for action in turn.actions if action.kind == "deliver"]
    expected = {"drop": [one], "duplicate": [one, two, two], "reorder": [one, two]}[kind]
    assert delivered == [message.guid for message in expected]


def test_what_was_proven_and_waits_for_its_turn_can_be_lost(cards: Cards) -> None:
    courier = cards.network.courier
    courier.mode = "manual"
    one, two = cards.write("one"), cards.write("two")
    cards.network.settle()
    cards.network["beta"].send(RECEIVE_LIBRARY, data=two.proof().commit_verification)
    assert two.status == "blocked"
    turn = FaultyTurn(cards.network)("drop", guid=two)
    assert {action.guid for action in turn.actions} == {one.guid}


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_sound_courier_does_shows_no_fault(cards: Cards, kind: str) -> None:
    courier = cards.network.courier
    fault = courier.inject(kind, **KINDS[kind])
    courier.clear(fault)
    courier.mode = "manual"
    for text in ("one", "two"):
        cards.write(text)
    cards.network.settle()
    waiting = cards.network.messages(status="settled")
    evidence = Evidence(cards.network, fault, waiting, courier.step())
    assert len(evidence.met) == 2
    with pytest.raises(AssertionError, match=f"the courier's fault {kind} .* did not show"):
        check_shown(evidence)


@pytest.mark.parametrize("kind", KINDS)
def test_where_no_message_waits_the_assertion_says_so(cards: Cards, kind: str) -> None:
    before = told(cards.network.courier.state)
    with pytest.raises(AssertionError) as caught:
        FaultyTurn(cards.network)(kind, **KINDS[kind])
    words = str(caught.value)
    assert f"the courier's fault {kind} (" in words
    assert "did not show: no message that it meets could be carried\n" in words
    assert "it did: nothing\n" in words
    assert "to do: send messages before" in words
    if kind == "drop":
        page = (Path(__file__).parents[2] / "docs" / "testing.md").read_text(encoding="utf-8")
        assert indent(words, "    ") in page
    assert told(cards.network.courier.state) == before


def test_what_was_carried_before_is_named(cards: Cards) -> None:
    message = cards.write("hello")
    assert message.delivered()
    with pytest.raises(AssertionError, match=rf"it would meet {message.guid[:10]}.*, delivered\)"):
        FaultyTurn(cards.network)("drop")


def test_what_another_fault_keeps_back_is_not_done_twice(cards: Cards) -> None:
    cards.write("hello")
    fault = cards.network.courier.inject("drop", source="alpha")
    with pytest.raises(
        AssertionError, match=r"nothing was done .*\n.*\n.*\nto do: see to .* are not carried"
    ):
        FaultyTurn(cards.network)("duplicate")
    assert cards.network.courier.faults == (fault,)


def test_a_path_with_one_message_has_no_order(cards: Cards) -> None:
    cards.write("one")
    cards.write("two", destination="gamma")
    with pytest.raises(AssertionError, match="on no path were several messages proven"):
        FaultyTurn(cards.network)("reorder")


def test_a_delay_that_is_over_already_is_told(cards: Cards) -> None:
    courier = cards.network.courier
    with courier.paused():
        cards.write("hello")
        cards.network.settle()
        cards.network.clock.advance(60)
        with pytest.raises(AssertionError, match=r"was carried all the same\n(.*\n)*to do: its slots"):
            FaultyTurn(cards.network)("delay", slots=1)


def test_what_was_proven_before_has_no_proof_to_damage(cards: Cards) -> None:
    message = cards.write("hello")
    cards.network.courier.mode = "manual"
    cards.network.settle()
    cards.network["beta"].send(RECEIVE_LIBRARY, data=message.proof().commit_verification)
    assert message.status == "verified"
    with pytest.raises(AssertionError, match=r"no commit of a message(.*\n)*to do: what was proven before"):
        FaultyTurn(cards.network)("corrupt")
    cards.write("again")
    FaultyTurn(cards.network)("corrupt")


def test_what_its_receiver_refuses_is_told_with_the_reason(cards: Cards) -> None:
    cards.all["beta"].setMood("angry")
    cards.write("hello")
    with pytest.raises(
        AssertionError, match=r"no deliver of .* was taken: it is failed\n(.*\n)*.*NotInTheMood"
    ):
        FaultyTurn(cards.network)("corrupt", part="message")


@pytest.mark.parametrize("kind", KINDS)
def test_faults_show_where_blocks_are_made_by_hand(cards: Cards, kind: str) -> None:
    for text in ("one", "two"):
        cards.write(text)
    for zone in cards.network:
        zone.rpc("evm_setAutomine", False)
    FaultyTurn(cards.network)(kind, **{**KINDS[kind], **({"slots": 50} if kind == "delay" else {})})
    assert cards.count() == (0 if kind in ("drop", "delay") else 2)
    for zone in cards.network:
        zone.rpc("evm_setAutomine", True)


@pytest.mark.parametrize(("mode", "delay"), [("automatic", 0), ("delayed", 3), ("manual", 0)])
@pytest.mark.parametrize("is_paused", [False, True])
@pytest.mark.parametrize("fails", [False, True])
def test_the_courier_is_as_before(cards: Cards, mode: str, delay: int, is_paused: bool, fails: bool) -> None:
    courier = cards.network.courier
    courier.set_mode(mode, delay)
    kept = courier.inject("drop", source="gamma")
    if is_paused:
        courier.pause()
    before = told(courier.state)
    if fails:
        with pytest.raises(AssertionError):
            FaultyTurn(cards.network)("duplicate")
    else:
        cards.write("hello")
        FaultyTurn(cards.network)("duplicate")
    assert told(courier.state) == before == (mode, delay, is_paused, (kept,))


def test_a_fault_that_cannot_be_leaves_the_courier_as_before(cards: Cards) -> None:
    before = told(cards.network.courier.state)
    with pytest.raises(Refused):
        FaultyTurn(cards.network)("lose")
    assert told(cards.network.courier.state) == before


TESTS = """
import pytest
from zero_sdk import ether

TO = "0x00000000000000000000000000000000000000b0"

@pytest.mark.parametrize("fault", ["drop", "duplicate"])
def test_money_arrives_once(zones, carry, faulty_turn, fault):
    zones["alpha"].bridge("beta", ether(1), TO)
    faulty_turn(fault)
    carry()
    assert zones["beta"].balance(TO) == ether(1)

def test_nothing_was_sent(faulty_turn):
    faulty_turn("drop")
"""


def test_the_fixtures_in_a_users_tests(pytester: pytest.Pytester) -> None:
    make_project(pytester)
    pytester.makepyfile(TESTS)
    result = run(pytester)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        ["E *AssertionError: the courier's fault drop (messages are not carried) did*"]
    )
    # The user's line, and none of the plugin's.
    result.stdout.no_fnmatch_line("*carrying.py*")


def test_a_network_behind_a_port_goes_wrong_the_same_way(cards: Cards) -> None:
    cards.network.courier.mode = "manual"
    sent = [cards.write(text) for text in ("one", "two")]
    with cards.network.serve() as url, zero_sdk.connect(url) as elsewhere:
        assert FaultyTurn(elsewhere)("drop").actions == ()
        turn = FaultyTurn(elsewhere)("reorder")
        assert elsewhere.courier.mode == "manual"
    assert [action.kind for action in turn.actions] == ["commit", "commit", "deliver", "deliver"]
    assert [message.status for message in sent] == ["delivered"] * 2
