"""What the contracts of messages start with: endpoint, libraries, executor, price feed (docs/messages.md).

Written out by hand because it runs where no ABI library may be imported; the tests hold it against the
compiled artifacts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from devnet.chain.types import ZERO_ADDRESS, Address, Wei
from devnet.contracts import addresses, artifacts
from devnet.contracts.layout import list_slot, mapping_slot, packed
from devnet.zone.messages import GenesisAccount

_GWEI = 10**9
_NOBODY = (1 << 32) - 1
"""In ZoneEids: an eid that would be a zone's by the rule, and that zone has another one."""


@dataclass(frozen=True, slots=True)
class MessagingTerms:
    """What a delivery costs beside what a message's options name, and how much they may name."""

    gas_price: Wei = Wei(_GWEI)
    """Of every destination until a transaction of the owner changes it."""
    gas_per_byte: int = 16
    """Of a message."""
    receive_gas: int = 200_000
    """For proving and delivering a message."""
    compose_gas: int = 60_000
    """For each composed call."""
    most_gas: int = 16_000_000
    """What one call can be given: the cap of a transaction, less what delivering takes itself."""
    multiplier: int = 10_000
    """In ten thousandths: nobody earns on a devnet."""
    native_cap: Wei = Wei(100 * 10**18)
    """Of what a message drops and sends along."""
    most_message_bytes: int = 10_000


@dataclass(frozen=True, slots=True)
class MessagingGenesis:
    """What the contracts of one zone start with."""

    eid: int
    """Of the zone."""
    eids: Sequence[int]
    """Of all zones of genesis, by index."""
    base_eid: int
    """A zone has this + its index where it has no other, also one that is added later."""
    owner: Address = ZERO_ADDRESS
    """Who sets defaults and prices, and takes the fees."""
    terms: MessagingTerms = field(default_factory=MessagingTerms)


def messaging_accounts(genesis: MessagingGenesis) -> Mapping[Address, GenesisAccount]:
    """The contracts that a zone's messages go through."""
    storages = {
        addresses.ENDPOINT: ("Endpoint", _endpoint(genesis)),
        addresses.OUTBOX: ("Outbox", {}),
        addresses.SEND_LIBRARY: ("ZeroSendLib", _send_library(genesis)),
        addresses.RECEIVE_LIBRARY: ("ZeroReceiveLib", _eids(genesis)),
        addresses.BLOCKED_LIBRARY: ("BlockedLibrary", {}),
        addresses.EXECUTOR: ("Executor", _executor(genesis)),
        addresses.PRICE_FEED: ("PriceFeed", _price_feed(genesis)),
    }
    return {
        address: GenesisAccount(
            nonce=1,
            code=artifacts.load(name).runtime,
            storage={slot: value for slot, value in storage.items() if value},
        )
        for address, (name, storage) in storages.items()
    }


def _endpoint(genesis: MessagingGenesis) -> dict[int, int]:
    libraries = (addresses.BLOCKED_LIBRARY, addresses.SEND_LIBRARY, addresses.RECEIVE_LIBRARY)
    return {
        0: genesis.eid,
        5: _number(genesis.owner),
        6: _number(addresses.BLOCKED_LIBRARY),
        7: len(libraries),
        **{list_slot(7) + place: _number(library) for place, library in enumerate(libraries)},
        **{mapping_slot(library, 8): 1 for library in libraries},
        9: _number(addresses.SEND_LIBRARY),
        10: _number(addresses.RECEIVE_LIBRARY),
    }


def _eids(genesis: MessagingGenesis) -> dict[int, int]:
    storage = {2: packed((genesis.base_eid, 32), (genesis.eid, 32))}
    for index, eid in enumerate(genesis.eids):
        by_rule = genesis.base_eid + index
        if eid != by_rule:
            storage |= {mapping_slot(eid, 1): index + 1, mapping_slot(by_rule, 1): _NOBODY}
    return storage


def _send_library(genesis: MessagingGenesis) -> dict[int, int]:
    executor = packed((genesis.terms.most_message_bytes, 32), (_number(addresses.EXECUTOR), 160))
    return {**_eids(genesis), 3: executor}


def _executor(genesis: MessagingGenesis) -> dict[int, int]:
    terms = genesis.terms
    limits = (terms.receive_gas, 64), (terms.compose_gas, 64), (terms.most_gas, 64), (terms.multiplier, 16)
    return {
        0: _number(addresses.PRICE_FEED),
        1: _number(genesis.owner),
        2: _number(addresses.SEND_LIBRARY),
        3: packed(*limits),
        4: terms.native_cap,
    }


def _price_feed(genesis: MessagingGenesis) -> dict[int, int]:
    return {
        0: _number(genesis.owner),
        1: packed((genesis.terms.gas_price, 64), (genesis.terms.gas_per_byte, 32)),
    }


def _number(address: Address) -> int:
    return int.from_bytes(address, "big")
