"""What values an option takes: how they are written on the command line, in the environment and in zero.toml.

A kind turns what was written into a value and raises ValueError with a sentence that completes "--port: ...".
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation, localcontext
from pathlib import Path
from typing import Any

WEI_PER_ZRO = 10**18
UINT64_MAX = (1 << 64) - 1
UINT256_MAX = (1 << 256) - 1


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of value. `parse` takes a string, or what TOML gives for an unquoted value."""

    metavar: str
    """How the help writes a value; "" for a flag."""
    parse: Callable[[Any], Any]
    is_list: bool = False
    """The option may be repeated; environment variables separate values with commas."""

    @property
    def is_flag(self) -> bool:
        return not self.metavar


def integer(metavar: str, low: int = 0, high: int = UINT64_MAX) -> Kind:
    """A whole number from `low` to `high`; hexadecimal and underscores are fine."""

    def parse(value: Any) -> int:
        return _within(_integer(value), low, high)

    return Kind(metavar, parse)


def optional_integer(metavar: str, low: int = 0, high: int = UINT64_MAX) -> Kind:
    """A whole number, or "none" to lift the limit."""

    def parse(value: Any) -> int | None:
        if isinstance(value, str) and value.strip().lower() == "none":
            return None
        return _within(_integer(value), low, high)

    return Kind(metavar, parse)


def history(value: Any) -> int | None:
    """How many blocks are kept below the newest one; "all" (None) forgets nothing."""
    if isinstance(value, str) and value.strip().lower() == "all":
        return None
    try:
        return _within(_integer(value), 0, (1 << 63) - 1)
    except ValueError:
        raise ValueError(f"{value!r} is neither a number of blocks nor all") from None


_SIZE = re.compile(r"\s*([0-9][0-9_]*(?:\.[0-9]+)?)\s*([a-zA-Z]*)\s*")
_UNITS = {
    "": 1,
    "b": 1,
    **{f"{letter}b": 1000**power for power, letter in enumerate("kmgt", 1)},
    **{f"{letter}ib": 1024**power for power, letter in enumerate("kmgt", 1)},
}


def size(low: int) -> Kind:
    """A number of bytes, from `low` on, with a unit (500MB, 2GiB); "none" lifts the limit."""

    def parse(value: Any) -> int | None:
        if isinstance(value, str) and value.strip().lower() == "none":
            return None
        found = _SIZE.fullmatch(str(value)) if isinstance(value, int | str) else None
        unit = None if found is None or isinstance(value, bool) else _UNITS.get(found[2].lower())
        if found is None or unit is None:
            raise ValueError(f"{value!r} is not a size like 500MB or 2GiB, and not none")
        return _within(int(Decimal(found[1].replace("_", "")) * unit), low, 1 << 60)

    return Kind("SIZE", parse)


def seconds(low: float = 0.0, *, may_be_none: bool = False) -> Kind:
    """A duration in seconds, fractions allowed."""

    def parse(value: Any) -> float | None:
        if may_be_none and isinstance(value, str) and value.strip().lower() == "none":
            return None
        number = _decimal(value)
        if not Decimal(str(low)) <= number <= Decimal(10**9):
            raise ValueError(f"{value} is not between {low:g} and 1000000000 seconds")
        return float(number)

    return Kind("SECONDS", parse)


def choice(*names: str) -> Kind:
    """One of a few words, in any case."""

    def parse(value: Any) -> str:
        name = _text(value).strip().lower()
        if name not in names:
            raise ValueError(f"{value!r} is not one of {', '.join(names)}")
        return name

    return Kind("|".join(names), parse)


