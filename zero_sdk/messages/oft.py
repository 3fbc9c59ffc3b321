"""Tokens that move between zones: amounts with their decimals, what a move costs, and the move itself."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, NamedTuple

from zero_sdk.client.addresses import to_address
from zero_sdk.client.errors import BadReturnData, Reverted, WrongArguments
from zero_sdk.client.flows.tours import Tour, ZoneKind, both, run_tour
from zero_sdk.client.interface import Interface
from zero_sdk.client.zone import Zone
from zero_sdk.messages import interfaces
from zero_sdk.messages.asking import ask, order
from zero_sdk.messages.endpoint import endpoint_at
from zero_sdk.messages.mesh import Member
from zero_sdk.messages.words import padded

if TYPE_CHECKING:
    from zero_sdk.client.transaction import Transaction


class Quote(NamedTuple):
    """What a move would cost and bring. Amounts are in the token's smallest unit here, the fee in wei."""

    fee: int
    sent: int
    """What the sender loses: without what the destination could not count."""
    received: int
    """What the receiver gets, in this token's unit."""
    least: int
    most: int
    """What the token lets through at once."""


class Units(NamedTuple):
    """How a token is counted."""

    decimals: int
    """In its zone."""
    shared_decimals: int
    """In messages; alike in all zones."""

    @property
    def dust(self) -> int:
        """The smallest amount that moves, in the token's smallest unit."""
        return int(10 ** (self.decimals - self.shared_decimals))

    def amount(self, text: str | int | Decimal) -> int:
        """See `Oft.amount`."""
        try:
            units = Decimal(text).scaleb(self.decimals)
        except InvalidOperation:
            raise WrongArguments(f"{text!r} is no amount", 'write "1.5"') from None
        if not units.is_finite() or units < 0:
            raise WrongArguments(f"{text} is no amount", 'write "1.5"')
        if units % self.dust:
            raise WrongArguments(
                f"{text} is no amount that moves",
                f"{self.shared_decimals} decimal places move",
            )
        return int(units)

    def movable(self, amount: int) -> int:
        """See `Oft.movable`."""
        return amount - amount % self.dust


class Move(NamedTuple):
    """What is sent to move tokens, as `transact` of the zone takes it."""

    approval: dict[str, Any] | None
    """First, where the OFT may not take the tokens yet."""
    order: dict[str, Any]


class OftBase:
    """What blocking and asynchronous OFTs have in common: what they ask, as tours."""

    def __init__(self, contract: Any, kind: ZoneKind) -> None:
        self.contract = contract
        self.member = Member.of(contract, kind)
        self.zone: Any = self.member.zone
        self.address = self.member.address
        self._kind = kind
        self._token: str | None = None
        self._units: Units | None = None

    def _find_token(self) -> Tour[str]:
        if self._token is None:
            try:
                self._token = yield from self._ask(interfaces.oft(), "token")
            except (Reverted, BadReturnData):
                raise WrongArguments(
                    f"{self.member} is no OFT: it does not answer token()", "an OFT or an OFTAdapter does"
                ) from None
        return self._token

    def _find_units(self) -> Tour[Units]:
        if self._units is None:
            decimals, shared = yield from both(
                self._ask_token("decimals"), self._ask(interfaces.oft(), "sharedDecimals")
            )
            self._units = Units(int(decimals), int(shared))
        return self._units

    def _balance(self, account: Any) -> Tour[int]:
        return self._ask_token("balanceOf", to_address(account))

    def _quote(self, to: Any, receiver: Any, amount: int, options: Any, compose: bytes) -> Tour[Quote]:
        param = (yield from self._eid(to)), *_wish(receiver, amount, 0, options, compose)
        (limit, _, receipt), fee = yield from both(
            self._ask(interfaces.oft(), "quoteOFT", param),
            self._ask(interfaces.oft(), "quoteSend", param, False),
        )
        # A function with one result gives its value: of a struct, the struct.
        return Quote(fee[0], receipt[0], receipt[1], limit[0], limit[1])

    def _move(
        self,
        to: Any,
        receiver: Any,
        amount: int,
        least: int | None,
        options: Any,
        compose: bytes,
        fee: int | None,
        sender: Any,
    ) -> Tour[Move]:
        who = sender if sender is not None else self.zone.facts.default_sender
        if who is None:
            raise WrongArguments(f"who sends it? zone {self.zone.name} has no accounts", "sender=…")
        (wanted, eid), allowed = yield from both(
            both(self._least(amount, least), self._eid(to)), self._allowed(who)
        )
        param = eid, *_wish(receiver, amount, wanted, options, compose)
        if fee is None:
            fee = (yield from self._ask(interfaces.oft(), "quoteSend", param, False))[0]
        approval = None
        if allowed is not None and allowed < amount:
            token = yield from self._find_token()
            approval = self._order(interfaces.token(), token, "approve", (self.address, amount), who)
        sending = self._order(interfaces.oft(), self.address, "send", (param, (fee, 0), to_address(who)), who)
        return Move(approval, {**sending, "value": fee})

    def _least(self, amount: int, least: int | None) -> Tour[int]:
        return (yield from self._find_units()).movable(amount) if least is None else least

    def _allowed(self, owner: Any) -> Tour[int | None]:
        """What an adapter may take of the owner's tokens; None where it asks nobody."""
        if not (yield from self._ask(interfaces.oft(), "approvalRequired")):
            return None
        allowance: int = yield from self._ask_token("allowance", to_address(owner), self.address)
        return allowance

    def _eid(self, to: Any) -> Tour[int]:
        if isinstance(to, int) and not isinstance(to, bool):
            return to
        if isinstance(to, str):
            there = self.zone.network.zone(to)
            return (yield from endpoint_at(there, (yield from self.member.made_for()))).eid
        return (yield from Member.of(to, self._kind).meet()).eid

    def _ask(self, interface: Interface, name: str, *arguments: Any) -> Tour[Any]:
        return ask(self.zone, self.address, interface, name, *arguments)

    def _ask_token(self, name: str, *arguments: Any) -> Tour[Any]:
        token = yield from self._find_token()
        return (yield from ask(self.zone, token, interfaces.token(), name, *arguments))

    def _order(
        self, interface: Interface, to: str, name: str, arguments: tuple[Any, ...], sender: Any
    ) -> dict[str, Any]:
        made = order(self.zone, to, interface, name, arguments, sender)
        return {**made, "action": f"{self.member.name}.{made['function'].signature}"}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.member}>"


