"""A Zero network in one process: its zones, their clock and its keys. The one place that wires parts
together.

    from devnet.network import Network
    network = Network()
    alpha = network.default_zone
    network.send(alpha, CallRequest(sender=network.keys.addresses[0], to=..., value=Wei(1)))

A network is synchronous, has one owner and starts nothing: no thread, socket or server. Two networks share
nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from devnet.accounts.keyring import KeyRing
from devnet.chain.block import Block
from devnet.chain.transaction import BLOB, DYNAMIC_FEE, Transaction
from devnet.chain.transaction_codec import UnsignedTransaction, decode_transaction, impersonate
from devnet.chain.types import Address, Hash32, Wei, ZoneName
from devnet.clock import Clock, LogicalClock
from devnet.config import BadConfig, NetworkConfig
from devnet.contracts.genesis import system_accounts
from devnet.execution import Engine
from devnet.snapshots import Reach, Snapshots
from devnet.state import State
from devnet.zone.errors import BadRequest, NotUnlocked
from devnet.zone.messages import CallRequest, GenesisAccount, ZoneConfig
from devnet.zone.port import ZonePort

if TYPE_CHECKING:
    from devnet.artifacts.registry import ArtifactRegistry

__all__ = ["BadConfig", "Network", "NetworkConfig", "Parts", "UnknownZone"]


class UnknownZone(LookupError):
    """The network has no such zone."""


def _pyevm() -> Engine:
    # py-evm takes a second to import; a network that is only configured should not pay for it.
    from devnet.execution.pyevm import PyEvmEngine

    return PyEvmEngine()


def _qmdb() -> State:
    from devnet.state.qmdb import Qmdb

    return Qmdb()


def _zone_in_process(config: ZoneConfig, engine: Engine, state: State) -> ZonePort:
    from devnet.zone.zone import Zone

    return Zone(config, engine, state)


@dataclass(frozen=True, slots=True)
class Parts:
    """Which implementations a network uses."""

    engine: Callable[[], Engine] = _pyevm
    """Called once; zones share the engine, which keeps nothing between calls."""
    state: Callable[[], State] = _qmdb
    """Called once for each zone."""
    zone: Callable[[ZoneConfig, Engine, State], ZonePort] = _zone_in_process


class Network:
    """Zones under one clock. Methods take a zone as the `ZonePort` that `zones` holds."""

    def __init__(
        self,
        config: NetworkConfig | None = None,
        parts: Parts | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Builds the genesis of every zone. `clock` defaults to a logical one from the genesis time on."""
        self.config = config or NetworkConfig()
        parts = parts or Parts()
        self.clock: Clock = clock or LogicalClock(self.config.genesis_time)
        self.keys = KeyRing.from_mnemonic(
            self.config.mnemonic, self.config.accounts, self.config.derivation_path
        )
        self.instance_id = secrets.token_bytes(32)
        """New for every network, so that clients notice a restart."""
        self._artifacts: dict[str, ArtifactRegistry] = {}
        engine = parts.engine()
        accounts = _genesis_accounts(self.config, self.keys)
        self.zones: Mapping[ZoneName, ZonePort] = MappingProxyType(
            {
                name: parts.zone(
                    self.config.zone_config(index, accounts, self.keys.addresses), engine, parts.state()
                )
                for index, name in enumerate(self.config.zone_names)
            }
        )
        self._due: dict[ZoneName, tuple[float, float]] = {}
        """Of zones that mine by interval: (interval, when the next block is due)."""
        self.snapshots = Snapshots(self.zones, self.clock)
        """Moments of the whole network that can be gone back to."""

    # ------------------------------------------------------------ zones

    @property
    def artifacts(self) -> ArtifactRegistry:
        """ABIs, sources and labels that callers gave the network. Made at first use, by any thread."""
        if not self._artifacts:
            from devnet.artifacts.registry import ArtifactRegistry

            # One step under the interpreter's lock, so that all threads get the same one.
            return self._artifacts.setdefault("registry", ArtifactRegistry())
        return self._artifacts["registry"]

    @property
    def config_hash(self) -> Hash32:
        """Names the network's rules and genesis."""
        return self.config.hash

    @property
    def default_zone(self) -> ZonePort:
        """The first application zone."""
        return self.zones[ZoneName(self.config.zones[0])]

    def zone(self, name: str | int) -> ZonePort:
        """The zone with that name or chain id. Raises `UnknownZone`."""
        if isinstance(name, str) and name in self.zones:
            return self.zones[ZoneName(name)]
        for zone in self.zones.values():
            if zone.config.chain_id == name:
                return zone
        known = ", ".join(f"{zone} ({port.config.chain_id})" for zone, port in self.zones.items())
        raise UnknownZone(f"no zone {name!r}; there are {known}")

    # ------------------------------------------------------------ transactions

    def submit(self, zone: ZonePort, raw: bytes) -> Hash32:
        """Adds a signed transaction (blob transactions with their sidecar) to the zone's mempool; seals
        nothing.

        Raises MalformedTransaction and InvalidTransaction.
        """
        transaction, sidecar = decode_transaction(raw)
        return zone.submit(transaction, sidecar)

    def send(self, zone: ZonePort, request: CallRequest, *, automine: bool = True) -> Hash32:
        """Completes the request as a wallet would, signs it or impersonates its sender, adds it to the
        mempool, and seals if the zone automines. Raises InvalidTransaction, NotUnlocked and BadRequest."""
        filled = zone.complete(request, self.clock.reading())
        transaction_hash = zone.submit(self._signed(zone, filled), filled.sidecar)
        if automine:
            self.automine(zone)
        return transaction_hash

    def sign(self, zone: ZonePort, request: CallRequest) -> Transaction:
        """The request completed and signed, or impersonated, and not sent."""
        return self._signed(zone, zone.complete(request, self.clock.reading()))

    def unsigned(self, filled: CallRequest) -> UnsignedTransaction:
        """A completed request as what a signature covers."""
        return unsigned_from(filled)

    def _signed(self, zone: ZonePort, filled: CallRequest) -> Transaction:
        sender = filled.sender
        if sender is None:
            raise BadRequest("a transaction needs a sender")
        unsigned = unsigned_from(filled)
        try:
            if sender in self.keys:
                return self.keys.sign_transaction(unsigned, sender)
            if zone.may_impersonate(sender):
                return impersonate(unsigned, sender)
        except ValueError as error:
            # The type that was asked for has no place for one of the fields.
            raise BadRequest(str(error)) from error
        raise NotUnlocked(
            f"the network holds no key for 0x{sender.hex()} and does not impersonate it; "
            "sign the transaction yourself or call anvil_impersonateAccount first"
        )

    # ------------------------------------------------------------ blocks

    def automine(self, zone: ZonePort) -> tuple[Block, ...]:
        """Seals what waits, if the zone automines. Called once after a run of submissions."""
        blocks = zone.automine(self.clock.reading())
        if blocks:
            self.clock.advance(len(blocks))
        return blocks

    def mine(
        self, zone: ZonePort, count: int = 1, interval: int | None = None, timestamp: int | None = None
    ) -> tuple[Block, ...]:
        """Seals `count` blocks; see `ZonePort.mine`."""
        blocks = zone.mine(self.clock.reading(), count, interval, timestamp)
        self.clock.advance(count)
        return blocks

    def tick(self, now: float) -> float | None:
        """Seals a block in every zone whose interval is over; gives when the next one is due, None where no
        zone mines by interval. `now` is in seconds of any clock that only rises."""
        for name, zone in self.zones.items():
            interval = zone.next_due()
            known, due = self._due.get(name, (None, 0.0))
            if interval is None:
                self._due.pop(name, None)
            elif interval != known:
                self._due[name] = (interval, now + interval)
            elif now >= due:
                # A late tick makes no burst of blocks.
                self._due[name] = (interval, max(due + interval, now))
                self.mine(zone)
        return min((due for _, due in self._due.values()), default=None)

    # ------------------------------------------------------------ going back

    def snapshot(self, name: str | None = None) -> int:
        """Remembers every zone and the clock; gives the snapshot's id. See `devnet.snapshots`."""
        return self.snapshots.take(name)

    def revert(self, snapshot: int | str) -> None:
        """Takes every zone and the clock back to a snapshot, which stays usable; newer ones do not.

        Raises UnknownSnapshot where a zone went back behind it on its own; then nothing is changed.
        """
        self.snapshots.revert(snapshot)

    def revert_zone(self, zone: ZonePort, snapshot: int | str) -> Reach:
        """Takes the zone back to a snapshot and, as nothing settles, nothing else; gives how much went back.
        Raises UnknownSnapshot."""
        return self.snapshots.revert_zone(zone, snapshot)


