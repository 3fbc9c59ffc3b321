"""What anybody can say about a message makes no answer about it longer than so, and changes nothing of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devnet.chain.keccak import keccak256
from devnet.chain.types import Address, Wei
from devnet.contracts.addresses import ENDPOINT, EXECUTOR
from devnet.contracts.calldata import joined, octets
from devnet.contracts.delivering import receiver_of
from devnet.messages.life import FailedCall, Status, Step, StepKind
from devnet.messages.logs import MOST_TOLD
from devnet.messages.message import Message
from devnet.messages.messages import Messages
from devnet.messages.place import Place
from devnet.messages.thinning import KEPT, MOST_UNKNOWN, thin
from devnet.zone.messages import Mining
from tests.messages.posts import GAS, Posts, posts, selector

ALERT = selector("lzReceiveAlert((uint32,bytes32,uint64),address,bytes32,uint256,uint256,bytes,bytes,bytes)")


@pytest.fixture(scope="module")
def made() -> Posts:
    return posts()


@pytest.fixture(scope="module")
def some_message(made: Posts) -> Message:
    return made.send("alpha", "beta", b"some")


@pytest.fixture
def failed(made: Posts) -> Iterator[tuple[Posts, Message]]:
    """A message whose receiver refused it."""
    snapshot = made.network.snapshot()
    made.tell("beta", "refuse(bool)", 1)
    message = made.send("alpha", "beta", b"hello")
    made.network.settle()
    made.tell("beta", "refuse(bool)", 0)
    assert made.status(message) == [Status.FAILED]
    yield made, message
    made.port("beta").set_mining(Mining())
    made.network.revert(snapshot)


def forge(made: Posts, message: Message, count: int, revert: bytes = b"forged") -> None:
    """Lets somebody say so many times that a delivery failed, in one block."""
    header, receiver = message.packet.header, receiver_of(message.packet.header)
    origin = joined(header.path.src_eid, header.path.sender, header.nonce)
    said = (GAS, 0, octets(message.packet.message), octets(b""), octets(revert))
    data = ALERT + joined(origin, receiver.rjust(32, b"\0"), message.guid, *said)
    made.port("beta").set_mining(Mining(automine=False))
    for _ in range(count):
        made.order("beta", ENDPOINT, data, account=3)
    made.network.mine(made.port("beta"))


def test_of_what_anybody_says_the_newest_is_kept_and_the_rest_is_counted(
    failed: tuple[Posts, Message],
) -> None:
    made, message = failed
    whole = len(made.life(message).steps)
    for _ in range(3):
        forge(made, message, 20)
    life = made.life(message)
    assert life.status is Status.FAILED
    assert life.reason is not None
    assert life.reason.data[:4] == selector("Refused(bytes)")
    assert [attempt.counts for attempt in life.attempts] == [True] + [False] * KEPT
    assert (len(life.steps), life.omitted) == (whole + KEPT, 60 - KEPT)
    log = made.network.messages.logs[made.index("beta")]
    assert len(log.steps[message.guid]) == whole + KEPT - 1
    # Whoever looks for the first time finds the same.
    assert Messages(made.network).life(message) == life
    made.port("beta").set_mining(Mining())
    made.network.courier.retry(message.guid)
    assert made.status(message) == [Status.DELIVERED]
    assert made.life(message).is_retried


def test_what_is_taken_back_is_not_counted_any_more(failed: tuple[Posts, Message]) -> None:
    made, message = failed
    whole = len(made.life(message).steps)
    for _ in range(3):
        forge(made, message, 20)
    made.network.rollback(made.port("beta"), 1)
    life = made.life(message)
    assert life.status is Status.FAILED
    assert len(life.steps) + life.omitted == whole + 40
    made.network.rollback(made.port("beta"), 2)
    life = made.life(message)
    assert (life.status, len(life.steps), life.omitted) == (Status.FAILED, whole, 0)


def test_of_long_revert_data_the_beginning_is_kept(failed: tuple[Posts, Message]) -> None:
    made, message = failed
    forge(made, message, 1, bytes(range(256)) * 40)
    (*_, last) = made.life(message).attempts
    assert last.failed is not None
    assert last.failed.revert == (bytes(range(256)) * 40)[:MOST_TOLD]


def test_messages_that_nobody_knows_are_not_kept_whole(failed: tuple[Posts, Message]) -> None:
    _, message = failed
    steps = [step(message, index, False) for index in range(MOST_UNKNOWN + 1)]
    assert thin(steps, None) == steps[-KEPT:]


def step(message: Message, index: int, is_fair: bool) -> Step:
    place = Place(2, index, message.sent.block_hash, index, message.sent.transaction_hash, 0, 0)
    executor = EXECUTOR if is_fair else Address(b"\x99" * 20)
    call = FailedCall(executor, GAS, Wei(0), b"", keccak256(message.packet.message))
    return Step(StepKind.FAILED, place, call)


@given(st.lists(st.booleans(), max_size=120), st.integers(0, 120))
def test_it_does_not_matter_when_steps_are_thinned(
    some_message: Message, fair: list[bool], place: int
) -> None:
    message = some_message
    steps = [step(message, index, is_fair) for index, is_fair in enumerate(fair)]
    at_once = thin(steps, message)
    assert thin([*thin(steps[:place], message), *steps[place:]], message) == at_once
    for kind in (True, False):
        wanted = [each for each, is_fair in zip(steps, fair, strict=True) if is_fair is kind]
        found = [each for each in at_once if fair[each.place.block_number] is kind]
        assert found == wanted[-KEPT:]