def _wish(receiver: Any, amount: int, least: int, options: Any, compose: bytes) -> tuple[Any, ...]:
    """A `SendParam` after its eid."""
    encoded = options if isinstance(options, bytes) else options.encoded
    return (padded(receiver), amount, least, encoded, compose, b"")


class Oft(OftBase):
    """An OFT, or an OFTAdapter in front of a token: `Oft(contract)`."""

    zone: Zone

    def __init__(self, contract: Any) -> None:
        """Raises WrongArguments for what is no contract in a zone of a blocking network."""
        super().__init__(contract, Zone)

    # ------------------------------------------------------------ amounts

    @property
    def token(self) -> str:
        """The token that moves: the OFT itself, or what the adapter locks. Raises WrongArguments for a
        contract that is neither."""
        return run_tour(self._find_token())

    @property
    def units(self) -> Units:
        """How the token is counted here and in messages."""
        return run_tour(self._find_units())

    @property
    def decimals(self) -> int:
        """Of the token in this zone."""
        return self.units.decimals

    @property
    def shared_decimals(self) -> int:
        """Of amounts in messages; alike in all zones. Finer amounts stay behind."""
        return self.units.shared_decimals

    @property
    def dust(self) -> int:
        """The smallest amount that moves, in the token's smallest unit."""
        return self.units.dust

    def amount(self, text: str | int | Decimal) -> int:
        """An amount of whole tokens, in the smallest unit: `amount("1.5")`. Raises WrongArguments for one
        that is finer than what moves: its rest would stay with the sender."""
        return self.units.amount(text)

    def movable(self, amount: int) -> int:
        """What moves of an amount in the smallest unit; the rest stays with the sender."""
        return self.units.movable(amount)

    def balance(self, account: Any) -> int:
        """Of the token, in its smallest unit."""
        return run_tour(self._balance(account))

    # ------------------------------------------------------------ moving

    def quote(
        self,
        to: Any,
        receiver: Any,
        amount: int,
        *,
        options: Any = b"",
        compose: bytes = b"",
        sender: Any = None,
    ) -> Quote:
        """What a move costs now and brings: see `send`."""
        return run_tour(self._quote(to, receiver, amount, options, compose))

    def send(
        self,
        to: Any,
        receiver: Any,
        amount: int,
        *,
        least: int | None = None,
        options: Any = b"",
        compose: bytes = b"",
        fee: int | None = None,
        sender: Any = None,
        **more: Any,
    ) -> Transaction:
        """Moves tokens to another zone: `oft.send("beta", bob, oft.amount("1.5")).message`.

        `to` is a zone's name, its OFT, or an eid. At `least` that much must arrive: what moves of the amount
        by default. `options` come on top of what the OFT enforces; `compose` is for a receiver that is a
        contract and gets a call (`lzCompose`) with it. The `fee` in wei is what `quote` says by default, and
        an adapter's allowance is given first where it is too small. Raises Reverted.
        """
        move = run_tour(self._move(to, receiver, amount, least, options, compose, fee, sender))
        if move.approval is not None:
            self.zone.transact(**move.approval)
        return self.zone.transact(**move.order, **more)
