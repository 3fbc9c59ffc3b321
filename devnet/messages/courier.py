"""The courier: proves messages where they go to and delivers them. `network.courier`."""

from __future__ import annotations

from devnet.accounts.keyring import KeyRing
from devnet.chain.types import Address, Hash32, Wei
from devnet.messages.faults import CourierFaults
from devnet.messages.host import MessageHost
from devnet.messages.messages import Messages
from devnet.messages.modes import Mode, ModeKind
from devnet.messages.turn import CourierAccount, CourierStatus, Turn


class Courier:
    """The courier of one network, called by the network's owner. It knows nothing but what the chains say."""

    def __init__(self, host: MessageHost, messages: Messages, keys: KeyRing) -> None:
        self._host = host
        self._messages = messages
        self._keys = keys
        self.mode = Mode()
        """When it works by itself."""
        self.is_paused = False
        """Whether it does not work by itself, whatever the mode."""
        self.faults = CourierFaults()
        """What it does wrong, on purpose."""
        self.trouble: str | None = None
        """See `CourierStatus.trouble`. Any thread may ask."""

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Its accounts, the same in every zone; none where there is nothing to carry."""
        return self._keys.addresses

    def set_mode(self, kind: ModeKind, delay: int = 0) -> None:
        """From now on. Raises ValueError for a delay that makes no sense."""
        self.mode = Mode(kind, delay)

    def pause(self) -> None:
        """It does nothing by itself until `resume`."""
        self.is_paused = True

    def resume(self) -> None:
        """Ends a pause."""
        self.is_paused = False

    def step(self, limit: int | None = None) -> Turn:
        """A turn now, whatever the mode says, for at most so many messages. Raises NoMessaging."""
        self._messages.follow()
        return Turn((), True)

    def retry(
        self, guid: Hash32, *, compose: int | None = None, gas: int | None = None, value: Wei | None = None
    ) -> Hash32:
        """Delivers a message that failed again, or makes its composed call with that index; gas and value are
        those of the options by default. Gives the transaction. Raises UnknownMessage and NotDeliverable."""
        raise NotImplementedError

    def status(self) -> CourierStatus:
        """How it does. Any thread may ask. Raises NoMessaging."""
        messages = self._messages
        messages.follow()
        accounts = tuple(
            CourierAccount(index, address, port.balance(address))
            for index, port in enumerate(self._host.zones.values())
            for address in self._keys.addresses
        )
        waiting, failed = messages.open.count, len(messages.open.failed)
        return CourierStatus(self.mode, self.is_paused, waiting, failed, self.trouble, accounts)