def unsigned_from(filled: CallRequest) -> UnsignedTransaction:
    """A completed request as what a signature covers. Raises BadRequest where something is missing."""
    if filled.nonce is None or filled.gas is None:
        raise BadRequest("a transaction needs a nonce and a gas limit before it can be signed")
    kind = DYNAMIC_FEE if filled.type is None else filled.type
    if kind >= DYNAMIC_FEE:
        max_fee, priority_fee = filled.max_fee_per_gas, filled.max_priority_fee_per_gas
    else:
        max_fee = priority_fee = filled.gas_price
    return UnsignedTransaction(
        type=kind,
        chain_id=filled.chain_id,
        nonce=filled.nonce,
        gas_limit=filled.gas,
        max_fee_per_gas=max_fee or Wei(0),
        max_priority_fee_per_gas=priority_fee or Wei(0),
        to=filled.to,
        value=filled.value or Wei(0),
        data=filled.data,
        access_list=filled.access_list or (),
        max_fee_per_blob_gas=(filled.max_fee_per_blob_gas if kind == BLOB else None) or Wei(0),
        blob_hashes=filled.blob_hashes or (),
        authorizations=filled.authorizations or (),
    )


def _genesis_accounts(config: NetworkConfig, keys: KeyRing) -> Mapping[Address, GenesisAccount]:
    """The genesis of every zone: system contracts, the configured accounts, the funded ones."""
    accounts = dict(system_accounts(config.fork, config.genesis_settlement))
    accounts.update(config.genesis_accounts)
    funded = [(address, config.balance) for address in keys.addresses]
    for address, balance in (*funded, *config.grants):
        accounts[address] = replace(accounts.get(address, GenesisAccount()), balance=balance)
    return accounts
