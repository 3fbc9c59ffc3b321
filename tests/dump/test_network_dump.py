"""A network that was dumped and loaded is the same network; what is not whole changes nothing."""

from __future__ import annotations

import errno
import gc
import io
import random
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from devnet.chain.types import Address, Wei
from devnet.clock import WallClock
from devnet.dump.container import DumpReader, DumpWriter, SectionName
from devnet.dump.errors import DumpError, Fault
from devnet.dump.reading import Dump, decode_config
from devnet.dump.writing import encode_config
from devnet.folder import DataFolder
from devnet.network import Network, NetworkConfig
from devnet.persistence.errors import WriteFailed
from devnet.zone.messages import BlockAdded, BlockRemoved, Mining, PoolLimits
from tests.dump.observing import CONFIG, STEPS, Step, blob, dumped, emit, loaded, observed, transfer

CONFIGS = st.sampled_from((CONFIG, replace(CONFIG, history=4), replace(CONFIG, memory_limit=60_000)))

QUICK = (Phase.explicit, Phase.reuse, Phase.generate)
"""Shrinking takes long, because whole networks are compared."""


def used(config: NetworkConfig, steps: list[Step]) -> Network:
    network = Network(config)
    for step in steps:
        step(network)
    return network


def grown() -> Network:
    """A network with something of everything."""
    network = Network(CONFIG)
    alpha = network.default_zone
    blob("alpha", 0, 3)(network)
    for number in range(4):
        emit("alpha", 1, number)(network)
        network.mine(alpha)
    network.snapshot("here")
    network.mine(alpha, 1_500)
    blob("alpha", 0, 4)(network)
    transfer("alpha", 1, 5)(network)
    transfer("beta", 2, 5)(network)
    alpha.set_storage(network.keys.addresses[0], 5, 6)
    return network


@pytest.fixture(scope="module")
def dump() -> bytes:
    """Of a network with something of everything."""
    return dumped(grown())


def mine_everywhere(network: Network) -> list[bytes]:
    return [block.hash for zone in network.zones.values() for block in network.mine(zone)]


@settings(max_examples=40, deadline=None, phases=QUICK)
@given(CONFIGS, st.lists(STEPS, max_size=25), st.lists(STEPS, max_size=6))
def test_a_network_goes_on_from_a_dump_as_if_nothing_had_happened(
    config: NetworkConfig, steps: list[Step], more: list[Step]
) -> None:
    network = used(config, steps)
    dump = dumped(network)
    again = loaded(dump)
    assert again.instance_id != network.instance_id
    assert observed(again) == observed(network)
    assert dumped(again) == dump
    for step in more:
        step(network)
        step(again)
    assert mine_everywhere(again) == mine_everywhere(network)
    assert observed(again) == observed(network)


@pytest.mark.full
@settings(max_examples=600, deadline=None)
@given(CONFIGS, st.lists(STEPS, max_size=80), st.lists(STEPS, max_size=15))
def test_a_network_goes_on_from_a_dump_at_length(
    config: NetworkConfig, steps: list[Step], more: list[Step]
) -> None:
    network = used(config, steps)
    again = loaded(dumped(network))
    assert observed(again) == observed(network)
    for step in more:
        step(network)
        step(again)
    assert mine_everywhere(again) == mine_everywhere(network)
    assert observed(again) == observed(network)


@settings(max_examples=15, deadline=None, phases=QUICK)
@given(st.lists(STEPS, max_size=15), st.lists(STEPS, max_size=15))
def test_a_running_network_becomes_what_a_dump_says(steps: list[Step], others: list[Step]) -> None:
    network, other = used(CONFIG, steps), used(CONFIG, others)
    network.load(io.BytesIO(dumped(other)))
    assert observed(network) == observed(other)
    assert mine_everywhere(network) == mine_everywhere(other)


