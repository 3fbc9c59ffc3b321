"""What a network promises whatever its validators, producers and messages do, and whether it kept it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise, judged."""

    text: str
    broken: tuple[str, ...]
    """What was seen against it; empty where it was kept."""
    seen: str
    """How much there was to see."""

    @property
    def is_kept(self) -> bool:
        return not self.broken


@dataclass(slots=True)
class Seen:
    """What was seen of a network from the outside, in the order of time."""

    roots: dict[int, str] = field(default_factory=dict)
    """Of settlement blocks, by height, as they were seen first."""
    tags: dict[tuple[str, str], int] = field(default_factory=dict)
    """The newest block of `safe` and `finalized`, by zone and tag."""
    acknowledged: dict[str, str] = field(default_factory=dict)
    """Zones of transactions that the network answered for, by hash."""
    equivocators: set[int] = field(default_factory=set)
    """Validators that were made to sign two things."""
    looks: int = 0
    forks: list[str] = field(default_factory=list)
    weak: list[str] = field(default_factory=list)
    retreats: list[str] = field(default_factory=list)

    def block(self, height: int, root: str) -> None:
        """A settlement block is served."""
        first = self.roots.setdefault(height, root)
        if first != root:
            self.forks.append(f"height {height} was {_short(first)} and is {_short(root)}")

    def certificate(self, height: int, root: str, signed: int, total: int) -> None:
        """The certificate of a height names this block, and its signers have so much of the stake."""
        self.block(height, root)
        if 3 * signed <= 2 * total:
            self.weak.append(f"height {height} was signed by {100 * signed / total:.1f} % of the stake")

    def tag(self, zone: str, tag: str, number: int) -> None:
        """A tag of a zone is at this block."""
        before = self.tags.get((zone, tag), 0)
        if number < before:
            self.retreats.append(f"{tag} of {zone} went from {before} back to {number}")
        self.tags[zone, tag] = max(before, number)


def judge(
    seen: Seen,
    finality: Mapping[str, str | None],
    newest: Mapping[str, int],
    accused: Mapping[int, int],
    healed: tuple[int, int],
) -> tuple[Promise, ...]:
    """The verdict. `finality` is what the network says at the end of each acknowledged transaction (None:
    nothing), `newest` is every zone's newest block, `accused` validators with their pieces of evidence;
    `healed` is the settlement height when the faults were cleared, and at the end."""
    lost = [f"{_short(hash)} of {seen.acknowledged[hash]}" for hash, found in finality.items() if not found]
    waiting = {
        zone: number for zone, number in newest.items() if seen.tags.get((zone, "finalized"), 0) < number
    }
    before, after = healed
    idle = [] if after > before else [f"height {before} when it healed, {after} at the end"]
    not_final = [
        f"{_short(hash)} of {seen.acknowledged[hash]} is {found}"
        for hash, found in finality.items()
        if found is not None and found != "finalized"
    ]
    slandered = [f"validator {index}" for index in accused if index not in seen.equivocators]
    return (
        Promise(
            "one block a height, signed by two thirds of the stake",
            (*seen.forks, *seen.weak),
            f"{len(seen.roots)} heights",
        ),
        Promise("safe and finalized never move back", tuple(seen.retreats), f"{seen.looks} looks"),
        Promise("no acknowledged transaction is lost", tuple(lost), f"{len(finality)} transactions"),
        Promise("only who signs two things is accused", tuple(slandered), f"{sum(accused.values())} pieces"),
        Promise("it goes on after healing", tuple(idle), f"height {before} → {after}"),
        Promise(
            "everything is final in the end",
            (*not_final, *(f"{zone} has block {number} that is not" for zone, number in waiting.items())),
            f"{sum(newest.values())} blocks",
        ),
    )


def _short(hash: str) -> str:
    return hash[:10]
