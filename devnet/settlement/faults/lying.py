"""What a lying producer hands out in the place of an update that is right."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from devnet.availability import Coder
from devnet.availability.column_tree import ColumnTree, leaf_of
from devnet.availability.dispersal import Dispersal, combination_of, encode
from devnet.chain.keccak import keccak256
from devnet.chain.types import Hash32
from devnet.proving import Proof
from devnet.settlement.faults.bits import flip
from devnet.settlement.faults.kinds import Lie
from devnet.settlement.producers import Producers, Turn
from devnet.settlement.producing import Made


def told(made: Made, lie: Lie, turn: Turn, producers: Producers, coder: Coder, random: Random) -> Made:
    """The update with a lie, signed by the producer. An omission changes nothing in it: it is not handed out
    whole."""
    update, package = made.update, made.package
    match lie:
        case Lie.BLOCK:
            root = Hash32(random.randbytes(32))
            update = replace(update, statement=replace(update.statement, post_state_root=root))
        case Lie.CHAIN:
            update = replace(update, previous=Hash32(random.randbytes(32)))
        case Lie.PROOF:
            proof = Proof(package.proof.kind, flip(package.proof.data, random))
            update = replace(update, proof_hash=keccak256(proof.data))
            package = replace(package, proof=proof)
        case Lie.BATCH | Lie.ENCODING:
            if lie is Lie.BATCH:
                batch = flip(package.batch, random)
                dispersal = encode(batch, made.dispersal.header.parameters, coder)
            else:
                dispersal = _with_a_wrong_column(made.dispersal, coder, random)
            statement = replace(update.statement, data_commitment=dispersal.commitment)
            update = replace(update, statement=statement)
            package = replace(
                package,
                header=dispersal.header,
                combination=dispersal.combination,
                batch=dispersal.batch,
            )
            made = replace(made, dispersal=dispersal)
        case Lie.SIGNATURE:
            signature = flip(update.signature[:64], random) + update.signature[64:]
            return replace(made, update=replace(update, signature=signature))
        case Lie.OMISSION:
            return made
    signature = producers.sign(turn, update.signed_hash)
    return replace(made, update=replace(update, signature=signature), package=package)


def _with_a_wrong_column(true: Dispersal, coder: Coder, random: Random) -> Dispersal:
    """The dispersal of a producer who commits to other data in one parity column. All else is done right:
    the root is that of the columns handed out, the combination that of the batch."""
    parameters, size = true.header.parameters, true.header.column_bytes
    place = random.randrange(parameters.columns - parameters.data_columns)
    start = place * size
    wrong = flip(true.parity[start : start + size], random)
    parity = true.parity[:start] + wrong + true.parity[start + size :]
    leaves = list(true.tree.levels[0][: parameters.columns])
    leaves[parameters.data_columns + place] = leaf_of(wrong)
    tree = ColumnTree.over(b"".join(leaves))
    header = replace(true.header, columns_root=tree.root)
    return Dispersal(header, combination_of(header, true.batch, coder), true.batch, parity, tree)
