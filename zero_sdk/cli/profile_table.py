"""A block's schedule as text."""

from __future__ import annotations

from typing import Any

from zero_sdk.cli.counting import counted

ROWS = 10
"""Keys in conflict that the table names."""


def describe(profile: dict[str, Any]) -> str:
    """What `zero profile` prints of one block."""
    count = len(profile["transactions"])
    head = (
        f"Block {int(profile['number'], 16)}: {counted(count, 'transaction')}, {_gas(profile['gasUsed'])} gas"
    )
    if not count:
        return head
    alone, strayed = len(profile["serial"]), len(profile["discarded"])
    path = profile["criticalPath"]
    rows = {
        "frames": f"{len(profile['frames'])}, {profile['width']:.1f} wide on average, "
        f"{profile['widest']} at most",
        "run again": f"{alone} alone; {strayed} left what was predicted" if alone else "none",
        "critical path": f"{counted(len(path['transactions']), 'transaction')}, "
        f"{_share(path['gasUsed'], profile['gasUsed'])} of the gas",
        "speed-up": "  ".join(
            f"{factor:.2f}× on {cores}" for cores, factor in profile["speedUp"].items() if cores != "1"
        )
        + " cores",
        "measured": _measured(profile["measured"]),
    }
    lines = [head, *(f"  {name:<15}{told}" for name, told in rows.items())]
    if profile["transaction"] is not None:
        lines += _one(profile, profile["transaction"])
    lines += _conflicts(profile)
    return "\n".join(lines)


def place_of(conflict: dict[str, Any]) -> str:
    """The key in conflict, named as well as it is known."""
    name = conflict["label"] or conflict["contract"]
    account = name or conflict["address"]
    if conflict["slot"] is None:
        return f"{account} (account)"
    if conflict["variable"] is not None:
        return f"{account}.{conflict['variable']}"
    slot = int(conflict["slot"], 16)
    return f"{account} slot {slot if slot < 10**6 else conflict['slot'][:14] + '…'}"


def _conflicts(profile: dict[str, Any]) -> list[str]:
    if not profile["conflicts"]:
        return ["  no two transactions touch the same key"]
    rows = [("waiting at", "transactions", "writers", "gas")]
    rows += [
        (
            place_of(entry),
            str(len(entry["transactions"])),
            str(entry["writers"]),
            _share(entry["gasUsed"], profile["gasUsed"]),
        )
        for entry in profile["conflicts"][:ROWS]
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        f"  {row[0]:<{widths[0]}}  " + "  ".join(f"{row[column]:>{widths[column]}}" for column in (1, 2, 3))
        for row in rows
    ]
    more = profile["conflictCount"] - len(rows) + 1
    return ["", *lines, *([f"  and {counted(more, 'key')} more"] if more else [])]


def _one(profile: dict[str, Any], index: int) -> list[str]:
    entry = profile["transactions"][index]
    shared = [place_of(key) for key in profile["conflicts"] if index in key["transactions"]]
    after = "starts at once" if entry["after"] < 0 else f"starts after {entry['after'] + 1} of the block"
    fate = "left what was predicted" if index in profile["discarded"] else "touched what was predicted"
    return [
        f"  transaction    {entry['hash']}: number {index}, frame {entry['frame']}, {after}, {fate}",
        f"                 shares {', '.join(shared) if shared else 'no key that others write'}",
    ]


def _measured(measured: dict[str, Any] | None) -> str:
    if measured is None:
        return "not: this network's engine has one thread"
    return (
        f"{measured['speedUp']:.2f}× on {counted(measured['threads'], 'thread')} "
        f"({measured['serialSeconds'] * 1e3:.1f} ms → {measured['parallelSeconds'] * 1e3:.1f} ms), "
        f"predicted {measured['predicted']:.2f}×"
    )


def _gas(quantity: str) -> str:
    return f"{int(quantity, 16):,}"


def _share(part: str, whole: str) -> str:
    return f"{100 * int(part, 16) / max(int(whole, 16), 1):.0f} %"
