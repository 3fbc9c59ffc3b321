"""hypothesis strategies from ABI types: `abi("uint8[2]")`, `arguments(vault.functions.deposit)`.

Numbers reach both ends of their type, addresses are mostly ones that the test knows, byte strings and
arrays stay short enough for a transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from devnet.artifacts.abi import AbiType, parse_type

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

MOST_BYTES = 256
"""Of `bytes` and `string`."""

MOST_ELEMENTS = 8
"""Of an array without a fixed length."""


def abi(kind: str | Mapping[str, Any], addresses: Iterable[Any] = (), **bounds: Any) -> SearchStrategy[Any]:
    """Values of an ABI type, given as text (`uint256`, `(address,bytes)[]`) or as an ABI's parameter with its
    components. `addresses` are those that an address is mostly taken from; bounds are min_value and max_value
    of a number, min_size and max_size of bytes, strings and arrays. Raises AbiError for an unknown type."""
    if isinstance(kind, str):
        found = parse_type(kind)
    else:
        found = parse_type(kind["type"], kind.get("components", ()))
    return _values(found, tuple(_address(one) for one in addresses), bounds)


def arguments(
    inputs: Sequence[Mapping[str, Any]], addresses: Iterable[Any] = (), **fixed: SearchStrategy[Any]
) -> SearchStrategy[tuple[Any, ...]]:
    """What a function can be called with: `inputs` is the list of its parameters in the ABI. A parameter
    named in `fixed` is drawn from there instead."""
    from hypothesis import strategies

    known = tuple(addresses)
    names = [entry.get("name", "") for entry in inputs]
    if unknown := set(fixed) - set(names):
        raise TypeError(f"no parameter is called {sorted(unknown)[0]!r}; there are {', '.join(names)}")
    return strategies.tuples(
        *(
            fixed[name] if name in fixed else abi(entry, known)
            for name, entry in zip(names, inputs, strict=True)
        )
    )


def _values(kind: AbiType, addresses: tuple[str, ...], bounds: Mapping[str, Any]) -> SearchStrategy[Any]:
    from hypothesis import strategies

    match kind.kind:
        case "uint" | "int":
            low, high = _range(kind)
            return strategies.integers(
                max(low, bounds.get("min_value", low)), min(high, bounds.get("max_value", high))
            )
        case "ufixed" | "fixed":
            from decimal import Decimal

            low, high = _range(kind)
            return strategies.integers(low, high).map(lambda digits: Decimal(digits).scaleb(-kind.decimals))
        case "bool":
            return strategies.booleans()
        case "address":
            strangers = strategies.binary(min_size=20, max_size=20).map(lambda octets: "0x" + octets.hex())
            return strategies.sampled_from(addresses) | strangers if addresses else strangers
        case "bytesN":
            return strategies.binary(min_size=kind.size, max_size=kind.size)
        case "function":
            return strategies.binary(min_size=24, max_size=24)
        case "bytes":
            return strategies.binary(
                min_size=bounds.get("min_size", 0), max_size=bounds.get("max_size", MOST_BYTES)
            )
        case "string":
            return strategies.text(
                min_size=bounds.get("min_size", 0), max_size=bounds.get("max_size", MOST_BYTES // 4)
            )
        case "array":
            assert kind.element is not None
            element = _values(kind.element, addresses, {})
            least, most = (kind.size, kind.size) if kind.size >= 0 else (0, MOST_ELEMENTS)
            return strategies.lists(
                element, min_size=bounds.get("min_size", least), max_size=bounds.get("max_size", most)
            )
    return strategies.tuples(*(_values(member.type, addresses, {}) for member in kind.members))


def _range(kind: AbiType) -> tuple[int, int]:
    if kind.kind.startswith("u"):
        return 0, (1 << kind.size) - 1
    return -(1 << kind.size - 1), (1 << kind.size - 1) - 1


def _address(one: Any) -> str:
    return str(getattr(one, "address", one))
