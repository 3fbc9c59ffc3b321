"""Sends are prepared once, while others are run, and run in the order in which they came."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import orjson
import pytest

from devnet.chain.codec import BlockContent, DecodedTransaction, Outcome, ReferenceCodec, Undecodable
from devnet.chain.transaction import Transaction
from devnet.chain.types import ZoneName
from devnet.config import NetworkConfig
from devnet.network import Network
from devnet.rpc.context import Context
from devnet.rpc.registry import method_table
from devnet.rpc.requests import Request, read_request
from devnet.rpc.running import Sends, answer_sends, begin, prepare
from devnet.rpc.server import RpcServer, ServerOptions
from devnet.rpc.serving.network_thread import ENOUGH, NetworkThread
from tests.rpc.asking import Asker, request
from tests.rpc.http_client import fetch
from tests.rpc.world import NOBODY, signed

ALPHA = ZoneName("alpha")


class CountingCodec:
    """The reference on a thread of its own, which tells how it was asked and can be held up."""

    works_beside_python = True

    def __init__(self) -> None:
        self._reference = ReferenceCodec()
        self._thread = ThreadPoolExecutor(1)
        self.asked: list[tuple[str, int]] = []
        """How, and how many were wanted."""
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.has_decoded = threading.Event()

    def decode(self, raw: bytes) -> DecodedTransaction:
        self.asked.append(("decode", 1))
        return self._reference.decode(raw)

    def decode_many(self, raws: Sequence[bytes]) -> list[DecodedTransaction | Undecodable]:
        self.asked.append(("decode_many", len(raws)))
        return self._reference.decode_many(raws)

    def begin(self, raws: Sequence[bytes]) -> Begun:
        self.asked.append(("begin", len(raws)))
        return Begun(self._thread.submit(self._decode, raws))

    def _decode(self, raws: Sequence[bytes]) -> list[DecodedTransaction | Undecodable]:
        assert self.may_go_on.wait(60)
        decoded = self._reference.decode_many(raws)
        self.has_decoded.set()
        return decoded

    def seal_content(self, transactions: Sequence[Transaction], results: Sequence[Outcome]) -> BlockContent:
        return self._reference.seal_content(transactions, results)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reference, name)


class Begun:
    """What a `CountingCodec` began."""

    def __init__(self, future: Future[list[DecodedTransaction | Undecodable]]) -> None:
        self._future = future

    @property
    def is_done(self) -> bool:
        return self._future.done()

    def finish(self) -> list[DecodedTransaction | Undecodable]:
        return self._future.result(60)


@pytest.fixture
def codec() -> CountingCodec:
    return CountingCodec()


@pytest.fixture
def network(codec: CountingCodec) -> Iterator[Network]:
    network = Network(NetworkConfig(accounts=4))
    network.codec = codec
    yield network
    network.close()


def sends(network: Network, *entries: dict[str, Any]) -> Sends:
    return Sends(requests_of(*entries), Context(network, ALPHA))


def requests_of(*entries: dict[str, Any]) -> list[Request]:
    table = method_table()
    return [read_request(entry, table) for entry in entries]


def raw(ask: Asker, index: int, nonce: int = 0) -> dict[str, Any]:
    return request(
        "eth_sendRawTransaction", signed(ask, index, nonce=hex(nonce)), identifier=10 * index + nonce
    )


def says(answer: object, words: bytes) -> bool:
    """Whether the words are in the answer, which must be there."""
    assert isinstance(answer, bytes)
    return words in answer


def test_raw_transactions_of_several_callers_are_decoded_in_one_call(
    network: Network, codec: CountingCodec
) -> None:
    ask = Asker(network)
    groups = [sends(network, raw(ask, 0), raw(ask, 0, 1)), sends(network, raw(ask, 1))]
    answers = answer_sends(groups)
    assert [len(of_group) for of_group in answers] == [2, 1]
    assert [count for _, count in codec.asked] == [3]
    assert ask("eth_blockNumber") == "0x1"


def test_requests_keep_their_order_whatever_runs_together(network: Network) -> None:
    ask = Asker(network)
    plain = {"from": ask.accounts[0], "to": NOBODY, "gas": "0x5208"}
    first, third = raw(ask, 0, 0), raw(ask, 0, 2)
    second = request("eth_sendTransaction", plain, identifier="between")
    # The second one gets the nonce after the first's only where it runs between the two.
    answers = answer_sends([sends(network, first, second), sends(network, third)])
    assert all(says(answer, b'"result"') for of_group in answers for answer in of_group)
    assert ask("eth_getTransactionCount", ask.accounts[0]) == "0x3"


def test_what_is_no_transaction_is_refused_in_its_place(network: Network) -> None:
    ask = Asker(network)
    broken = request("eth_sendRawTransaction", "0x02c0", identifier=7)
    twice = raw(ask, 1)
    (answers,) = answer_sends([sends(network, raw(ask, 0), broken, twice, twice, raw(ask, 2))])
    assert [says(answer, b'"error"') for answer in answers] == [False, True, False, True, False]
    assert says(answers[3], b"already known")
    assert ask("eth_getBlockTransactionCountByNumber", "latest") == "0x3"


def test_a_codec_that_fails_is_an_error_of_each_request(
    network: Network, codec: CountingCodec, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = Asker(network)

    def fail(raws: Sequence[bytes]) -> list[DecodedTransaction | Undecodable]:
        raise RuntimeError("the codec is broken")

    monkeypatch.setattr(codec, "decode_many", fail, raising=False)
    (answers,) = answer_sends([sends(network, raw(ask, 0), raw(ask, 1))])
    assert [says(answer, b"-32603") for answer in answers] == [True, True]


def test_what_was_begun_is_not_asked_for_again(network: Network, codec: CountingCodec) -> None:
    ask = Asker(network)
    begun, other = sends(network, raw(ask, 0), raw(ask, 0, 1)), sends(network, raw(ask, 1))
    begin(begun)
    answers = answer_sends([begun, other])
    assert all(says(answer, b'"result"') for of_group in answers for answer in of_group)
    assert codec.asked == [("begin", 2), ("decode_many", 1)]


def test_one_request_that_was_begun_is_not_decoded_twice(network: Network, codec: CountingCodec) -> None:
    alone = sends(network, raw(Asker(network), 0))
    begin(alone)
    ((answer,),) = answer_sends([alone])
    assert says(answer, b'"result"')
    assert codec.asked == [("begin", 1)]


def test_who_needs_what_is_underway_waits_for_it(network: Network, codec: CountingCodec) -> None:
    codec.may_go_on.clear()
    slow = sends(network, raw(Asker(network), 0))
    begin(slow)
    was_underway = slow.is_underway
    with ThreadPoolExecutor(1) as pool:
        preparing = pool.submit(prepare, [slow])
        assert not preparing.done()
        codec.may_go_on.set()
        preparing.result(60)
    assert was_underway
    assert not slow.is_underway
    assert slow.prepared is not None
    assert len(slow.prepared) == 1


def test_requests_that_are_not_prepared_are_never_underway(network: Network, codec: CountingCodec) -> None:
    ask = Asker(network)
    plain = {"from": ask.accounts[0], "to": NOBODY, "gas": "0x5208"}
    mixed = sends(
        network, request("eth_sendTransaction", plain), request("eth_sendRawTransaction", 5), raw(ask, 1)
    )
    begin(mixed)
    (answers,) = answer_sends([mixed])
    assert [says(answer, b'"error"') for answer in answers] == [False, True, False]
    assert codec.asked == [("begin", 1)]
    nothing = sends(network, request("eth_sendTransaction", plain))
    begin(nothing)
    assert not nothing.is_underway


@pytest.mark.parametrize("when", ["begun", "finished"])
def test_what_fails_ahead_is_an_error_of_its_requests_alone(
    network: Network, codec: CountingCodec, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    ask = Asker(network)

    def fail(raws: Sequence[bytes]) -> Begun:
        if when == "begun":
            raise RuntimeError("the codec is broken")
        future: Future[list[DecodedTransaction | Undecodable]] = Future()
        future.set_exception(RuntimeError("the codec is broken"))
        return Begun(future)

    ahead, other = sends(network, raw(ask, 0)), sends(network, raw(ask, 1))
    with monkeypatch.context() as patched:
        patched.setattr(codec, "begin", fail, raising=False)
        begin(ahead)
    answers = answer_sends([ahead, other])
    # What could not be begun is done when its turn comes.
    assert says(answers[0][0], b'"result"' if when == "begun" else b"-32603")
    assert says(answers[1][0], b'"result"')


@pytest.mark.parametrize("count", [1, ENOUGH])
def test_enough_sends_that_are_ready_do_not_wait_for_the_rest(
    network: Network, codec: CountingCodec, count: int
) -> None:
    ask = Asker(network)
    context = Context(network, ALPHA)
    early = requests_of(*[raw(ask, 0, nonce) for nonce in range(count)])
    late = requests_of(raw(ask, 1))
    is_busy, may_end = threading.Event(), threading.Event()

    def keep_busy() -> None:
        is_busy.set()
        assert may_end.wait(60)

    async def run() -> None:
        thread = NetworkThread(network, asyncio.get_running_loop(), lambda zones: None)
        thread.start()
        job = thread.run(keep_busy)
        await asyncio.to_thread(is_busy.wait, 60)
        first = thread.send(early, context)
        assert await asyncio.to_thread(codec.has_decoded.wait, 60)
        codec.may_go_on.clear()
        second = thread.send(late, context)
        may_end.set()
        await job
        if count == ENOUGH:
            assert says((await asyncio.wait_for(first, 60))[0], b'"result"')
            assert not second.done()
        codec.may_go_on.set()
        assert says((await asyncio.wait_for(first, 60))[0], b'"result"')
        assert says((await asyncio.wait_for(second, 60))[0], b'"result"')
        await asyncio.to_thread(thread.stop, 60)

    asyncio.run(run())
    assert codec.asked == [("begin", count), ("begin", 1)]
    assert ask("eth_blockNumber") == ("0x2" if count == ENOUGH else "0x1")


def test_a_loaded_server_answers_every_send_once_and_in_its_senders_order(
    network: Network, codec: CountingCodec
) -> None:
    ask = Asker(network)
    lanes = [[raw(ask, index, nonce) for nonce in range(12)] for index in range(4)]

    def send(server: RpcServer, lane: list[dict[str, Any]], size: int) -> list[Any]:
        answers: list[Any] = []
        for start in range(0, len(lane), size):
            answers += fetch(server, "/alpha", orjson.dumps(lane[start : start + size])).json
        return answers

    with RpcServer(network, ServerOptions(port=0)) as server, ThreadPoolExecutor(4) as pool:
        running = [pool.submit(send, server, lane, 1 + index) for index, lane in enumerate(lanes)]
        answers = [future.result(120) for future in running]
    assert [[answer["id"] for answer in of_lane] for of_lane in answers] == [
        [entry["id"] for entry in lane] for lane in lanes
    ]
    assert all("result" in answer for of_lane in answers for answer in of_lane)
    assert [ask("eth_getTransactionCount", sender) for sender in ask.accounts[:4]] == ["0xc"] * 4
    assert sum(count for _, count in codec.asked) == 48