def test_snapshots_of_a_dump_are_usable(dump: bytes) -> None:
    network = loaded(dump)
    expected = network.default_zone.block(4)
    assert network.default_zone.number() > 4
    network.revert("here")
    assert network.default_zone.block("latest") == expected
    assert not network.default_zone.pending_transactions()
    assert observed(loaded(dumped(network))) == observed(network)


def test_a_dump_of_every_level_says_the_same(dump: bytes) -> None:
    network = loaded(dump)
    dumps = [dumped(network, level) for level in (0, 1, 9)]
    assert len(dumps[0]) > len(dumps[1]) >= len(dumps[2])
    first, second, third = map(loaded, dumps)
    assert observed(first) == observed(second) == observed(third) == observed(network)


def test_dumping_changes_nothing(dump: bytes) -> None:
    network = loaded(dump)
    before = observed(network)
    assert dumped(network) == dump
    assert dumped(network) == dump
    assert observed(network) == before


# ---------------------------------------------------------------- refusals


def test_every_truncation_is_refused_with_nothing_changed(dump: bytes) -> None:
    network = used(CONFIG, [transfer("alpha", 0, 1)])
    before = observed(network)
    lengths = {*range(200), *range(0, len(dump), 397), *range(len(dump) - 80, len(dump))}
    for length in sorted(lengths):
        with pytest.raises(DumpError):
            network.load(io.BytesIO(dump[:length]))
    assert observed(network) == before


def test_flipped_bits_are_refused_with_nothing_changed(dump: bytes) -> None:
    network = used(CONFIG, [transfer("alpha", 0, 1)])
    before = observed(network)
    chosen = random.Random(7)
    for place in (*range(40), *(chosen.randrange(len(dump)) for _ in range(300)), *range(-40, 0)):
        changed = bytearray(dump)
        changed[place] ^= 1 << chosen.randrange(8)
        with pytest.raises(DumpError):
            network.load(io.BytesIO(changed))
    assert observed(network) == before


def sections_of(dump: bytes) -> list[tuple[SectionName, list[bytes]]]:
    reader = DumpReader(io.BytesIO(dump))
    found = []
    while (name := reader.next_section()) is not None:
        found.append((name, list(reader.records())))
    return found


def put_together(sections: list[tuple[SectionName, list[bytes]]]) -> bytes:
    sink = io.BytesIO()
    writer = DumpWriter(sink)
    for name, records in sections:
        writer.section(name, records)
    writer.finish()
    return sink.getvalue()


def test_records_that_make_no_sense_are_refused_though_the_digest_is_right() -> None:
    source = used(CONFIG, [emit("alpha", 1, 1), transfer("beta", 1, 1)])
    source.snapshot()
    mine_everywhere(source)
    sections = sections_of(dumped(source))
    network = used(CONFIG, [transfer("alpha", 0, 1)])
    before = observed(network)
    chosen = random.Random(11)
    faults: list[Fault] = []
    for index, (name, records) in enumerate(sections):
        others: tuple[list[bytes], ...] = (
            [],
            records[:-1],
            [*records, b"\xff\xff"],
            [*records, b"\x00"],
            [chosen.randbytes(40)],
            [b"{}"],
            [b"[" * 50_000],
        )
        for changed in others:
            if changed == records:
                continue
            spoiled = put_together([*sections[:index], (name, changed), *sections[index + 1 :]])
            try:
                network.load(io.BytesIO(spoiled))
            except DumpError as error:
                faults.append(error.fault)
                continue
            # A part whose last record says nothing that was not said before; the network is the dump's.
            network = used(CONFIG, [transfer("alpha", 0, 1)])
    assert set(faults) == {Fault.DAMAGED}
    assert len(faults) > len(sections) * 4
    assert observed(network) == before


