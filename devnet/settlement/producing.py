"""What a zone's producer does for settlement: cuts its blocks into updates, disperses, proves, signs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from devnet.availability import Coder
from devnet.availability.columns import Column
from devnet.availability.dispersal import Dispersal, encode
from devnet.availability.parameters import Parameters
from devnet.chain.types import Hash32
from devnet.proving import Prover
from devnet.proving.program import Program
from devnet.proving.statement import build_statement
from devnet.proving.witness import Witness
from devnet.settlement.acceptance import Package
from devnet.settlement.block import MOST_UPDATES, ZoneUpdate
from devnet.settlement.producers import Producers


@dataclass(frozen=True, slots=True)
class Span:
    """The blocks of one update, by number."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Made:
    """An update with what its producer hands out beside it."""

    update: ZoneUpdate
    package: Package
    dispersal: Dispersal

    def columns(self, held: range) -> Sequence[Column]:
        """Those of one validator."""
        return self.dispersal.columns(held)


def cut(settled: int, newest: int, blocks: int) -> tuple[Span, ...]:
    """The updates that the blocks after `settled` become: `blocks` blocks each at most, and at most as many
    updates as a settlement block takes of one zone; what is more waits for the next."""
    spans: list[Span] = []
    first = settled + 1
    while first <= newest and len(spans) < MOST_UPDATES:
        last = min(first + blocks - 1, newest)
        spans.append(Span(first, last))
        first = last + 1
    return tuple(spans)


class UpdateMaker:
    """Makes updates of zones, whoever's turn it is."""

    def __init__(self, producers: Producers, prover: Prover, coder: Coder) -> None:
        self._producers = producers
        self._prover = prover
        self._coder = coder

    def make(
        self,
        program: Program,
        witnesses: Sequence[Witness],
        slot: int,
        previous: Hash32,
        parameters: Parameters,
        inbox_index: int = 0,
    ) -> tuple[Made, ...]:
        """The updates of these witnesses' blocks, each after the other, the first after the update with the
        hash `previous`, dispersed with these parameters. `inbox_index` is how much of the zone's inbox was
        consumed before."""
        made: list[Made] = []
        for witness in witnesses:
            made.append(self._make(program, witness, slot, previous, parameters, inbox_index))
            update = made[-1].update
            previous, inbox_index = update.signed_hash, update.statement.post_inbox_index
        return tuple(made)

    def _make(
        self,
        program: Program,
        witness: Witness,
        slot: int,
        previous: Hash32,
        parameters: Parameters,
        inbox_index: int,
    ) -> Made:
        blocks, _ = witness.content()
        dispersal = encode(witness.batch, parameters, self._coder)
        statement = build_statement(
            program, witness.parent, blocks, dispersal.commitment, inbox_index, witness.outbox
        )
        proof = self._prover.prove(statement, witness)
        turn = self._producers.turn(program.zone, slot)
        unsigned = ZoneUpdate(
            statement,
            slot,
            previous,
            proof.kind,
            proof.hash,
            self._producers.address(turn),
            b"",
        )
        update = unsigned.signed(self._producers.sign(turn, unsigned.signed_hash))
        package = Package(dispersal.header, dispersal.combination, witness.batch, proof)
        return Made(update, package, dispersal)
