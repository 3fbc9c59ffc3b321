"""What all simulated validators know without asking: keys, stakes, and which set signs which height."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from devnet.chain.keccak import keccak256
from devnet.chain.types import Hash32
from devnet.chain.validator_set import Validator, ValidatorSet
from devnet.settlement.block import SettlementBlock
from devnet.settlement.consensus.messages import Decision
from devnet.settlement.consensus.setting import Height
from devnet.settlement.proposal import Candidate
from devnet.settlement.signatures import SignatureScheme
from devnet.settlement.votes import SigningDomain

EPOCH = 3
"""Heights after which the stakes change."""

GENESIS = Hash32(b"\x0e" * 32)
DOMAIN = SigningDomain(GENESIS, 0)


@dataclass(frozen=True, slots=True)
class Chain:
    """The validators of a run. Validator i is peer i in every set; who sits an epoch out has no stake."""

    scheme: SignatureScheme
    secrets: tuple[bytes, ...]
    byzantine: frozenset[int]
    epochs: tuple[ValidatorSet, ...]
    """By epoch, and again from the first when they are used up."""
    decisions: dict[int, Decision] = field(default_factory=dict)
    """What the first to decide decided, by height: what the byzantine hear of without delay."""

    def validators(self, height: int) -> ValidatorSet:
        return self.epochs[height // EPOCH % len(self.epochs)]

    def setting(self, height: int, parent: Decision | None) -> Height:
        """What `Consensus.begin` is told for this height."""
        block = None if parent is None else parent.candidate.block
        return Height(
            DOMAIN,
            height,
            GENESIS if block is None else block.root,
            0 if block is None else block.slot,
            self.validators(height),
        )

    def candidate(self, setting: Height, proposer: int, payload: bytes, slots: int = 1) -> Candidate:
        """A block that follows, with this payload."""
        slot = setting.parent_slot + slots
        following = self.validators(setting.height + 1).root
        block = SettlementBlock(
            setting.height,
            setting.parent_root,
            slot,
            setting.domain.incarnation,
            proposer,
            keccak256(payload),
            following,
        )
        return Candidate(block, payload)


def draw_chain(random: Random, scheme: SignatureScheme, count: int, tight: bool) -> Chain:
    """Validators of whom less than a third of the stake is byzantine; with `tight`, exactly a third."""
    secrets = tuple(scheme.make_secret(random.randbytes(32)) for _ in range(count))
    keys = [scheme.public_key(secret) for secret in secrets]
    most = (count - 1) // 3
    fewest = random.choice((0, 1, most)) if not tight else 1
    byzantine = frozenset(random.sample(range(count), random.randint(fewest, most)))
    epochs: list[ValidatorSet] = []
    while len(epochs) < 3:
        stakes = [random.choice((1, 1, 2, 3, 5)) * 10 for _ in range(count)]
        honest = [index for index in range(count) if index not in byzantine]
        if random.random() < 0.3 and len(honest) > 3:
            stakes[random.choice(honest)] = 0
        held = sum(stakes[index] for index in honest)
        # Less than a third of all is less than half of what the honest hold.
        room = held // 2 if tight else (held - 1) // 2
        if byzantine and (tight or random.random() < 0.7):
            share, rest = divmod(room, len(byzantine))
            for place, index in enumerate(sorted(byzantine)):
                stakes[index] = share + (rest if place == 0 else 0)
        if sum(stakes[index] for index in byzantine) > room or (tight and held % 2):
            continue
        members = zip(keys, stakes, strict=True)
        epochs.append(ValidatorSet(tuple(Validator(key, stake) for key, stake in members)))
    return Chain(scheme, secrets, byzantine, tuple(epochs))
