"""What settlement costs: certificates, slots in process, a validator beside re-execution, a quiet network.

    python -m benchmarks.settlement [--only certificates,slots,validators,idle,alone] [--rounds 5]

"certificates" are checked by the kernel and by the reference: of 4, 100 and 1,200 validators, all of whom
signed, with keys that were never met and with known ones; beside it what one vote costs.
"slots" is `network.settle()` in process, four validators, over blocks with so many transfers; processor time
is that of all threads of the process.
"validators" is what one of four validators gets and does in a slot, and what who runs the blocks with the
whole state at hand gets and does instead. "share" is what is left where a succinct proof takes the place of
the batch: header, combination, columns. The bytes of the candidate are in both. Seconds are processor time.
"idle" starts `zero devnet` and does nothing: processor seconds a minute, and memory at the end.
"alone" is `zero validator` as a process of its own, beside a devnet that settles a block of transfers every
second: its memory, its processor time, what it fetched.

Seconds are medians (least–most) of the wall's clock, of processor time where it says so.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.peers import AUTOMINE, INTERVAL, Peer, start
from devnet.availability.columns import Column
from devnet.availability.holdings import assign, parameters_for
from devnet.blocks.environment import environment_of
from devnet.blocks.overrides import block_mode
from devnet.chain.transaction_codec import UnsignedTransaction
from devnet.chain.types import Address, Hash32, Wei
from devnet.chain.validator_set import Validator, ValidatorSet
from devnet.kernel import absence
from devnet.network import Network, NetworkConfig
from devnet.parts import Parts, native_parts, reference_parts
from devnet.proving.stateless import WitnessVerifier
from devnet.settlement.acceptance import Acceptance, Package
from devnet.settlement.certificate import Certificate, signers_bitmap
from devnet.settlement.consensus.judging import Opinion
from devnet.settlement.dispersed import DispersedBlock, DispersedUpdate
from devnet.settlement.draft import Agreed, Draft
from devnet.settlement.judging import Delivery, Share, ValidatorJudge
from devnet.settlement.remote.package_codec import encode_columns, encode_package
from devnet.settlement.settler import Settler
from devnet.settlement.signatures import SignatureScheme
from devnet.settlement.votes import Choice, SigningDomain, VoteKind, vote_hash
from devnet.zone.messages import Mining
from devnet.zone.zone import Zone

SETS = (4, 100, 1_200)
"""Validators."""
SLOTS = (0, 1, 100, 1_000)
"""Transfers in the block that a slot settles."""
SECTIONS = ("certificates", "slots", "validators", "idle", "alone")
GWEI = 10**9
DOMAIN = SigningDomain(Hash32(b"\x01" * 32), 0)
CHOICE = Choice(3, Hash32(b"\x02" * 32))


def timed(
    rounds: int, action: Callable[[], object], clock: Callable[[], float] = time.perf_counter
) -> list[float]:
    """Seconds of each round."""
    seconds = []
    for _ in range(rounds):
        began = clock()
        action()
        seconds.append(clock() - began)
    return seconds


def cell(seconds: Sequence[float]) -> str:
    """In milliseconds."""
    middle = statistics.median(seconds) * 1e3
    digits = 2 if middle < 10 else 1 if middle < 100 else 0
    low, high = min(seconds) * 1e3, max(seconds) * 1e3
    return f"{middle:,.{digits}f} ({low:,.{digits}f}–{high:,.{digits}f}) ms"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """In Markdown, as docs/performance.md has it."""
    print("| " + " | ".join(heads) + " |")
    print("| --- |" + " --- |" * (len(heads) - 1))
    for row in rows:
        print("| " + " | ".join(row) + " |", flush=True)
    print()


# ---------------------------------------------------------------- certificates


def certified(scheme: SignatureScheme, count: int) -> tuple[ValidatorSet, Certificate]:
    """A set of so many validators of equal stake, and a certificate that all of them signed."""
    secrets = [scheme.make_secret(number.to_bytes(32, "big")) for number in range(count)]
    validators = ValidatorSet(tuple(Validator(scheme.public_key(secret), 1) for secret in secrets))
    message = vote_hash(DOMAIN, VoteKind.PRECOMMIT, 1, 0, CHOICE)
    total = scheme.aggregate([scheme.sign(secret, message) for secret in secrets])
    bitmap = signers_bitmap(range(count), count)
    return validators, Certificate(VoteKind.PRECOMMIT, 1, 0, CHOICE, bitmap, total)


def certificates(choices: dict[str, Parts], rounds: int) -> None:
    """Prints the table."""
    rows: dict[str, list[str]] = {}
    maker = next(reversed(choices.values())).signatures()
    sets = {count: certified(maker, count) for count in SETS}
    for parts in choices.values():
        for count, (validators, certificate) in sets.items():
            name = f"certificate of {count:,} validators, {len(certificate.encode()):,} bytes"
            row = rows.setdefault(name, [])
            fresh = []
            for _ in range(max(1, min(rounds, 3))):
                scheme = parts.signatures()
                check = lambda scheme=scheme: certificate.verify(DOMAIN, validators, scheme)  # noqa: B023, E731
                fresh += timed(1, check)
            row.append(f"{cell(timed(rounds, check))}, keys unknown {cell(fresh)}")
        scheme = parts.signatures()
        secret = scheme.make_secret(bytes(32))
        key, message = scheme.public_key(secret), Hash32(b"\x07" * 32)
        signature = scheme.sign(secret, message)
        scheme.verify(key, message, signature)
        rows.setdefault("a vote signed", []).append(cell(timed(rounds, lambda: scheme.sign(secret, message))))  # noqa: B023
        rows.setdefault("a vote checked", []).append(
            cell(timed(rounds, lambda: scheme.verify(key, message, signature)))  # noqa: B023
        )
        rows.setdefault("possession proven and checked", []).append(
            cell(timed(rounds, lambda: scheme.verify_possession(key, scheme.prove_possession(secret))))  # noqa: B023
        )
    table(["", *choices], [[name, *cells] for name, cells in rows.items()])


# ---------------------------------------------------------------- slots in process


def settling_network(parts: Parts) -> Network:
    """One application zone, blocks when told to."""
    return Network(NetworkConfig(zones=("alpha",), accounts=100, mining=Mining(automine=False)), parts)


def fill(network: Network, transfers: int, sent: int) -> None:
    """A block of the zone with so many transfers, each to an address of its own; `sent` were before."""
    zone = network.default_zone
    senders = network.keys.addresses
    for number in range(sent, sent + transfers):
        sender = senders[number % len(senders)]
        unsigned = UnsignedTransaction(
            type=2,
            chain_id=zone.config.chain_id,
            nonce=zone.nonce(sender, "pending"),
            gas_limit=21_000,
            max_fee_per_gas=Wei(20 * GWEI),
            max_priority_fee_per_gas=Wei(GWEI),
            to=Address(b"\x77" * 12 + number.to_bytes(8, "big")),
            value=Wei(1),
            data=b"",
        )
        zone.submit(network.keys.sign_transaction(unsigned, sender))
    (block,) = network.mine(zone)
    assert len(block.transactions) == transfers


def slots(choices: dict[str, Parts], rounds: int) -> None:
    """Prints the table."""
    rows: dict[str, list[str]] = {}
    for parts in choices.values():
        with settling_network(parts) as network:
            fill(network, 1, 0)
            network.settle()
            sent = 1
            rows.setdefault("nothing new", []).append(cell(timed(rounds, network.settle)))
            for transfers in SLOTS:
                wall, processor = [], []
                for _ in range(rounds):
                    fill(network, transfers, sent)
                    sent += transfers
                    before = time.process_time()
                    wall += timed(1, network.settle)
                    processor.append(time.process_time() - before)
                name = f"a block of {transfers:,} transfer{'' if transfers == 1 else 's'}"
                rows.setdefault(name, []).append(f"{cell(wall)}, processor {cell(processor)}")
    table(["`network.settle()`", *choices], [[name, *cells] for name, cells in rows.items()])


# ---------------------------------------------------------------- one validator


def drafted(network: Network) -> tuple[Settler, Draft, Agreed]:
    """What there is to be settled now, and what the validators decide about it; it is not applied."""
    settler = network.settlement.settler
    draft = settler.begin()
    assert draft is not None
    return settler, draft, settler.decide(draft)


def dispersed(agreed: Agreed) -> DispersedBlock:
    """What was handed out for the slot."""
    assert agreed.dispersed is not None
    assert agreed.dispersed.block is not None
    return agreed.dispersed.block


def package_of(kept: DispersedUpdate) -> Package:
    """What every validator got of an update."""
    return Package(kept.header, kept.combination, kept.columns[: kept.header.length], kept.proof)


def columns_of(kept: DispersedUpdate, held: range) -> tuple[Column, ...]:
    """What the validator got that holds these."""
    tree = kept.tree()
    return tuple(kept.column(index, tree) for index in held)


def lone_judge(network: Network, parts: Parts, draft: Draft, agreed: Agreed, index: int) -> ValidatorJudge:
    """A validator that has computed nothing yet."""
    settler = network.settlement.settler
    rules = settler._judges[next(iter(settler._judges))]._acceptance
    acceptance = Acceptance(
        rules._network,
        rules._genesis_number,
        rules._blocks,
        rules._zones,
        settler.producers,
        {"witness": WitnessVerifier(parts.engine(), parts.codec(), open_state=parts.open_state)},
        parts.coder(),
    )
    stakes = [validator.stake for validator in draft.base.validators.validators]
    spread = parameters_for(stakes)
    share = Share(spread, assign(spread.columns, stakes)[index])
    judge = ValidatorJudge(acceptance, draft.base, settler.producers, share)
    kept = dispersed(agreed).updates
    delivery = Delivery({each.update: package_of(each) for each in kept})
    for each in kept:
        delivery.columns[each.update] = columns_of(each, share.mine)
    judge.turn_to(draft.base, share, delivery)
    return judge


def execute(network: Network, parts: Parts, draft: Draft) -> None:
    """What who has the whole state does instead: runs the blocks (and hashes nothing)."""
    engine = parts.engine()
    zone = network.default_zone
    assert isinstance(zone, Zone)
    ledger = zone._ledger
    for recorded in draft.sections[0].recorded:
        for number in range(recorded.span.first, recorded.span.last + 1):
            record = ledger.get(number)
            env = environment_of(record.block.header, ledger.chain.recent_hashes(number))
            view, mode = ledger.state_before(record), block_mode(record.overrides, ledger.config.has_messages)
            engine.execute(record.rules, env, record.block.transactions, view, mode)


def validators(choices: dict[str, Parts], rounds: int) -> None:
    """Prints the tables."""
    sizes: dict[str, list[str]] = {}
    seconds: dict[str, list[str]] = {}
    for name, parts in choices.items():
        with settling_network(parts) as network:
            sent = 0
            for transfers in SLOTS[1:]:
                fill(network, transfers, sent)
                sent += transfers
                settler, draft, agreed = drafted(network)
                candidate = settler._author(draft, agreed.updates, 0)
                assert candidate is not None
                block = dispersed(agreed)
                (kept,) = block.updates
                mine = columns_of(kept, block.held[0])
                package = package_of(kept)
                common = len(candidate.encode())
                share = len(package.header.encode()) + len(package.combination) + len(encode_columns(mine))
                if name == next(iter(choices)):
                    sizes[f"{transfers:,}"] = [
                        f"{len(package.batch):,}",
                        f"{common:,}",
                        f"{common + share:,}",
                        f"{common + len(encode_package(package)) + len(encode_columns(mine)):,}",
                    ]
                judging, running = [], []
                for _ in range(rounds):
                    judge = lone_judge(network, parts, draft, agreed, 0)
                    judging += timed(1, lambda: _accept(judge, candidate), time.process_time)  # noqa: B023
                    running += timed(1, lambda: execute(network, parts, draft), time.process_time)  # noqa: B023
                seconds.setdefault(f"{transfers:,}", []).extend((cell(running), cell(judging)))
                network.settlement.settler.apply(agreed, 0)
                network.settlement.tell()
    heads = [
        "transfers in the slot",
        "bytes to run again",
        "candidate",
        "with a share",
        "with proof `witness`",
    ]
    table(heads, [[name, *cells] for name, cells in sizes.items()])
    heads = [
        "transfers in the slot",
        *(f"{name}, {what}" for name in choices for what in ("running", "judging")),
    ]
    table(heads, [[name, *cells] for name, cells in seconds.items()])


def _accept(judge: ValidatorJudge, candidate: object) -> None:
    assert judge.belongs(candidate)  # type: ignore[arg-type]
    verdict = judge.judge(candidate)  # type: ignore[arg-type]
    assert verdict.opinion is Opinion.ACCEPTED, verdict


# ---------------------------------------------------------------- processes

QUIET = {
    "no slots": AUTOMINE.with_slots("off"),
    "slots of 1 s, nothing to settle": AUTOMINE.with_slots("1"),
    "slots of 1 s, an empty block every second": INTERVAL.with_slots("1"),
}


def idle(seconds: float) -> None:
    """Prints the table."""
    rows = []
    for name, setting in QUIET.items():
        with start("zero", setting) as peer:
            peer.settle()
            before, began = peer.cpu_seconds(), time.perf_counter()
            time.sleep(seconds)
            used = (peer.cpu_seconds() - before) / (time.perf_counter() - began) * 60
            height = _height(peer)
            rows.append([name, f"{used:.2f} s", f"{peer.memory() / 2**20:,.0f} MiB", str(height)])
    table(["`zero devnet`", "processor time a minute", "memory", "settlement blocks"], rows)


def _height(peer: Peer) -> int:
    status = peer.ask("zero_settlementStatus")
    assert isinstance(status, dict)
    return int(status["height"], 16)


def alone(seconds: float, transfers: int) -> None:
    """Prints the table: a validator of its own, beside a devnet with a batch of transfers each second."""
    with start("zero", INTERVAL.with_slots("1")) as peer, tempfile.TemporaryFile() as output:
        accounts = peer.ask("eth_accounts")
        assert isinstance(accounts, list)
        command = [sys.executable, "-m", "zero_sdk", "validator", "--seat", "1", "--json"]
        command += ["--network", f"http://127.0.0.1:{peer.port}"]
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL)
        try:
            deadline = time.perf_counter() + seconds
            while time.perf_counter() < deadline and process.poll() is None:
                began = time.perf_counter()
                for number in range(transfers):
                    sender, to = accounts[number % len(accounts)], accounts[(number + 1) % len(accounts)]
                    peer.ask("eth_sendTransaction", {"from": sender, "to": to, "value": "0x1"})
                time.sleep(max(0.0, 1 - (time.perf_counter() - began)))
            memory, used = _memory_and_time(process.pid)
        finally:
            process.terminate()
            process.wait(20)
        output.seek(0)
        events = [json.loads(line) for line in output.read().splitlines() if line.startswith(b"{")]
    final = [event for event in events if event["event"] == "final"]
    if not final:
        print(f"the validator saw no settlement block: {events[-3:]}\n")
        return
    signed = sum(event["signed"] for event in final)
    last = final[-1]
    rows = [
        ["settlement blocks, of which it signed", f"{len(final)}, {signed}"],
        ["memory at most", f"{memory / 2**20:,.0f} MiB"],
        ["processor time a settlement block (its start included)", f"{used / len(final) * 1e3:,.0f} ms"],
        ["fetched a settlement block", f"{last['fetchedBytes'] / len(final):,.0f} bytes"],
        ["judging a settlement block", f"{last['judgingSeconds'] / len(final) * 1e3:,.1f} ms"],
    ]
    table([f"`zero validator`, {transfers} transfers a second", ""], rows)


def _memory_and_time(process: int) -> tuple[int, float]:
    """The most bytes that the process had resident, and its processor seconds (Linux)."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    most = next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return most, (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _chosen(text: str) -> Iterator[str]:
    for name in text.split(","):
        if name not in SECTIONS:
            raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(SECTIONS)}")
        yield name


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", type=lambda text: tuple(_chosen(text)), default=SECTIONS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--idle-seconds", type=float, default=60)
    parser.add_argument("--transfers", type=int, default=20, help="a second, beside a validator of its own")
    parser.add_argument("--no-reference", action="store_true")
    options = parser.parse_args()
    choices = {} if absence() is not None else {"kernel": native_parts()}
    if not options.no_reference or not choices:
        choices["reference"] = reference_parts()
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
        f"Python {platform.python_version()}; {options.rounds} rounds, median (least–most)\n"
    )
    if "certificates" in options.only:
        certificates(choices, options.rounds)
    if "slots" in options.only:
        slots(choices, options.rounds)
    if "validators" in options.only:
        validators(choices, options.rounds)
    if "idle" in options.only:
        idle(options.idle_seconds)
    if "alone" in options.only:
        alone(options.idle_seconds, options.transfers)


if __name__ == "__main__":
    main()