@pytest.mark.parametrize(
    "change",
    [
        lambda sections: sections[:-1],
        lambda sections: sections[1:],
        lambda sections: [*sections, sections[-1]],
        lambda sections: [*sections[:2], sections[3], sections[2], *sections[4:]],
        lambda sections: [(SectionName("configuration", 0), sections[0][1]), *sections[1:]],
    ],
)
def test_sections_come_in_their_order_and_once(change: object, dump: bytes) -> None:
    sections = sections_of(dump)
    network = Network(CONFIG)
    before = observed(network)
    with pytest.raises(DumpError) as refused:
        network.load(io.BytesIO(put_together(change(sections))))  # type: ignore[operator]
    assert refused.value.fault is Fault.DAMAGED
    assert observed(network) == before


@pytest.mark.parametrize(
    ("other", "named"),
    [
        (replace(CONFIG, zones=("alpha",)), "zones"),
        (replace(CONFIG, chain_id=5), "chain_id"),
        (
            replace(
                CONFIG, mnemonic="legal winner thank year wave sausage worth useful legal winner thank yellow"
            ),
            "mnemonic",
        ),
        (replace(CONFIG, compaction_divisor=9), "compaction_divisor"),
    ],
)
def test_a_dump_of_another_network_is_refused_by_what_differs(
    other: NetworkConfig, named: str, dump: bytes
) -> None:
    network = Network(other)
    before = observed(network)
    with pytest.raises(DumpError, match=named) as refused:
        network.load(io.BytesIO(dump))
    assert refused.value.fault is Fault.OTHER_NETWORK
    assert "legal" not in str(refused.value)
    assert "test test" not in str(refused.value)
    assert observed(network) == before


def test_the_genesis_time_becomes_the_dump_s(tmp_path: Path, dump: bytes) -> None:
    later = replace(CONFIG, genesis_time=CONFIG.genesis_time + 5_000)
    with Network(later, folder=DataFolder.open(tmp_path / "data", later)) as network:
        network.load(io.BytesIO(dump))
        assert network.config.genesis_time == CONFIG.genesis_time
        assert network.config_hash == CONFIG.hash
        expected = observed(network)
    stored = DataFolder.stored_config(tmp_path / "data")
    assert stored is not None
    assert stored.hash == CONFIG.hash
    with Network(CONFIG, folder=DataFolder.open(tmp_path / "data", CONFIG)) as network:
        assert observed(network) == expected


def test_what_is_no_part_of_the_genesis_may_differ(dump: bytes) -> None:
    network = Network(replace(CONFIG, call_gas_cap=99_000, history=700))
    network.load(io.BytesIO(dump))
    assert network.default_zone.number() == 1_504
    assert network.default_zone.config.call_gas_cap == 99_000
    assert network.config.history == 700


# ---------------------------------------------------------------- configuration


def test_a_configuration_is_dumped_whole() -> None:
    config = replace(
        CONFIG,
        grants=((CONFIG_ADDRESS, Wei(10**30)),),
        mining=Mining(False, 2.5, max_transactions=7),
        pool=PoolLimits(transactions=5),
        call_time_limit=None,
        history=3,
        memory_limit=10**12,
        base_fee=Wei(0),
        transaction_gas_cap=None,
    )
    assert decode_config(encode_config(config)) == config
    assert decode_config(encode_config(NetworkConfig())) == NetworkConfig()


CONFIG_ADDRESS = next(iter(CONFIG.genesis_accounts))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"accounts":3', b'"accounts":"3"'),
        (b'"accounts":3', b'"accounts":4'),
        (b'"accounts":3', b'"accountz":3'),
        (b'"automine":false', b'"automine":0'),
        (b'"automine":false', b'"automated":false'),
        (b'"order":"fees"', b'"order":"luck"'),
        (b'"history":null', b'"history":-1'),
        (b'"local":{', b'"local":[{'),
        (b'"config_hash":"0x', b'"config_hash":"0y'),
    ],
)
def test_a_configuration_that_makes_no_sense_is_refused(old: bytes, new: bytes) -> None:
    encoded = encode_config(CONFIG)
    assert old in encoded
    with pytest.raises(DumpError) as refused:
        decode_config(encoded.replace(old, new, 1))
    assert refused.value.fault is Fault.DAMAGED


