"""`wire` makes contracts a mesh, sends only what differs, and is exactly once in a deployment."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.messages.contracts import artifacts, postcards
from tests.messages.faces import Face
from zero_sdk import Network, Reverted, WrongArguments
from zero_sdk.client.addresses import to_address
from zero_sdk.client.flows.tours import run_tour
from zero_sdk.client.packets import ENDPOINT
from zero_sdk.deploy.deployment import Options as DeployOptions
from zero_sdk.deploy.journal import FileJournal
from zero_sdk.deploy.recorder import Recorder
from zero_sdk.deploy.recording import recorded
from zero_sdk.deploy.rehearsal import rehearse
from zero_sdk.messages import ExecutorConfig, Options, UlnConfig, Way, padded, plan_wiring, wire
from zero_sdk.messages.endpoint import endpoint_at
from zero_sdk.project import Project

GAS = Options().lz_receive(200_000)
LIBRARIES = {"send": f"0x5a45524f{7:032x}", "blocked": f"0x5a45524f{11:032x}"}
VERIFIERS = tuple(f"0x{number:040x}" for number in (0xB, 0xA))


def test_every_contract_of_a_mesh_is_every_others_peer(face: Face, network: Network) -> None:
    cards = postcards(network)
    face.wire(cards)
    for name, card in cards.items():
        for other, peer in cards.items():
            expected = padded(peer) if other != name else bytes(32)
            assert card.peers(network[other].eid) == expected


def test_options_are_enforced_for_every_direction_and_type(face: Face, network: Network) -> None:
    cards = postcards(network, "alpha", "beta")
    steps = face.wire(cards, enforced={1: GAS, 2: GAS.lz_compose(0, 50_000)})
    assert [(step.member.zone.name, step.name) for step in steps] == [
        (zone, f"Postcards.{what}")
        for zone, other in (("alpha", "beta"), ("beta", "alpha"))
        for what in (f"setPeer {other}", "setEnforcedOptions")
    ]
    assert cards["alpha"].enforcedOptions(network["beta"].eid, 2) == GAS.lz_compose(0, 50_000).encoded
    assert cards["beta"].enforcedOptions(network["alpha"].eid, 1) == GAS.encoded


def test_what_is_so_already_is_not_sent_again(face: Face, network: Network) -> None:
    cards = postcards(network)
    assert len(face.wire(cards, enforced={1: GAS})) == 9
    assert face.wire(cards, enforced={1: GAS}) == ()
    (step,) = face.plan_wiring(
        cards, enforced={1: GAS}, ways={("alpha", "gamma"): Way(enforced={1: GAS.ordered()})}
    )
    assert "gamma 1: Receive(gas=200000, value=0) and Ordered()" in step.text
    numbers = [zone.block_number for zone in network]
    assert face.plan_wiring(cards, enforced={1: GAS}) == ()
    assert [zone.block_number for zone in network] == numbers


def test_another_zone_is_added_later(face: Face, network: Network) -> None:
    cards = postcards(network, "alpha", "beta")
    face.wire(cards)
    cards |= postcards(network, "gamma")
    assert [step.name for step in face.wire(cards)] == [
        "Postcards.setPeer gamma",
        "Postcards.setPeer gamma",
        "Postcards.setPeer alpha",
        "Postcards.setPeer beta",
    ]


def test_libraries_executor_and_verifiers_are_set_at_the_endpoint(face: Face, network: Network) -> None:
    cards = postcards(network, "alpha", "beta")
    alpha, beta = cards["alpha"], cards["beta"]
    executor = network.accounts[5].address
    way = Way(
        send_library=LIBRARIES["send"],
        executor=ExecutorConfig(executor),
        send_verifiers=UlnConfig(required=VERIFIERS),
        receive_verifiers=UlnConfig(required=VERIFIERS[:1], optional=VERIFIERS[1:], threshold=1),
    )
    ways = {("alpha", "beta"): way, ("beta", "alpha"): Way(send_library=LIBRARIES["blocked"])}
    face.wire(cards, ways=ways)
    at_alpha, at_beta = (run_tour(endpoint_at(network[name], ENDPOINT)) for name in ("alpha", "beta"))
    eid_alpha, eid_beta = at_alpha.eid, at_beta.eid
    library = run_tour(at_alpha.send_library(alpha.address, eid_beta))
    assert library is not None
    assert (library.address, library.is_default) == (to_address(LIBRARIES["send"]), False)
    assert run_tour(at_alpha.executor(alpha.address, library.address, eid_beta)) == (10_000, executor)
    held = run_tour(at_alpha.verifiers(alpha.address, library.address, eid_beta))
    assert [int(address, 16) for address in held.required] == [0xA, 0xB]
    receiving = run_tour(at_beta.receive_library(beta.address, eid_alpha))
    assert receiving is not None
    held = run_tour(at_beta.verifiers(beta.address, receiving.address, eid_alpha))
    assert (len(held.required), held.threshold, len(held.optional)) == (1, 1, 1)
    blocked = run_tour(at_beta.send_library(beta.address, eid_alpha))
    assert blocked is not None
    assert blocked.address == run_tour(at_beta.blocked_library())
    assert face.wire(cards, ways=ways) == ()
    # Back to the default.
    back = {("beta", "alpha"): Way(send_library="0x" + 40 * "0")}
    (step,) = face.wire(cards, ways=back)
    assert step.becomes == "default"
    default = run_tour(at_beta.send_library(beta.address, eid_alpha))
    assert default is not None
    assert default.is_default


def test_a_delegate_is_set(face: Face, network: Network) -> None:
    cards = postcards(network, "alpha", "beta")
    other = network.accounts[3]
    assert len(face.wire(cards, delegate=other)) == 4
    endpoint = run_tour(endpoint_at(network["alpha"], ENDPOINT))
    assert run_tour(endpoint.delegate(cards["alpha"].address)) == other.address


def test_who_does_not_own_a_contract_cannot_wire_it(face: Face, network: Network) -> None:
    cards = postcards(network, "alpha", "beta")
    with pytest.raises(Reverted, match="only the owner"):
        face.wire(cards, sender=network.accounts[1])


def test_what_is_no_mesh_is_refused(face: Face, network: Network) -> None:
    cards = postcards(network, "alpha", "beta")
    with pytest.raises(WrongArguments, match="the contract for beta is in zone alpha"):
        face.wire({"beta": cards["alpha"]})
    with pytest.raises(WrongArguments, match="two contracts in zone alpha"):
        face.wire([cards["alpha"], *postcards(network, "alpha").values()])
    with pytest.raises(WrongArguments, match="no direction of the mesh"):
        face.wire(cards, ways={("alpha", "gamma"): Way()})
    with pytest.raises(WrongArguments, match="0xdead, for message type 3, is no options"):
        face.wire(cards, enforced={3: b"\xde\xad"})
    till = network["beta"].deploy(artifacts()["Till"])
    with pytest.raises(WrongArguments, match="no OApp"):
        face.wire({"alpha": cards["alpha"], "beta": till})


# ---------------------------------------------------------------- in a deployment


def recording_in(network: Network, folder: Path) -> tuple[Network, list[FileJournal]]:
    journals: list[FileJournal] = []

    def recorder_of(zone: object) -> Recorder:
        journals.append(FileJournal(folder / f"{zone.name}.jsonl"))  # type: ignore[attr-defined]
        return Recorder(zone, journals[-1], "default")  # type: ignore[arg-type]

    return recorded(network, recorder_of, lambda zone: None), journals


def deployment(network: Network) -> list[str]:
    """What a script does; gives what wiring sent."""
    cards = postcards(network)
    return [f"{step.member.zone.name} {step.name}" for step in wire(cards, enforced={1: GAS})]


def run(network: Network, folder: Path) -> list[str]:
    """One run of the script."""
    target, journals = recording_in(network, folder)
    try:
        return deployment(target)
    finally:
        for journal in journals:
            journal.close()


def test_in_a_deployment_each_transaction_is_a_step_done_once(network: Network, tmp_path: Path) -> None:
    assert len(run(network, tmp_path)) == 9
    numbers = [zone.block_number for zone in network]
    assert run(network, tmp_path) == []
    assert [zone.block_number for zone in network] == numbers
    steps = [line for line in (tmp_path / "alpha.jsonl").read_text().splitlines() if '"kind":"done"' in line]
    assert len(steps) == 4


def test_a_deployment_that_was_interrupted_wires_the_rest(network: Network, tmp_path: Path) -> None:
    target, journals = recording_in(network, tmp_path)
    cards = postcards(target)
    first, *_ = plan_wiring(cards, enforced={1: GAS})
    first.send()
    for journal in journals:
        journal.close()
    assert len(run(network, tmp_path)) == 8
    assert run(network, tmp_path) == []


def test_what_somebody_changed_on_the_chain_is_set_again(network: Network, tmp_path: Path) -> None:
    run(network, tmp_path)
    target, journals = recording_in(network, tmp_path)
    alpha = postcards(target)["alpha"]
    for journal in journals:
        journal.close()
    network["alpha"].contract(alpha.address, alpha.abi).setPeer(network["beta"].eid, bytes(32))
    assert run(network, tmp_path) == ["alpha Postcards.setPeer beta"]
    assert alpha.peers(network["beta"].eid) != bytes(32)
    assert run(network, tmp_path) == []


def test_a_dry_run_shows_the_steps_and_leaves_nothing(network: Network, tmp_path: Path) -> None:
    (tmp_path / "zero.toml").write_text("")
    plan = rehearse(Project.open(tmp_path), "local", network, deployment, DeployOptions())
    names = [planned.step for planned in plan.zones["beta"]]
    assert names == [
        "Postcards",
        "Postcards.setPeer alpha",
        "Postcards.setPeer gamma",
        "Postcards.setEnforcedOptions",
    ]
    assert all(zone.block_number == 0 for zone in network)