def _integer(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and len(value) < 100:
        try:
            return int(value.strip(), 0)
        except ValueError:
            pass
        if re.fullmatch(r"\s*[0-9_]+\s*", value):  # leading zeros, which int(.., 0) refuses
            return int(value)
    raise ValueError(f"{value!r} is not a whole number")


def _within(number: int, low: int, high: int) -> int:
    if not low <= number <= high:
        raise ValueError(f"{number} is not between {low} and {high}")
    return number


def _decimal(value: Any) -> Decimal:
    if isinstance(value, int | float | str) and not isinstance(value, bool) and len(str(value)) < 100:
        try:
            number = Decimal(str(value).strip().replace("_", ""))
        except InvalidOperation:
            raise ValueError(f"{value!r} is not a number") from None
        if number.is_finite():
            return number
    raise ValueError(f"{value!r} is not a number")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a text; put it in quotes")
    return value


def _nonempty_text(value: Any) -> str:
    if not _text(value).strip():
        raise ValueError("it is empty")
    return _text(value)


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        word = value.strip().lower()
        if word in ("1", "true", "yes", "on"):
            return True
        if word in ("", "0", "false", "no", "off"):
            return False
    raise ValueError(f"{value!r} is neither true nor false")


def zro(value: Any) -> int:
    """An amount of ZRO with up to 18 decimals, in wei."""
    with localcontext(prec=200):  # the default precision would round large amounts
        number = _decimal(value)
        wei = number * WEI_PER_ZRO if number.adjusted() < 80 else Decimal(-1)
    if wei != int(wei):
        raise ValueError(f"{value} has more than 18 decimals")
    if not 0 <= wei <= UINT256_MAX:
        raise ValueError(f"{value} ZRO is not an amount that an account can hold")
    return int(wei)


def _texts(value: Any) -> tuple[str, ...]:
    """A list, or one text with commas."""
    items = value if isinstance(value, list | tuple) else _text(value).split(",")
    return tuple(text for item in items for part in _text(item).split(",") if (text := part.strip()))


def _nonempty_texts(value: Any) -> tuple[str, ...]:
    texts = _texts(value)
    if not texts:
        raise ValueError("it is empty")
    return texts


def _moment(value: Any) -> int:
    """Seconds since the epoch, or an ISO 8601 time (UTC unless it says otherwise)."""
    if isinstance(value, str) and not re.fullmatch(r"\s*(0x)?[0-9a-fA-F_]+\s*", value):
        try:
            value = datetime.datetime.fromisoformat(value.strip())
        except ValueError:
            raise ValueError(
                f"{value!r} is neither seconds since 1970 nor a time like 2030-01-31T12:00:00Z"
            ) from None
    if isinstance(value, datetime.datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=datetime.UTC)
        value = int(aware.timestamp())
    return _within(_integer(value), 0, 1 << 40)


def _zones(value: Any) -> tuple[str, ...] | int:
    """Names of the application zones, or how many."""
    if isinstance(value, int) or (isinstance(value, str) and re.fullmatch(r"\s*[0-9]+\s*", value)):
        return _within(_integer(value), 1, 1000)
    names = _texts(value)
    if not names:
        raise ValueError("a network needs at least one zone")
    return names


def _grant(text: str) -> tuple[bytes, int]:
    address, colon, amount = text.partition(":")
    if not colon or not re.fullmatch(r"0x[0-9a-fA-F]{40}", address.strip()):
        raise ValueError(f"{text!r} is not of the form 0x<40 hex digits>:<amount in ZRO>")
    return bytes.fromhex(address.strip()[2:]), zro(amount)


def _grants(value: Any) -> tuple[tuple[bytes, int], ...]:
    return tuple(_grant(text) for text in _texts(value))


def _eid(text: str) -> tuple[str, int]:
    name, equals, number = text.partition("=")
    if not equals or not name.strip():
        raise ValueError(f"{text!r} is not of the form ZONE=NUMBER")
    return name.strip(), _within(_integer(number), 1, (1 << 32) - 1)


def _eids(value: Any) -> tuple[tuple[str, int], ...]:
    eids = tuple(_eid(text) for text in _texts(value))
    if len({name for name, _ in eids}) != len(eids):
        raise ValueError("a zone is named twice")
    return eids


def _mnemonic(value: Any) -> str:
    from devnet.accounts.mnemonic import validate_mnemonic

    words = _text(value)
    validate_mnemonic(words)
    return words


def _derivation_path(value: Any) -> str:
    from devnet.accounts.derivation import parse_path

    path = _text(value)
    parse_path(path)
    return path


FLAG = Kind("", _flag)
TEXT = Kind("TEXT", _nonempty_text)
MNEMONIC = Kind("TEXT", _mnemonic)
DERIVATION_PATH = Kind("TEXT", _derivation_path)
PATH = Kind("PATH", lambda value: Path(_nonempty_text(value)).expanduser())
AMOUNT = Kind("ZRO", zro)
TEXTS = Kind("TEXT", _nonempty_texts, is_list=True)
PATHS = Kind("PATH", lambda value: tuple(Path(text).expanduser() for text in _texts(value)), is_list=True)
MOMENT = Kind("TIME", _moment)
ZONES = Kind("NAMES|NUMBER", _zones)
GRANTS = Kind("ADDRESS:ZRO", _grants, is_list=True)
EIDS = Kind("ZONE=NUMBER", _eids, is_list=True)
HISTORY = Kind("N|all", history)
WEI = integer("WEI", 0, UINT256_MAX)
