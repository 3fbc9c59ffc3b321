"""`check` finds what is wrong with a mesh: each fault alone, by its code, and nothing where there is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.messages.contracts import artifacts, coins, postcards
from tests.messages.faces import Face
from zero_sdk import Contract, Network, WrongArguments, Zone
from zero_sdk.client.facts import NetworkFacts, NodeKind, ZoneFacts
from zero_sdk.client.packets import ENDPOINT
from zero_sdk.messages import ExecutorConfig, Options, Severity, UlnConfig, Way, padded, wire
from zero_sdk.messages.findings import Flaw

Mesh = dict[str, Contract]
ENOUGH = Options().lz_receive(300_000)
BOTH_TYPES = {1: ENOUGH, 2: ENOUGH.lz_compose(0, 100_000)}
NOBODY = "0x" + 40 * "0"
LIBRARY = {name: f"0x5a45524f{number:032x}" for name, number in (("receive", 8), ("blocked", 11))}


@pytest.fixture
def cards(network: Network) -> Mesh:
    """Two applications that are wired as they should be."""
    mesh = postcards(network, "alpha", "beta")
    wire(mesh, enforced={1: ENOUGH})
    return mesh


def codes(face: Face, mesh: Any, **options: Any) -> set[tuple[str, str, str | None]]:
    return {(found.flaw.code, found.zone, found.towards) for found in face.check(mesh, **options)}


def test_a_mesh_that_is_as_it_should_be_has_no_findings(face: Face, network: Network, cards: Mesh) -> None:
    assert face.check(cards, messages={1: b"hello"}) == ()
    tokens = coins(network, {"alpha": 18, "beta": 8, "gamma": 6})
    wire(tokens, enforced=BOTH_TYPES)
    assert face.check(tokens) == ()


def test_what_was_never_wired_says_so_in_every_direction(face: Face, network: Network) -> None:
    found = codes(face, postcards(network))
    pairs = {(one, other) for one in network.zones for other in network.zones if one != other}
    assert found == {(code, *pair) for code in ("peer-missing", "options-missing") for pair in pairs}


def at_alpha(mesh: Mesh) -> Any:
    return mesh["alpha"]


def towards_beta(mesh: Mesh) -> int:
    return mesh["beta"].zone.eid


def set_peer(word: Callable[[Mesh], bytes]) -> Callable[[Mesh], None]:
    def change(mesh: Mesh) -> None:
        at_alpha(mesh).setPeer(towards_beta(mesh), word(mesh))

    return change


def set_options(options: bytes) -> Callable[[Mesh], None]:
    def change(mesh: Mesh) -> None:
        at_alpha(mesh).setEnforcedOptions([(towards_beta(mesh), 1, options)])

    return change


def set_way(way: Way, *pair: str) -> Callable[[Mesh], None]:
    def change(mesh: Mesh) -> None:
        wire(mesh, enforced={1: ENOUGH}, ways={(pair[0], pair[1]): way})

    return change


ALLOW = bytes.fromhex("ff7bd03d")
"""Selector of allowInitializePath."""
SINGLE = UlnConfig(required=[f"0x{10:040x}"])
PAIR = UlnConfig(required=[f"0x{10:040x}", f"0x{11:040x}"])
OUT, BACK = ("alpha", "beta"), ("beta", "alpha")

FAULTS: list[tuple[str, Callable[[Mesh], None], set[tuple[str, str, str | None]]]] = [
    (
        "a peer on one side only",
        set_peer(lambda mesh: bytes(32)),
        {("peer-one-sided", *OUT)},
    ),
    (
        "another contract as peer",
        set_peer(lambda mesh: padded(mesh["beta"].zone.deploy(artifacts()["Till"]))),
        {("peer-other", *OUT)},
    ),
    (
        "an address without code as peer",
        set_peer(lambda mesh: padded(mesh["beta"].zone.network.accounts[7])),
        {("peer-no-contract", *OUT)},
    ),
    ("a peer that is no address", set_peer(lambda mesh: b"\1" * 32), {("peer-malformed", *OUT)}),
    (
        "a receiver that takes nothing",
        lambda mesh: mesh["beta"].zone.set_code(
            mesh["beta"],
            # The function is gone.
            mesh["beta"]
            .zone.code(mesh["beta"])
            .replace(bytes.fromhex("ff7bd03d"), bytes.fromhex("ff7bd03e")),
        ),
        {("path-closed", *OUT)},
    ),
    ("no options", set_options(b""), {("options-missing", *OUT)}),
    ("options that are none", set_options(b"\0\3\1\2"), {("options-malformed", *OUT)}),
    ("options without gas", set_options(Options().ordered().encoded), {("options-no-gas", *OUT)}),
    (
        "too little gas",
        set_options(Options().lz_receive(20_000).encoded),
        {("options-too-little-gas", *OUT)},
    ),
    (
        "more gas than there is",
        set_options(Options().lz_receive(1 << 30).encoded),
        {("options-refused", *OUT)},
    ),
    (
        "a receiver that reverts",
        lambda mesh: mesh["beta"].setMood("angry") and None,
        {("receive-reverts", *OUT)},
    ),
    (
        "a blocked way out",
        set_way(Way({1: ENOUGH}, send_library=LIBRARY["blocked"]), *OUT),
        {("send-blocked", *OUT)},
    ),
    (
        "a blocked way in",
        set_way(Way({1: ENOUGH}, receive_library=LIBRARY["blocked"]), *OUT),
        {("receive-blocked", *BACK)},
    ),
    (
        "an executor of one's own",
        set_way(Way({1: ENOUGH}, executor=ExecutorConfig(f"0x{5:040x}")), *OUT),
        {("executor-other", *OUT), ("options-refused", *OUT)},
    ),
    (
        "one verifier",
        set_way(Way({1: ENOUGH}, send_verifiers=SINGLE, receive_verifiers=SINGLE), *OUT),
        {("verifiers-single", *OUT), ("verifiers-single", *BACK)},
    ),
    (
        "other verifiers at each end",
        set_way(Way({1: ENOUGH}, send_verifiers=PAIR), *OUT),
        {("verifiers-differ", *OUT)},
    ),
    (
        "no owner",
        lambda mesh: at_alpha(mesh).transferOwnership(NOBODY) and None,
        {("owner-zero", "alpha", None), ("delegate-other", "alpha", None)},
    ),
    (
        "no delegate",
        lambda mesh: at_alpha(mesh).setDelegate(NOBODY) and None,
        {("delegate-zero", "alpha", None)},
    ),
    (
        "another delegate",
        lambda mesh: at_alpha(mesh).setDelegate(f"0x{5:040x}") and None,
        {("delegate-other", "alpha", None)},
    ),
]


@pytest.mark.parametrize(
    ("change", "expected"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS]
)
def test_each_fault_is_found_by_its_code(face: Face, cards: Mesh, change: Any, expected: Any) -> None:
    change(cards)
    assert codes(face, cards, messages={1: b"hello"}) == expected


def test_a_library_of_ones_own_is_told_and_so_is_the_one_before_it(
    face: Face, network: Network, cards: Mesh
) -> None:
    # Another library that the endpoint's owner has registered: the network's own code at another address.
    zone = network["beta"]
    endpoint = zone.contract(ENDPOINT, list(_endpoint_abi()))
    other = "0x" + "77" * 20
    for of, to in ((LIBRARY["receive"], other),):
        zone.set_code(to, zone.code(of))
        for slot in range(4):
            zone.set_storage(to, slot, zone.storage(of, slot))
    eid = network["alpha"].eid
    slot = _genesis_zone_slot(eid)
    zone.set_storage(other, slot, zone.storage(LIBRARY["receive"], slot))
    with zone.impersonate(endpoint.owner()) as owner:
        zone.fund(owner, 10**18)
        endpoint.registerLibrary(other, sender=owner)
    endpoint.setReceiveLibrary(cards["beta"], eid, LIBRARY["receive"], 0)
    assert face.check(cards) == ()
    endpoint.setReceiveLibrary(cards["beta"], eid, other, 100)
    assert codes(face, cards) == {("receive-library-other", *BACK), ("grace-period", *BACK)}
    zone.mine(100)
    assert codes(face, cards) == {("receive-library-other", *BACK)}


def _endpoint_abi() -> Any:
    from zero_sdk.messages import interfaces

    return interfaces.endpoint().abi


def _genesis_zone_slot(eid: int) -> int:
    from devnet.contracts.layout import mapping_slot

    return mapping_slot(eid, 1)


def test_what_is_no_oapp_is_told_and_the_others_are_checked(
    face: Face, network: Network, cards: Mesh
) -> None:
    till = network["gamma"].deploy(artifacts()["Till"])
    assert codes(face, [*cards.values(), till]) == {("no-oapp", "gamma", None)}
    nowhere = network["gamma"].contract(network.accounts[8], artifacts()["Till"])
    assert codes(face, [*cards.values(), nowhere]) == {("no-contract", "gamma", None)}


def test_a_contract_of_another_endpoint_is_told(face: Face, network: Network, cards: Mesh) -> None:
    zone = network["gamma"]
    other = "0x" + "66" * 20
    zone.set_code(other, zone.code(ENDPOINT))
    zone.set_storage(other, 0, zone.storage(ENDPOINT, 0))
    stranger = zone.deploy(artifacts()["Postcards"], other)
    found = codes(face, [*cards.values(), stranger])
    assert ("other-endpoint", "gamma", None) in found
    assert not {code for code, *_ in found} & {"no-oapp", "no-contract"}


def test_tokens_that_count_otherwise_are_told(face: Face, network: Network) -> None:
    mesh = coins(network, {"alpha": 18}) | coins(network, {"beta": 18}, shared=8)
    wire(mesh, enforced=BOTH_TYPES)
    assert codes(face, mesh) == {
        ("shared-decimals-differ", "alpha", None),
        ("shared-decimals-differ", "beta", None),
    }


def test_gas_for_composed_calls_is_left_to_the_sender(face: Face, network: Network) -> None:
    mesh = coins(network, {"alpha": 18, "beta": 18})
    wire(mesh, enforced={1: ENOUGH, 2: ENOUGH})
    assert face.check(mesh) == ()


def test_keys_that_everybody_has_are_told_where_it_is_no_devnet(
    face: Face, network: Network, cards: Mesh
) -> None:
    facts = NetworkFacts(NodeKind.OTHER)

    def make_zones(made: Network) -> list[Zone]:
        return [Zone(made, ZoneFacts(zone.name, zone.chain_id, facts), zone.transport) for zone in network]

    public = Network(facts, make_zones)
    mesh = [public[name].contract(card.address, card.abi) for name, card in cards.items()]
    powers = {(code, zone, None) for code in ("owner-public-key", "delegate-public-key") for zone in cards}
    assert codes(face, mesh) == powers
    # A node that simulates no deliveries is asked what they would cost.
    assert codes(face, mesh, messages={1: b"hello"}) == powers
    set_options(Options().lz_receive(60_000).encoded)(cards)
    assert codes(face, mesh, messages={1: b"hello" * 10}) == powers | {("options-too-little-gas", *OUT)}
    cards["beta"].setMood("angry")
    assert codes(face, mesh, messages={1: b"hello"}) == powers | {("receive-reverts", *OUT)}


def test_a_mesh_has_two_contracts(face: Face, network: Network, cards: Mesh) -> None:
    with pytest.raises(WrongArguments, match="two zones"):
        face.check([cards["alpha"]])


def test_every_flaw_has_a_code_of_its_own_and_advice() -> None:
    assert len({flaw.code for flaw in Flaw}) == len(Flaw)
    for flaw in Flaw:
        assert flaw.code == flaw.code.lower().replace("_", "-")
        assert flaw.advice
        assert flaw.severity in Severity
