"""What `zero data info` says."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from zero_sdk.cli.counting import blocks_in_words, counted

if TYPE_CHECKING:
    from devnet.maintenance.measuring import Described


def size(count: int) -> str:
    """Bytes as people read them: `12.3 MB`."""
    amount = float(count)
    for unit in ("bytes", "kB", "MB"):
        if amount < 1000:
            return f"{amount:,.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"


def utc(seconds: int) -> str:
    """A moment in seconds since 1970 as people read it, where the calendar has it."""
    try:
        moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    except (OverflowError, ValueError, OSError):
        return f"second {seconds}"
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def described_as_json(described: Described) -> dict[str, Any]:
    """Everything; the mnemonic is left to the manifest."""
    config = described.config
    return {
        "folder": str(described.path),
        "format": described.format,
        "configHash": f"0x{described.config_hash.hex()}",
        "config": {
            "zones": list(config.zones),
            "chainId": config.chain_id,
            "hardfork": config.fork.name.lower(),
            "genesisTime": config.genesis_time,
            "accounts": config.accounts,
            "balance": str(config.balance),
            "gasLimit": config.gas_limit,
        },
        "closedCleanly": not described.left_by,
        "zones": [
            {
                "name": zone.name,
                "chainId": zone.chain_id,
                "number": zone.number,
                "hash": f"0x{zone.hash.hex()}",
                "oldest": zone.oldest,
                "durable": zone.durable,
                "pending": zone.pending,
                "queued": zone.queued,
            }
            for zone in described.zones
        ],
        "snapshots": [
            {
                "id": hex(snapshot.taken.identifier),
                "name": snapshot.taken.name,
                "takenAt": snapshot.taken.taken_at,
            }
            for snapshot in described.snapshots
        ],
        "bytes": {**described.sizes, "all": sum(described.sizes.values())},
    }


def described_in_words(described: Described) -> Iterator[str]:
    """The same in lines."""
    config = described.config
    yield f"{described.path}: format {described.format}, network 0x{described.config_hash.hex()[:16]}…"
    yield (
        f"hard fork {config.fork.name.lower()}, genesis at {utc(config.genesis_time)}, "
        f"{counted(config.accounts, 'account')}, gas limit {config.gas_limit:,}"
    )
    if described.left_by:
        yield f"process {described.left_by} was killed in it: the next start removes what nobody was told of"
    else:
        yield "closed cleanly"
    for zone in described.zones:
        durable = "none" if zone.durable is None else f"up to {zone.durable:,}"
        pool = f"{zone.pending:,} pending and {zone.queued:,} queued transactions"
        yield (
            f"{zone.name}: chain id {zone.chain_id}, {blocks_in_words(zone.oldest, zone.number)}, "
            f"safe from a power cut: {durable}; {pool}"
        )
    for snapshot in described.snapshots:
        name = "" if snapshot.taken.name is None else f" {snapshot.taken.name}"
        yield f"snapshot {snapshot.taken.identifier:#x}{name}, taken at {utc(snapshot.taken.taken_at)}"
    parts = ", ".join(f"{kind} {size(count)}" for kind, count in described.sizes.items())
    yield f"{size(sum(described.sizes.values()))}: {parts}"
