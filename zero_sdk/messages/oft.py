"""Tokens that move between zones: amounts with their decimals, what a move costs, and the move itself."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from zero_sdk.client.addresses import to_address
from zero_sdk.client.errors import BadReturnData, Reverted, WrongArguments
from zero_sdk.client.interface import Interface
from zero_sdk.messages import interfaces
from zero_sdk.messages.endpoint import EndpointOf
from zero_sdk.messages.mesh import Member, ask
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


class Oft:
    """An OFT, or an OFTAdapter in front of a token: `Oft(contract)`."""

    def __init__(self, contract: Any) -> None:
        """Raises WrongArguments for what is no contract in a zone."""
        self.contract = contract
        self.member = Member.of(contract)
        self.zone = self.member.zone
        self.address = self.member.address

    # ------------------------------------------------------------ amounts

    @cached_property
    def token(self) -> str:
        """The token that moves: the OFT itself, or what the adapter locks. Raises WrongArguments for a
        contract that is neither."""
        try:
            found: str = self._ask(interfaces.oft(), "token")
        except (Reverted, BadReturnData):
            raise WrongArguments(
                f"{self.member} is no OFT: it does not answer token()", "an OFT or an OFTAdapter does"
            ) from None
        return found

    @cached_property
    def decimals(self) -> int:
        """Of the token in this zone."""
        return int(ask(self.zone, self.token, interfaces.token(), "decimals"))

    @cached_property
    def shared_decimals(self) -> int:
        """Of amounts in messages; alike in all zones. Finer amounts stay behind."""
        return int(self._ask(interfaces.oft(), "sharedDecimals"))

    @property
    def dust(self) -> int:
        """The smallest amount that moves, in the token's smallest unit."""
        finer = self.decimals - self.shared_decimals
        return int(10**finer)

    def amount(self, text: str | int | Decimal) -> int:
        """An amount of whole tokens, in the smallest unit: `amount("1.5")`. Raises WrongArguments for one
        that is finer than what moves: its rest would stay with the sender."""
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
        """What moves of an amount in the smallest unit; the rest stays with the sender."""
        return amount - amount % self.dust

    def balance(self, account: Any) -> int:
        """Of the token, in its smallest unit."""
        return int(ask(self.zone, self.token, interfaces.token(), "balanceOf", to_address(account)))

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
        param = self._param(to, receiver, amount, 0, options, compose)
        limit, _, receipt = self._ask(interfaces.oft(), "quoteOFT", param)
        fee = self._ask(interfaces.oft(), "quoteSend", param, False)
        # A function with one result gives its value: of a struct, the struct.
        return Quote(fee[0], receipt[0], receipt[1], limit[0], limit[1])

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
        wanted = self.movable(amount) if least is None else least
        param = self._param(to, receiver, amount, wanted, options, compose)
        paid = self._ask(interfaces.oft(), "quoteSend", param, False)[0] if fee is None else fee
        who = sender if sender is not None else self.zone.facts.default_sender
        if who is None:
            raise WrongArguments(f"who sends it? zone {self.zone.name} has no accounts", "sender=…")
        if self._ask(interfaces.oft(), "approvalRequired"):
            self._approve(who, amount)
        arguments = (param, (paid, 0), to_address(who))
        return self._transact(interfaces.oft(), self.address, "send", arguments, who, value=paid, **more)

    def _approve(self, owner: Any, amount: int) -> None:
        allowed = ask(self.zone, self.token, interfaces.token(), "allowance", to_address(owner), self.address)
        if allowed < amount:
            self._transact(interfaces.token(), self.token, "approve", (self.address, amount), owner)

    def _param(
        self, to: Any, receiver: Any, amount: int, least: int, options: Any, compose: bytes
    ) -> tuple[Any, ...]:
        encoded = options if isinstance(options, bytes) else options.encoded
        return (self._eid(to), padded(receiver), amount, least, encoded, compose, b"")

    def _eid(self, to: Any) -> int:
        if isinstance(to, int) and not isinstance(to, bool):
            return to
        if isinstance(to, str):
            return EndpointOf(self.zone.network.zone(to), self.member.endpoint.address).eid
        return Member.of(to).eid

    def _ask(self, interface: Interface, name: str, *arguments: Any) -> Any:
        return ask(self.zone, self.address, interface, name, *arguments)

    def _transact(
        self, interface: Interface, to: str, name: str, arguments: tuple[Any, ...], sender: Any, **more: Any
    ) -> Transaction:
        called = interface.functions[name][0]
        return self.zone.transact(
            to=to,
            data=called.encode(arguments),
            sender=sender,
            function=called,
            interface=self.zone.interface_at(to) or interface,
            action=f"{self.member.name}.{called.signature}",
            **more,
        )

    def __repr__(self) -> str:
        return f"<Oft {self.member}>"
