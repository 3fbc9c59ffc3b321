"""A full disk under load: writes are refused with the reason, reads go on, nothing reported is lost."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.crash.interference import Interference
from tests.crash.node import Node, Zygote
from tests.crash.rounds import Lives
from tests.crash.test_kill import options_of
from zero_sdk.errors import Problem


def full_at_calls(zygote: Zygote, folder: Path, seed: int, lives: int) -> None:
    folder_lives = Lives(zygote, folder, seed, options_of(seed))
    folder_lives.end()
    for _ in range(lives):
        # What comes before the load may not fail: whether a start finds space is another test's question.
        start = 250 + round(600 ** folder_lives.rng.random())
        # While the disk is full hardly anything but a request's first write is tried.
        length = round(60 ** folder_lives.rng.random())
        part_is_written = folder_lives.rng.random() < 0.5
        folder_lives.full_disk(
            Interference(full_from=start, full_to=start + length, part_is_written=part_is_written)
        )
    folder_lives.end()
    print(f"seed {seed}: {folder_lives.counts}")
    assert folder_lives.counts["unavailable"] > 0


@pytest.mark.parametrize("seed", range(1))
def test_full_at_random_calls(zygote: Zygote, tmp_path: Path, seed: int) -> None:
    full_at_calls(zygote, tmp_path, seed, 3)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(300, 312))
def test_full_at_random_calls_many_times(zygote: Zygote, tmp_path: Path, seed: int) -> None:
    full_at_calls(zygote, tmp_path, seed, 10)


def test_a_start_on_a_full_disk_says_so_and_a_later_one_works(zygote: Zygote, tmp_path: Path) -> None:
    data = tmp_path / "data"
    for first in (1, 3, 10):
        node = Node(zygote, tmp_path, data, interference=Interference(full_from=first))
        assert (node.is_ready, node.code) == (False, 1)
        assert f"[{Problem.FOLDER_FULL.code}]" in node.errors
    lives = Lives(zygote, tmp_path, 3)
    lives.end()


@pytest.mark.skipif(sys.platform != "linux", reason="limits of another process are set as Linux does it")
def test_a_limit_of_file_sizes(zygote: Zygote, tmp_path: Path) -> None:
    def lift(node: Node) -> None:
        _, hard = resource.prlimit(node.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(node.pid, resource.RLIMIT_FSIZE, (hard, hard))

    lives = Lives(zygote, tmp_path, 1)
    # The first start writes the code of genesis' contracts, more than any limit that a short life reaches.
    lives.end()
    for limit in (40_000, 50_000):
        lives.full_disk(Interference(file_size_limit=limit), lift=lift)
    lives.end()
    assert lives.counts["unavailable"] > 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except OSError as error:
        pytest.skip(f"there is no mount: {error}")
    if done.returncode:
        pytest.skip(f"mounting is not allowed: {done.stderr.decode()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_disk_that_is_really_full(zygote: Zygote, tmp_path: Path, small_disk: Path) -> None:
    ballast = small_disk / "ballast"

    def fill() -> None:
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(bytes(4096)) == 4096:
                pass

    lives = Lives(zygote, tmp_path, 2)
    lives.data_dir = small_disk / "data"
    for _ in range(2):
        lives.full_disk(fill=fill, lift=lambda _: ballast.unlink())
    lives.end()
    assert lives.counts["unavailable"] > 0
