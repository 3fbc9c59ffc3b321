"""Amounts of ether and gwei as wei."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation, localcontext

from zero_sdk.client.errors import WrongArguments

UNITS = {"wei": 0, "kwei": 3, "mwei": 6, "gwei": 9, "szabo": 12, "finney": 15, "ether": 18}
"""How many decimal places each unit has above a wei."""

_ENOUGH_DIGITS = 200


def ether(amount: int | str | Decimal | float) -> int:
    """The wei in an amount of ether: `ether("1.5")`. Raises WrongArguments where it is no whole number."""
    return to_wei(amount, "ether")


def gwei(amount: int | str | Decimal | float) -> int:
    """The wei in an amount of gwei: `gwei(2)`. Raises WrongArguments where it is no whole number."""
    return to_wei(amount, "gwei")


def to_wei(amount: int | str | Decimal | float, unit: str) -> int:
    """The wei in an amount of a unit of `UNITS`. A float counts as what it prints as."""
    with localcontext(prec=_ENOUGH_DIGITS):
        try:
            wei = Decimal(str(amount).replace("_", "")).scaleb(_places(unit))
        except InvalidOperation:
            raise WrongArguments(f"{amount!r} is no amount of {unit}") from None
        if not wei.is_finite() or wei != wei.to_integral_value():
            raise WrongArguments(f"{amount} {unit} is no whole number of wei")
        return int(wei)


def from_wei(wei: int, unit: str) -> Decimal:
    """An amount of wei in a unit of `UNITS`, exactly."""
    with localcontext(prec=_ENOUGH_DIGITS):
        return Decimal(wei).scaleb(-_places(unit))


def _places(unit: str) -> int:
    try:
        return UNITS[unit.lower()]
    except KeyError:
        raise WrongArguments(f"{unit!r} is no unit", f"the units are {', '.join(UNITS)}") from None
