"""A folder over many lives: start, compare with what was reported, load, death, `zero data check`, again."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.crash.interference import Interference
from tests.crash.load import Load, is_writable, new_model
from tests.crash.model import Wrong
from tests.crash.node import Node, Zygote
from tests.crash.rpc import Gone, clients
from zero_sdk.cli.devnet.keys import keys_of
from zero_sdk.cli.devnet.settings import DEFAULT_MNEMONIC

CHAIN_IDS = {"alpha": 7_700_001, "beta": 7_700_002}
ACTORS = 4


class Lives:
    """One folder. `counts` has the replies of all lives by what was asked for, and how the lives ended. Each
    life takes the next of the engines, if any are named."""

    def __init__(
        self,
        zygote: Zygote,
        folder: Path,
        seed: int,
        options: Sequence[str] = (),
        engines: Sequence[str] = (),
    ) -> None:
        self._zygote = zygote
        self._folder = folder
        self._seed = seed
        self._options = options
        self._engines = engines
        self._life = 0
        self.data_dir = folder / "data"
        self.rng = random.Random(seed)
        self.counts: dict[str, int] = {}
        keys = keys_of(DEFAULT_MNEMONIC, ACTORS, "m/44'/60'/0'/0/").accounts
        self._model = new_model([(key.address, key.private_key) for key in keys], CHAIN_IDS, ACTORS)

    # ------------------------------------------------------------ one life

    def start(self, interference: Interference | None = None) -> Node | None:
        """A process that goes on with the folder and was compared with the model; None where it was killed
        before it was ready."""
        self._life += 1
        engine = self._engines[self._life % len(self._engines)] if self._engines else ""
        options = [*self._options, *(("--engine", engine) if engine else ())]
        node = Node(self._zygote, self._folder, self.data_dir, options, interference)
        if node.is_ready and engine and node.description["engine"] != engine:
            raise Wrong(f"{self}: it runs on {node.description['engine']}, not on {engine}")
        if not node.is_ready:
            if node.code != -9:
                raise Wrong(f"{self}: it does not start and ends with {node.code}: {node.errors}")
            self._count("killed at the start")
            return None
        try:
            self.compare(node)
        except Wrong as error:
            node.kill()
            raise Wrong(f"{self}: {error}") from error
        except Gone as error:
            if node.ended() != -9 or interference is None:
                raise Wrong(f"{self}: it ends with {node.code} by itself: {node.errors}") from error
            self._count("killed at the start")
            return None
        return node

    def compare(self, node: Node) -> None:
        """The model against what the process answers. Raises Wrong."""
        with clients({zone: node.urls[zone] for zone in CHAIN_IDS}) as asking:
            self._model.check(asking)

    def load(self, node: Node, *, may_be_full: bool = False) -> Load:
        """Load that goes on until the process is gone, or it is told to stop."""
        urls = {zone: node.urls[zone] for zone in CHAIN_IDS}
        seed = self._seed * 1_000 + self._life
        is_automine = not {"--block-time", "--no-mining"} & {*self._options}
        load = Load(self._model, urls, seed, is_automine=is_automine, may_be_full=may_be_full)
        load.start()
        return load

    def finish(self, node: Node, load: Load) -> None:
        """After the process's death: nobody saw anything wrong. The next start compares; at times `zero data
        check` looks before it."""
        load.join()
        for what, count in load.counts.items():
            self._count(what, count)
        self._count("lives")
        if load.faults:
            raise Wrong(f"{self}: {load.faults}; {node.errors}")
        if "Traceback" in node.errors:
            raise Wrong(f"{self}: {node.errors}")
        if self.rng.random() < 0.4:
            self.examine()

    def examine(self) -> dict[str, Any]:
        """What `zero data check` finds: nothing."""
        ended = self._zygote.zero("data", "check", str(self.data_dir), "--json", folder=self._folder)
        if ended.code != 0:
            raise Wrong(f"{self}: zero data check ends with {ended.code}: {ended.out}{ended.err}")
        return dict(json.loads(ended.out))

    def end(self) -> None:
        """One more start, compared, and a clean end."""
        node = self.start()
        assert node is not None
        code = node.stop()
        if code != 0 or node.errors:
            raise Wrong(f"{self}: told to end, it ends with {code}: {node.errors}")
        self.examine()

    # ------------------------------------------------------------ kinds of lives

    def kill_at_a_random_moment(self) -> None:
        """kill -9 from outside, under load."""
        node = self.start()
        assert node is not None
        load = self.load(node)
        # By replies and not by time, because machines differ and are busy.
        load.wait_for_replies(round(200 ** self.rng.random()), 4.0)
        time.sleep(self.rng.uniform(0, 0.01))
        node.kill()
        self.finish(node, load)

    def kill_at_a_random_call(self, calls: int) -> None:
        """kill -9 before, in or after one of the first `calls` calls that write to the folder."""
        interference = Interference(
            kill_at=round(calls ** self.rng.random()),
            when=self.rng.choice(("before", "middle", "after")),
            linger=self.rng.choice((0.0, 0.0, 0.03)),
        )
        node = self.start(interference)
        if node is None:
            self._count("lives")
            if (self.data_dir / "manifest.json").exists():
                self.examine()
            return
        load = self.load(node)
        if node.ended(3.0) is None:
            self._count("calls not reached")
        node.kill()
        self.finish(node, load)

    def full_disk(
        self,
        interference: Interference | None = None,
        fill: Callable[[], object] | None = None,
        lift: Callable[[Node], object] | None = None,
    ) -> None:
        """The disk fills up under load, by itself or by `fill`; it has space again, by itself or by `lift`;
        then kill -9."""
        node = self.start(interference)
        assert node is not None
        if fill is not None:
            fill()
        load = self.load(node, may_be_full=True)
        load.wait_for_replies(self.rng.randrange(50, 300), 5.0)
        if lift is not None:
            lift(node)
        load.stop()
        with clients({"alpha": node.urls["alpha"]}) as asking:
            deadline = time.monotonic() + 60
            while not is_writable(asking["alpha"]):
                assert time.monotonic() < deadline, f"{self}: it does not write again: {node.errors}"
                time.sleep(0.01)
        if load.faults:
            raise Wrong(f"{self}: {load.faults}; {node.errors}")
        self.compare(node)
        again = self.load(node, may_be_full=True)
        again.wait_for_replies(self.rng.randrange(50), 5.0)
        node.kill()
        for what, count in load.counts.items():
            self._count(what, count)
        self.finish(node, again)

    def _count(self, what: str, count: int = 1) -> None:
        self.counts[what] = self.counts.get(what, 0) + count

    def __str__(self) -> str:
        return f"seed {self._seed}, life {self._life} of {self.data_dir}, options {' '.join(self._options)}"
