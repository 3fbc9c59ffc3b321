"""What blocking and asynchronous zones have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zero_sdk.client.accounts import Account
from zero_sdk.client.addresses import to_bytes
from zero_sdk.client.deployable import Deployable, deployable_from
from zero_sdk.client.errors import NotADevnet, Refused, WrongArguments
from zero_sdk.client.facts import ZoneFacts
from zero_sdk.client.interface import Interface
from zero_sdk.client.transports.messages import METHOD_NOT_FOUND

_DEVELOPMENT = ("evm_", "anvil_", "hardhat_", "zero_")


class ZoneBase:
    """Names, and the ABIs that the zone knows."""

    def __init__(self, facts: ZoneFacts) -> None:
        self.facts = facts
        """What the zone knows of itself; shared with what is made of it."""

    @property
    def name(self) -> str:
        """In its network; "main" for a single RPC."""
        return self.facts.name

    @property
    def chain_id(self) -> int:
        """As EIP-155 has it."""
        return self.facts.chain_id

    @property
    def is_devnet(self) -> bool:
        """Whether its node has development calls: a Zero devnet, Anvil, Hardhat."""
        return self.facts.network.is_devnet

    def interface_at(self, address: Any) -> Interface | None:
        """The ABI of the contract there, where one was named."""
        return None if address is None else self.facts.interfaces.get(to_bytes(address))

    def deployable(self, artifact: Any) -> Deployable:
        """An artifact of any kind, or the name of one, as what can be deployed. Raises UnknownContract."""
        if isinstance(artifact, str):
            return self.facts.network.artifacts.named(artifact)
        return deployable_from(artifact)

    def _source(self, sender: Any) -> str:
        """The address of who sends. Raises WrongArguments where nobody is named and the zone has no accounts
        of its own."""
        who = self.facts.default_sender if sender is None else sender
        if who is None:
            raise WrongArguments(
                f"who sends it? zone {self.name} has no accounts of its own", "give sender=account"
            )
        return Account.of(who).address

    @property
    def url(self) -> str | None:
        """Of its node; None in process."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}, chain id {self.chain_id}, {self.url or 'in process'}>"


def first_refused(outcomes: Sequence[Any]) -> Refused | None:
    """The first error of a batch."""
    return next((outcome for outcome in outcomes if isinstance(outcome, Refused)), None)


def named_refusal(facts: ZoneFacts, refused: Refused) -> Refused:
    """The refusal with the zone's name; NotADevnet where a development call met a node that has none."""
    refused.zone = facts.name
    is_development = refused.method.startswith(_DEVELOPMENT) and refused.code == METHOD_NOT_FOUND
    if facts.network.is_devnet or not is_development:
        return refused
    words = f"{refused.method} is a development call, and {facts.name} is not a devnet"
    return NotADevnet(refused.method, refused.code, words, zone=facts.name)