def test_fields_that_an_old_dump_does_not_have_are_as_by_default() -> None:
    encoded = (
        encode_config(CONFIG).replace(b'"history":null,', b"").replace(b'"is_timestamp_strict":false,', b"")
    )
    assert len(encoded) < len(encode_config(CONFIG))
    assert decode_config(encoded) == CONFIG


# ---------------------------------------------------------------- clock, watchers


def test_a_clock_on_the_wall_is_as_far_ahead_as_it_was() -> None:
    clock = WallClock(lambda: 1_900_000_000.0, 77)
    network = Network(CONFIG, clock=clock)
    network.mine(network.default_zone)
    content = Dump(io.BytesIO(dumped(network)))
    again = Network(CONFIG, clock=WallClock(lambda: 1_900_000_100.0), content=content)
    assert again.clock.reading().now == 1_900_000_177


def test_watchers_see_blocks_go_and_others_come() -> None:
    network = Network(CONFIG)
    alpha = network.default_zone
    network.mine(alpha, 2)
    dump = dumped(network)
    emit("alpha", 0, 1)(network)
    (gone,) = network.mine(alpha)
    log_filter, block_filter = alpha.new_filter("logs", 0.0), alpha.new_filter("blocks", 0.0)
    cursor = alpha.events().cursor
    network.load(io.BytesIO(dump))
    alpha = network.default_zone
    (removed,) = alpha.events(cursor).events
    assert removed == BlockRemoved(gone)
    (log,) = alpha.filter_changes(log_filter, 1.0).logs
    assert log.removed
    assert log.block_hash == gone.hash
    (block,) = network.mine(alpha)
    assert alpha.filter_changes(block_filter, 1.0).hashes == (block.hash,)
    assert alpha.new_filter("blocks", 1.0) > block_filter

    ahead = used(CONFIG, [emit("alpha", 1, 2)])
    new = ahead.mine(ahead.default_zone, 4)
    cursor = alpha.events().cursor
    network.load(io.BytesIO(dumped(ahead)))
    events = network.default_zone.events(cursor).events
    removed_numbers = [event.block.header.number for event in events if isinstance(event, BlockRemoved)]
    assert removed_numbers == [3, 2, 1]
    assert [event.block for event in events if isinstance(event, BlockAdded)] == list(new)
    assert len(events) == 7


def test_watchers_are_told_where_too_much_is_different() -> None:
    network, other = Network(CONFIG), Network(CONFIG)
    alpha = network.default_zone
    old_filter = alpha.new_filter("blocks", 0.0)
    cursor = alpha.events().cursor
    other.mine(other.default_zone, 5_000)
    network.load(io.BytesIO(dumped(other)))
    alpha = network.default_zone
    assert alpha.events(cursor).gap
    with pytest.raises(Exception, match="missed events"):
        alpha.filter_changes(old_filter, 1.0)


# ---------------------------------------------------------------- with a data folder


def opened(path: Path) -> Network:
    return Network(CONFIG, folder=DataFolder.open(path, CONFIG))


def test_a_dump_goes_into_a_new_folder_and_stays_there(tmp_path: Path, dump: bytes) -> None:
    network = loaded(dump)
    content = Dump(io.BytesIO(dump))
    with Network(CONFIG, folder=DataFolder.open(tmp_path / "data", CONFIG), content=content) as kept:
        assert observed(kept) == observed(network)
    with opened(tmp_path / "data") as again:
        assert observed(again) == observed(network)
        assert mine_everywhere(again) == mine_everywhere(network)


