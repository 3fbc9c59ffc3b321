"""A real `zero deploy`, killed at random moments while answers get lost: in the end everything has happened
once."""

from __future__ import annotations

import random
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.cli.devnet_process import Devnet
from tests.cli.process import PATIENCE, environment
from tests.deploy.chains import transactions
from tests.deploy.gateway import Gateway
from zero_sdk import Account
from zero_sdk.deploy.listing import deployments
from zero_sdk.project import Project

STEPS = 6
SCRIPT = """def main(network):
    for zone in network:
        token = zone.deploy("Token", 1_000)
        vault = zone.deploy("Vault", token)
        token.give(vault, 10)
        zone.deploy("Token", SALT, salt=1)
        vault.open()
        zone.deploy("Token", 2)
"""
TOML = """[networks.net.zones.alpha]
url = "ALPHA"
[networks.net.zones.beta]
url = "BETA"
[accounts]
mine = { env = "MY_KEY" }
"""


@dataclass
class Killer:
    """Kills the process that runs: when the node has not got a request yet, which reaches it some time later,
    or when the node has answered; and loses answers."""

    chance: random.Random
    mean: float
    """Requests between two evils."""
    process: subprocess.Popen[bytes] | None = None
    evils: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def before(self, method: str) -> None:
        """The node has not got the request yet."""
        if self._strikes(3) and self._kill("killed, the request came late"):
            time.sleep(self._random() * 3)

    def after(self, method: str) -> bool:
        """The node has done it; whether the answer gets lost."""
        if self._strikes(3):
            return self._kill("killed after the answer")
        if self._strikes(3):
            with self._lock:
                self.evils["answer lost"] += 1
            return True
        return False

    @property
    def kills(self) -> int:
        return sum(count for evil, count in self.evils.items() if evil.startswith("killed"))

    def _random(self) -> float:
        with self._lock:
            return self.chance.random()

    def _strikes(self, kinds: int) -> bool:
        return self._random() < 1 / (self.mean * kinds)

    def _kill(self, evil: str) -> bool:
        process = self.process
        if process is None or process.poll() is not None:
            return False
        process.send_signal(signal.SIGKILL)
        with self._lock:
            self.evils[evil] += 1
        return True


@pytest.fixture
def devnet(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Devnet]:
    mining = {"at once": (), "every second": ("--block-time", "1")}[request.param]
    with Devnet("--zones", "alpha,beta", *mining, folder=tmp_path) as running:
        yield running


@pytest.mark.parametrize(
    ("devnet", "is_held", "lives"),
    [
        pytest.param("at once", True, 6, id="blocks at once, held by the node"),
        pytest.param("every second", False, 3, id="blocks every second, signed here"),
        *(
            pytest.param(blocks, is_held, 75, id=f"blocks {blocks}, {signed}, many", marks=pytest.mark.full)
            for blocks in ("at once", "every second")
            for is_held, signed in ((False, "signed here"), (True, "held by the node"))
        ),
    ],
    indirect=["devnet"],
)
def test_whenever_it_is_killed_everything_happens_once(
    devnet: Devnet, compiled: Path, tmp_path: Path, is_held: bool, lives: int
) -> None:
    """`lives` is how many runs get killed at least, over as many deployments as that takes."""
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    killer = Killer(random.Random(seed), mean=20)
    nodes = {zone: devnet.zone(zone)["url"] for zone in ("alpha", "beta")}
    with (
        Gateway(nodes["alpha"], killer.after, before=killer.before, is_public=not is_held) as alpha,
        Gateway(
            nodes["beta"],
            killer.after,
            before=killer.before,
            is_public=not is_held,
            refuses=("eth_getTransactionBySenderAndNonce",),
        ) as beta,
    ):
        toml = TOML.replace("ALPHA", alpha.url).replace("BETA", beta.url)
        number = 0
        while killer.kills < lives:
            number += 1
            one_deployment(devnet, compiled, tmp_path / str(number), toml, killer, number, is_held)
    print(f"{number} deployments, {dict(killer.evils)}")
    assert killer.kills >= lives


def one_deployment(
    devnet: Devnet, compiled: Path, root: Path, toml: str, killer: Killer, number: int, is_held: bool
) -> None:
    """With an account of its own, run until it is done; then the chain is looked at."""
    shutil.copytree(compiled, root, symlinks=True)
    (root / "scripts").mkdir()
    (root / "zero.toml").write_text(toml, encoding="utf-8")
    salt = secrets.randbits(64)
    (root / "scripts" / "deploy.py").write_text(SCRIPT.replace("SALT", str(salt)), encoding="utf-8")
    key = secrets.token_bytes(32)
    account = Account.from_key(key)
    for zone in ("alpha", "beta"):
        devnet.call("anvil_setBalance", account.address, hex(10**20), zone=zone)
        if is_held:
            devnet.call("anvil_impersonateAccount", account.address, zone=zone)
    if is_held:
        toml = toml.replace('env = "MY_KEY"', f'address = "{account.address}"')
        (root / "zero.toml").write_text(toml, encoding="utf-8")
    run_until_done(root, key, killer)
    for zone in ("alpha", "beta"):
        done = transactions(devnet.zone(zone)["url"], account.address)
        assert len({entry["input"] for entry in done}) == len(done) == STEPS
        created = [entry for entry in done if entry["to"] is None]
        assert len(created) == 3
    for deployment in deployments(Project.open(root)):
        assert (len(deployment.done), deployment.open) == (STEPS, ())
        for step in deployment.done:
            if step.address is not None:
                code = devnet.call("eth_getCode", step.address, "latest", zone=deployment.head.zone)
                assert len(code) > 100


def run_until_done(root: Path, key: bytes, killer: Killer) -> None:
    """A run that ends by itself ends well, or because an answer was lost: nothing else may go wrong."""
    command = [sys.executable, "-m", "zero_sdk", "deploy", "--network", "net", "--account", "mine"]
    for _ in range(200):
        killer.process = subprocess.Popen(
            command,
            cwd=root,
            env=environment({"MY_KEY": key.hex()}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        _, said = killer.process.communicate(timeout=PATIENCE)
        code = killer.process.returncode
        if code == 0:
            return
        assert code == -signal.SIGKILL or b"no node answers" in said, said.decode()
    raise AssertionError("it never came to an end")
