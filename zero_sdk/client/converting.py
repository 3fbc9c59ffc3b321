"""Conversions of values that people make by hand: what `zero convert` does."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence

from zero_sdk.client.addresses import checksum, to_address, to_bytes
from zero_sdk.client.errors import WrongArguments
from zero_sdk.client.units import UNITS, from_wei
from zero_sdk.client.words import parse_integer, parse_value


def convert(to: str, values: Sequence[str]) -> str:
    """The values as `to` says. Raises WrongArguments."""
    if to.lower() in UNITS:
        amount = f"{from_wei(parse_integer(_one(to, values)), to):f}"
        return amount.rstrip("0").rstrip(".") if "." in amount else amount
    known = _CONVERSIONS.get(to.lower())
    if known is None:
        names = [*UNITS, *_CONVERSIONS]
        near = difflib.get_close_matches(to, names, 2)
        raise WrongArguments(
            f"nothing is converted to {to!r}",
            f"did you mean {' or '.join(near)}?" if near else f"it is one of {', '.join(names)}",
        )
    return known(values)


def _one(to: str, values: Sequence[str]) -> str:
    if len(values) != 1:
        raise WrongArguments(f"{to} takes one value, and {len(values)} were given")
    return values[0]


def _octets(text: str) -> bytes:
    """Hex as bytes, any other text as UTF-8."""
    if text[:2] in ("0x", "0X"):
        try:
            return bytes.fromhex(text[2:])
        except ValueError:
            raise WrongArguments(f"{text!r} is no hex: it has an odd number of digits, or others") from None
    return text.encode()


def _keccak(octets: bytes) -> bytes:
    from devnet.chain.keccak import keccak256

    return keccak256(octets)


def _dec(values: Sequence[str]) -> str:
    return str(parse_integer(_one("dec", values)))


def _hex(values: Sequence[str]) -> str:
    text = _one("hex", values)
    try:
        return hex(parse_integer(text))
    except WrongArguments:
        return f"0x{text.encode().hex()}"


def _bytes32(values: Sequence[str]) -> str:
    """Numbers on the right, texts on the left, as Solidity has them."""
    text = _one("bytes32", values)
    try:
        number = parse_integer(text)
    except WrongArguments:
        octets = _octets(text)
        if len(octets) > 32:
            raise WrongArguments(f"{text!r} is longer than 32 bytes") from None
        return f"0x{octets.ljust(32, bytes(1)).hex()}"
    if not -(1 << 255) <= number < 1 << 256:
        raise WrongArguments(f"{text} does not fit into 32 bytes")
    return f"0x{number % (1 << 256):064x}"


def _text(values: Sequence[str]) -> str:
    octets = _octets(_one("text", values))
    try:
        return octets.rstrip(b"\0").decode("utf-8")
    except UnicodeDecodeError:
        raise WrongArguments(f"0x{octets.hex()} is no UTF-8 text") from None


def _checksum(values: Sequence[str]) -> str:
    text = _one("checksum", values)
    # What has a wrong checksum is to get the right one.
    return to_address(text.lower())


def _selector(values: Sequence[str]) -> str:
    return f"0x{_digest(_one('selector', values))[:4].hex()}"


def _topic(values: Sequence[str]) -> str:
    return f"0x{_digest(_one('topic', values)).hex()}"


def _digest(signature: str) -> bytes:
    from devnet.artifacts.abi import AbiError
    from devnet.artifacts.items import parse_signature

    try:
        return parse_signature("function", signature).digest
    except AbiError as error:
        raise WrongArguments(f"{signature!r} is no signature: {error}", "write name(type,type)") from None


def _slot(values: Sequence[str]) -> str:
    """SLOT alone is where an array at that slot begins; SLOT TYPE KEY [TYPE KEY]... is a value of a mapping,
    of a mapping in a mapping, ..."""
    if not values or len(values) % 2 == 0:
        raise WrongArguments("slot takes SLOT, or SLOT TYPE KEY", "zero convert slot 3 address 0x...")
    from devnet.artifacts.abi import AbiError, AbiParameter, parse_type
    from zero_sdk.client.encoding import Misfit, encoder_of

    slot = parse_integer(values[0]).to_bytes(32)
    if len(values) == 1:
        return f"0x{_keccak(slot).hex()}"
    for name, key in zip(values[1::2], values[2::2], strict=True):
        try:
            kind = parse_type(name)
            value = parse_value(kind, key)
            if kind.kind in ("string", "bytes"):
                encoded = _octets(key) if kind.kind == "bytes" else str(value).encode()
            else:
                encoded = encoder_of([AbiParameter("key", kind)])([value])
        except (AbiError, Misfit) as error:
            raise WrongArguments(str(error)) from None
        slot = _keccak(encoded + slot)
    return f"0x{slot.hex()}"


def _create(values: Sequence[str]) -> str:
    if len(values) != 2:
        raise WrongArguments("create takes ADDRESS NONCE")
    from devnet.chain import rlp

    nonce = parse_integer(values[1], is_signed=False)
    number = nonce.to_bytes((nonce.bit_length() + 7) // 8)
    return checksum(_keccak(rlp.encode([to_bytes(values[0]), number]))[12:])


def _create2(values: Sequence[str]) -> str:
    if len(values) != 3:
        raise WrongArguments("create2 takes DEPLOYER SALT CODE, the code (or its hash) in hex")
    deployer, salt, code = to_bytes(values[0]), bytes.fromhex(_bytes32([values[1]])[2:]), _octets(values[2])
    digest = code if len(code) == 32 else _keccak(code)
    return checksum(_keccak(b"\xff" + deployer + salt + digest)[12:])


_CONVERSIONS: Mapping[str, Callable[[Sequence[str]], str]] = {
    "dec": _dec,
    "hex": _hex,
    "bytes32": _bytes32,
    "text": _text,
    "checksum": _checksum,
    "keccak": lambda values: f"0x{_keccak(_octets(_one('keccak', values))).hex()}",
    "selector": _selector,
    "topic": _topic,
    "slot": _slot,
    "create": _create,
    "create2": _create2,
}
