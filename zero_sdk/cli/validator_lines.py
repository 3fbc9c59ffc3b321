"""What happens to a validator, as lines and as JSON."""

from __future__ import annotations

from typing import Any

from devnet.settlement.evidence import Evidence
from devnet.settlement.remote.fetching import Cost
from devnet.settlement.remote.node import Dismissed, Finalized, Voted
from devnet.settlement.remote.process import Attached, Lost
from zero_sdk.cli.output import CYAN, DIM, GREEN, RED, YELLOW, Paint

Shown = Attached | Lost | Voted | Finalized | Dismissed | Evidence


def as_json(shown: Shown, cost: Cost) -> dict[str, Any]:
    """One object a line; `event` says what happened."""
    match shown:
        case Attached(index, count, height, incarnation):
            return {
                "event": "attached",
                "index": index,
                "validators": count,
                "height": height,
                "incarnation": incarnation,
            }
        case Lost(reason):
            return {"event": "lost", "reason": reason}
        case Voted(height, round_, kind, root):
            return {
                "event": "voted",
                "height": height,
                "round": round_,
                "kind": kind.name.lower(),
                "root": None if root is None else f"0x{root.hex()}",
            }
        case Finalized(height, incarnation, root, signers, index, updates):
            return {
                "event": "final",
                "height": height,
                "incarnation": incarnation,
                "root": f"0x{root.hex()}",
                "signers": list(signers),
                "signed": index in signers,
                "updates": updates,
                "fetchedBytes": cost.bytes,
                "fetchingSeconds": round(cost.fetching, 6),
                "judgingSeconds": round(cost.judging, 6),
                "heardBytes": cost.heard,
                "saidBytes": cost.said,
            }
        case Dismissed(height, reason):
            return {"event": "refused", "height": height, "reason": reason}
        case Evidence():
            return {
                "event": "evidence",
                "height": shown.height,
                "validator": shown.validator,
                "evidence": f"0x{shown.encode().hex()}",
            }


def line(shown: Shown, paint: Paint) -> str | None:
    """The same for a person; None for what is not worth a line."""
    match shown:
        case Attached(None, count, height, _):
            return (
                f"{paint(CYAN, 'attached')} at height {height}, not one of the {count} validators yet: the"
                " next epoch takes in who has a stake"
            )
        case Attached(index, count, height, _):
            return f"{paint(CYAN, 'attached')} as validator {index} of {count}, at height {height}"
        case Lost(reason):
            return f"{paint(YELLOW, 'away')}: {reason}; trying again"
        case Voted():
            return None
        case Finalized(height, _, root, signers, index, updates):
            word = "signed by" if index in signers else "without this validator, signed by"
            amount = f"{updates} update{'' if updates == 1 else 's'}"
            return (
                f"{paint(GREEN, 'final')} {height} {paint(DIM, f'0x{root.hex()[:16]}')} {amount}, {word}"
                f" {', '.join(map(str, signers))}"
            )
        case Dismissed(height, reason):
            return f"{paint(RED, 'refused')} {height}: {reason}"
        case Evidence():
            return (
                f"{paint(RED, 'evidence')}: validator {shown.validator} contradicted itself at height"
                f" {shown.height}"
            )