def test_a_dump_that_is_loaded_takes_the_place_of_what_the_folder_held(tmp_path: Path, dump: bytes) -> None:
    network = loaded(dump)
    path = tmp_path / "data"
    with opened(path) as kept:
        kept.mine(kept.default_zone, 3)
        kept.commit()
        for number in (1, 2):
            kept.load(io.BytesIO(dump))
            assert sorted(entry.name for entry in path.iterdir()) == [
                f"content-{number}",
                "lock",
                "manifest.json",
            ]
        identity = kept.instance_id
        mine_everywhere(network)
        mine_everywhere(kept)
    with opened(path) as again:
        assert again.instance_id == identity
        assert observed(again) == observed(network)


def test_a_folder_is_as_before_where_a_dump_is_refused(tmp_path: Path, dump: bytes) -> None:
    sections = sections_of(dump)
    sections[-1] = (sections[-1][0], [b"\xff"])
    path = tmp_path / "data"
    with opened(path) as kept:
        kept.mine(kept.default_zone, 3)
        before = observed(kept)
        names = sorted(entry.name for entry in path.iterdir())
        with pytest.raises(DumpError):
            kept.load(io.BytesIO(put_together(sections)))
        assert observed(kept) == before
        assert sorted(entry.name for entry in path.iterdir()) == names
        kept.mine(kept.default_zone)
        before = observed(kept)
    with opened(path) as again:
        assert observed(again) == before


def test_a_full_disk_during_a_load_changes_nothing(
    tmp_path: Path, dump: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "data"

    def full(folder: Path, manifest: object) -> None:
        raise WriteFailed(folder, OSError(errno.ENOSPC, "no space"))

    with opened(path) as kept:
        kept.mine(kept.default_zone, 3)
        before, names = observed(kept), sorted(entry.name for entry in path.iterdir())
        with monkeypatch.context() as patched:
            # The switch from one content to the other is the writing of the manifest.
            patched.setattr("devnet.folder.write_manifest", full)
            with pytest.raises(WriteFailed):
                kept.load(io.BytesIO(dump))
        assert observed(kept) == before
        assert sorted(entry.name for entry in path.iterdir()) == names
        kept.mine(kept.default_zone)
        before = observed(kept)
    with opened(path) as again:
        assert observed(again) == before
        again.load(io.BytesIO(dump))


def test_what_a_process_left_that_was_killed_while_it_loaded_is_removed(tmp_path: Path, dump: bytes) -> None:
    path = tmp_path / "data"
    with opened(path) as kept:
        kept.mine(kept.default_zone, 3)
        before = observed(kept)
    (path / "content-1" / "zones").mkdir(parents=True)
    (path / "content-1" / "commit").write_bytes(b"half")
    with opened(path) as again:
        assert observed(again) == before
        assert not (path / "content-1").exists()
        again.load(io.BytesIO(dump))
        after = observed(again)
    # Killed after the switch: the old content is still there.
    (path / "zones" / "alpha").mkdir(parents=True)
    (path / "commit").write_bytes(b"old")
    with opened(path) as again:
        assert observed(again) == after
        assert not (path / "commit").exists()


# ---------------------------------------------------------------- memory


class Discarding:
    """A sink that keeps nothing."""

    def write(self, content: bytes, /) -> None:
        return None


def memory_of_a_dump(blocks: int) -> tuple[int, int]:
    """Bytes of a dump with so many blocks of 100 new accounts, and the memory that writing it takes."""
    network = Network(CONFIG)
    zone = network.default_zone
    for number in range(blocks):
        for index in range(100):
            zone.set_account(Address(bytes((1, number, index)) + bytes(17)), balance=Wei(10**18 + index))
        network.mine(zone)
    gc.collect()
    size = network.dump(Discarding(), 0)
    tracemalloc.start()
    try:
        network.dump(Discarding())
        return size, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_writing_a_dump_takes_no_memory_that_grows_with_it() -> None:
    (small, few), (large, more) = memory_of_a_dump(10), memory_of_a_dump(60)
    assert large > 3 * small
    assert more < few + (large - small) // 4
