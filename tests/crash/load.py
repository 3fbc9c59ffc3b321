"""Load over real RPC: actors in threads, a reader, and one thread that takes snapshots and goes back."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.crash.model import COUNT, DEPLOY, PAY, Actor, Facts, Model, Sent, Wrong
from tests.crash.rpc import UNAVAILABLE, Client, Gone, Refused, clients

WRITES_NOTHING_NEW = ("anvil_setMinGasPrice", "0x0")
"""A write that is answered only once everything before it is on the disk, and changes nothing."""


def is_writable(client: Client) -> bool:
    """Whether the network can write to its folder again. Raises Gone, and Refused for another reason."""
    try:
        client.call(*WRITES_NOTHING_NEW)
    except Refused as error:
        if error.code != UNAVAILABLE:
            raise
        return False
    return True


class Gate:
    """Many may act at a time, or one alone: while it goes back, nothing else is under way."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._is_closed = False

    @contextmanager
    def shared(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._is_closed)
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._is_closed)
            self._is_closed = True
            self._changed.wait_for(lambda: not self._inside)
        try:
            yield
        finally:
            with self._changed:
                self._is_closed = False
                self._changed.notify_all()


class Load:
    """Runs from `start` until the network is gone or `stop`. What is not as it must be is in `faults`."""

    def __init__(
        self,
        model: Model,
        urls: dict[str, str],
        seed: int,
        *,
        with_snapshots: bool = True,
        is_automine: bool = True,
        may_be_full: bool = False,
    ) -> None:
        self._model = model
        self._may_be_full = may_be_full
        """Whether the disk may be full. What a reader sees then may be what a write was refused for."""
        self._urls = urls
        self._is_automine = is_automine
        self._gate = Gate()
        self._over = threading.Event()
        self.faults: list[str] = []
        self.counts: dict[str, int] = {}
        """Replies by what was asked for."""
        self._threads = [
            threading.Thread(target=self._guarded, args=[self._act, index, random.Random(f"{seed} {index}")])
            for index in range(len(model.facts.actors))
        ]
        self._threads.append(
            threading.Thread(target=self._guarded, args=[self._read, 0, random.Random(seed)])
        )
        if with_snapshots:
            rng = random.Random(f"{seed} director")
            self._threads.append(threading.Thread(target=self._guarded, args=[self._direct, 0, rng]))

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Lets what is under way end."""
        self._over.set()
        self.join()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def wait_for_replies(self, count: int, patience: float) -> None:
        """Until so many requests of the actors were answered, but not for ever."""
        deadline = time.monotonic() + patience
        while sum(self.counts.values()) < count and not self._over.is_set() and time.monotonic() < deadline:
            time.sleep(0.002)

    def _guarded(self, work: Callable[[int, random.Random], None], index: int, rng: random.Random) -> None:
        try:
            work(index, rng)
        except Gone:
            pass
        except Exception as error:
            self.faults.append(f"{type(error).__name__}: {error}")
        finally:
            if not self._over.is_set():
                # Where one has nothing to talk to any more, nobody has.
                self._over.set()

    def _counted(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1

    # ------------------------------------------------------------ actors

    def _act(self, index: int, rng: random.Random) -> None:
        client = Client(self._urls[self._model.facts.actors[index].zone])
        try:
            while not self._over.is_set():
                with self._gate.shared():
                    # The model is replaced by a revert, so the actor is looked up every time.
                    self._one(self._model.facts.actors[index], client, rng)
        finally:
            client.close()

    def _one(self, actor: Actor, client: Client, rng: random.Random) -> None:
        try:
            if actor.open or actor.open_balance is not None:
                # An earlier answer was that the disk is full. Whatever is written now writes that as well.
                client.call(*WRITES_NOTHING_NEW)
                actor.settle(client)
            if not actor.sent:
                self._send(actor, client, [actor.next(DEPLOY, 0)])
                return
            kind = rng.choices(("pay", "count", "batch", "mint", "mine", "again"), (5, 5, 2, 2, 1, 1))[0]
            if kind == "pay":
                self._send(actor, client, [actor.next(PAY, rng.randrange(1, 1 << 64))])
            elif kind == "count":
                self._send(actor, client, [actor.next(COUNT, 0)])
            elif kind == "batch":
                run = [
                    actor.next(PAY, rng.randrange(1, 1 << 64), offset) for offset in range(rng.randint(2, 6))
                ]
                self._send(actor, client, run)
            elif kind == "mint":
                actor.open_balance = rng.randrange(1 << 80)
                client.call("anvil_setBalance", actor.minted, hex(actor.open_balance))
                actor.balance, actor.open_balance = actor.open_balance, None
            elif kind == "mine":
                client.call("anvil_mine", hex(rng.randint(1, 4)))
                self._look(actor.zone, client)
            elif self._is_automine:
                # Nobody else moves this actor's transactions from the pool into a block.
                actor.check(client)
            self._counted(kind)
        except Refused as error:
            if error.code != UNAVAILABLE:
                raise
            self._counted("unavailable")
            time.sleep(0.01)

    def _send(self, actor: Actor, client: Client, run: list[Sent]) -> None:
        actor.open = run
        if len(run) == 1:
            hashes = [client.call("eth_sendRawTransaction", run[0].raw)]
        else:
            hashes = []
            for answer in client.batch([("eth_sendRawTransaction", [sent.raw]) for sent in run]):
                if "error" in answer:
                    raise Refused(answer["error"])
                hashes.append(answer["result"])
        if hashes != [sent.hash for sent in run]:
            raise Wrong(f"{actor.zone}: {[sent.hash for sent in run]} were answered with {hashes}")
        actor.sent += run
        actor.open = []
        if len(run) == 1 and (receipt := client.call("eth_getTransactionReceipt", run[0].hash)) is not None:
            actor.included[run[0].hash] = (int(receipt["blockNumber"], 16), receipt["blockHash"])

    # ------------------------------------------------------------ the others

    def _look(self, zone: str, client: Client) -> None:
        block = client.call("eth_getBlockByNumber", "latest", False)
        number = int(block["number"], 16)
        if self._may_be_full and not is_writable(client):
            return
        if self._model.facts.blocks[zone].setdefault(number, block["hash"]) != block["hash"]:
            raise Wrong(f"{zone}: block {number} changed without a revert")

    def _read(self, _: int, rng: random.Random) -> None:
        """What a reply to a reader shows was reported, too."""
        with clients(self._urls) as readers:
            while not self._over.is_set():
                zone = rng.choice(list(readers))
                with self._gate.shared():
                    self._look(zone, readers[zone])
                time.sleep(0.002)

    def _direct(self, _: int, rng: random.Random) -> None:
        with clients(self._urls) as directors:
            while not self._over.wait(rng.uniform(0.02, 0.4)):
                with self._gate.alone():
                    self._direct_once(directors, rng)

    def _direct_once(self, directors: dict[str, Client], rng: random.Random) -> None:
        client = next(iter(directors.values()))
        try:
            self._snapshot_or_revert(client, rng)
        except Refused as error:
            if error.code != UNAVAILABLE:
                raise
            self._counted("unavailable")
            # Until it is known what became of it, the others have nothing to go by.
            self._wait_for_space(client)
            self._model.check(directors)

    def _wait_for_space(self, client: Client) -> None:
        while not is_writable(client):
            time.sleep(0.02)
            if self._over.is_set():
                return

    def _snapshot_or_revert(self, client: Client, rng: random.Random) -> None:
        model = self._model
        if model.snapshots and rng.random() < 0.25:
            model.open_revert = rng.choice(list(model.snapshots))
            assert client.call("zero_revert", model.open_revert) is True
            model.reverted(model.open_revert)
            model.open_revert = None
            self._counted("revert")
        else:
            model.taken(client.call("zero_snapshot"))
            self._counted("snapshot")


def new_model(accounts: list[tuple[str, str]], chain_ids: dict[str, int], actors: int) -> Model:
    """`actors` accounts, spread over the zones. `accounts` are (address, private key)."""
    made = []
    zones = list(chain_ids)
    for index in range(actors):
        address, key = accounts[index]
        zone = zones[index % len(zones)]
        made.append(
            Actor(
                zone=zone,
                chain_id=chain_ids[zone],
                key=bytes.fromhex(key[2:]),
                address=bytes.fromhex(address[2:]),  # type: ignore[arg-type]
                payee=f"0x{0xAA0000 + index:040x}",
                minted=f"0x{0xBB0000 + index:040x}",
            )
        )
    return Model(Facts(made, {zone: {} for zone in zones}))
