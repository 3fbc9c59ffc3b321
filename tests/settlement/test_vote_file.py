"""A validator's own votes on disk: what it said last is there after any end, and nothing is taken for it."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devnet.chain.types import Hash32
from devnet.persistence.errors import Flaw, FolderError, WriteFailed
from devnet.settlement.consensus.judging import ACCEPTED
from devnet.settlement.consensus.memory import Memory
from devnet.settlement.consensus.messages import Message
from devnet.settlement.consensus.wire import decode_message
from devnet.settlement.judging import ValidatorJudge
from devnet.settlement.proposal import Candidate, Proposal, decode_candidate
from devnet.settlement.remote.node import ValidatorNode
from devnet.settlement.remote.notices import HeightNotice
from devnet.settlement.remote.vote_file import NAME, VoteFile, Votes
from devnet.settlement.rotation import leader_of
from devnet.settlement.votes import Vote
from tests.settlement.elsewhere import Elsewhere, Outlet, following, secret_of
from tests.settlement.networks import SCHEME, network, pay

KEY = b"\x0a" * 48
_SMALL = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@cache
def notices(count: int) -> tuple[HeightNotice, ...]:
    """Height 1 as `count` lives of one network would tell it to its leader, each with another candidate."""
    found = []
    for amount in range(1, count + 1):
        net = network()
        validators = net.settlement.validators
        outlet = Outlet()
        net.hub.seats.attach(validators.validators[leader_of(validators, 1, 0)].public_key, outlet)
        pay(net, "alpha", amount)
        net.settle()
        notice = outlet.notices.get_nowait()
        assert isinstance(notice, HeightNotice)
        found.append(notice)
    return tuple(found)


class Said(Exception):
    """What a process that is killed there did not say any more."""


class Recorder(Elsewhere):
    """A node driven by hand: what it sends is recorded, and it accepts everything at once."""

    def __init__(self, votes: Votes, most: int | None = None) -> None:
        net = network()
        self.messages: list[Message] = []
        self.looks: list[tuple[ValidatorJudge, Candidate]] = []
        self.most = most
        index = leader_of(net.settlement.validators, 1, 0)
        self.happened = []
        self.node = ValidatorNode(following(net), SCHEME, secret_of(net, index), votes, self)

    def send(self, to: int | None, data: bytes) -> None:
        message = decode_message(data)
        if isinstance(message, Vote | Proposal):
            if self.most is not None and len(self.messages) == self.most:
                raise Said
            self.messages.append(message)

    def ready(self, incarnation: int, height: int, words: str) -> None:
        pass

    def after(self, milliseconds: int, timer: object) -> None:
        pass

    def look(self, judge: ValidatorJudge, candidate: Candidate) -> None:
        self.looks.append((judge, candidate))

    def lead(self, notice: HeightNotice) -> None:
        """It is told the height, finds nothing wrong with the candidate, proposes it and votes for it."""
        self.node.height(notice)
        for judge, candidate in self.looks:
            self.node.looked(judge, candidate, ACCEPTED)


def some_memory(count: int = 1) -> Memory:
    class Kept:
        memory: Memory | None = None

        def load(self) -> Memory | None:
            return None

        def keep(self, memory: Memory) -> None:
            self.memory = memory

    kept = Kept()
    Recorder(kept).lead(notices(count)[count - 1])
    assert kept.memory is not None
    return kept.memory


def test_what_was_kept_is_there_again(tmp_path: Path) -> None:
    file = VoteFile(tmp_path / "new", KEY)
    assert file.load() is None
    for count in (1, 2):
        memory = some_memory(count)
        file.keep(memory)
        assert file.load() == memory
    assert file.path.stat().st_mode & 0o077 == 0
    file.close()
    again = VoteFile(tmp_path / "new", KEY)
    assert again.load() == memory
    again.close()


@_SMALL
@given(st.data())
def test_a_file_that_was_cut_short_or_changed_is_never_taken_for_no_votes(
    tmp_path: Path, data: st.DataObject
) -> None:
    file = VoteFile(tmp_path, KEY)
    try:
        file.keep(some_memory())
        content = file.path.read_bytes()
        if data.draw(st.booleans()):
            changed = content[: data.draw(st.integers(0, len(content) - 1))]
        else:
            place = data.draw(st.integers(0, len(content) - 1))
            flipped = content[place] ^ data.draw(st.integers(1, 255))
            changed = content[:place] + bytes([flipped]) + content[place + 1 :]
        file.path.write_bytes(changed)
        with pytest.raises(FolderError) as error:
            file.load()
        assert error.value.flaw is Flaw.DAMAGED
        assert str(file.path) in str(error.value)
    finally:
        file.close()


def test_votes_of_another_key_are_refused(tmp_path: Path) -> None:
    file = VoteFile(tmp_path, KEY)
    file.keep(some_memory())
    file.close()
    other = VoteFile(tmp_path, b"\x0b" * 48)
    with pytest.raises(FolderError) as error:
        other.load()
    assert error.value.flaw is Flaw.OTHER_NETWORK
    other.close()


def test_one_process_at_a_time(tmp_path: Path) -> None:
    file = VoteFile(tmp_path, KEY)
    code = (
        "import sys; from pathlib import Path; from devnet.settlement.remote.vote_file import VoteFile;"
        "from devnet.persistence.errors import FolderError\n"
        "try: VoteFile(Path(sys.argv[1]), b'k' * 48)\n"
        "except FolderError as error: sys.exit(error.flaw.name)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.strip()) == (1, "IN_USE")
    file.close()


def test_a_vote_that_cannot_be_kept_is_not_sent(tmp_path: Path) -> None:
    class Full(VoteFile):
        def keep(self, memory: Memory) -> None:
            raise WriteFailed(self.path, OSError(28, os.strerror(28)))

    file = Full(tmp_path, KEY)
    recorder = Recorder(file)
    with pytest.raises(WriteFailed):
        recorder.lead(notices(1)[0])
    assert not recorder.messages
    file.close()


@pytest.mark.parametrize("killed_after", [0, 1, 2])
def test_who_is_killed_between_keeping_and_sending_says_the_same_again(
    tmp_path: Path, killed_after: int
) -> None:
    """The network offers something else after the restart; a validator that had forgotten would propose and
    vote for that."""
    first_life, second_life = notices(2)
    assert first_life.candidate != second_life.candidate
    key = SCHEME.public_key(secret_of(network(), 0))
    file = VoteFile(tmp_path, key)
    before = Recorder(file, most=killed_after)
    with suppress(Said):
        before.lead(first_life)
    file.close()
    assert (tmp_path / NAME).exists()
    after = Recorder(file := VoteFile(tmp_path, key))
    after.lead(second_life)
    file.close()
    said = [_statement(message) for message in before.messages]
    assert len(said) == killed_after
    again = [_statement(message) for message in after.messages]
    assert [root for _, root in again] == [decode_candidate(first_life.candidate).block.root] * 2
    assert dict(said).items() <= dict(again).items()


def _statement(message: Message) -> tuple[tuple[object, ...], Hash32]:
    """In which role it speaks, and for what."""
    if isinstance(message, Proposal):
        return ("proposal", message.heading.round), message.heading.choice.root
    assert isinstance(message, Vote)
    return (message.kind, message.round), message.choice.root
