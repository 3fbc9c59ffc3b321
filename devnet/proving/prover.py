"""The prover of kind `witness`: its proof is the witness itself."""

from __future__ import annotations

from devnet.proving import Proof
from devnet.proving.stateless import check_statement
from devnet.proving.statement import Statement
from devnet.proving.witness import KIND, Witness


class WitnessProver:
    """See `devnet.proving.Prover`."""

    kind = KIND

    def prove(self, statement: Statement, witness: Witness) -> Proof:
        """Raises `Refused` where the statement is not about the witness's blocks. Whether these are right was
        found out when they were recorded."""
        blocks, _ = witness.content()
        check_statement(statement, witness.program, witness.parent, blocks, witness.outbox)
        return Proof(KIND, witness.encode())
