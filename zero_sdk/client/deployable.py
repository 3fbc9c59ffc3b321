"""What can be deployed or talked to, whoever compiled it: an ABI, and perhaps creation code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from zero_sdk.client.addresses import to_bytes
from zero_sdk.client.errors import WrongArguments
from zero_sdk.client.interface import Interface

_PLACEHOLDER = re.compile(r"__.{36}__|__.{38}", re.DOTALL)


@dataclass(frozen=True, slots=True, eq=False)
class Deployable:
    """An interface with the code that creates the contract. `source` is what it was made of."""

    interface: Interface
    creation: str = ""
    """In hex, with placeholders where libraries go; "" for interfaces and abstract contracts."""
    links: tuple[tuple[str, str, int], ...] = ()
    """(source name, library, offset in bytes) of each place for a library's address."""
    source: Any = None

    def creation_code(self, libraries: Mapping[str, Any] | None = None) -> bytes:
        """The creation code with the addresses of its libraries, by `Name` or `path/File.sol:Name`. Raises
        WrongArguments where one is missing, not used, or there is no code."""
        name = self.interface.name or "the contract"
        if not self.creation:
            raise WrongArguments(
                f"{name} has no code to deploy", "it is an interface or an abstract contract"
            )
        given = dict(libraries or {})
        digits = list(self.creation)
        used, missing = set(), set()
        for source, library, start in self.links:
            key = next((key for key in (f"{source}:{library}", library) if key in given), None)
            if key is None:
                missing.add(f"{source}:{library}" if source else library)
                continue
            used.add(key)
            digits[2 * start : 2 * start + 40] = to_bytes(given[key]).hex()
        if missing:
            raise WrongArguments(
                f"{name} needs the addresses of libraries: {', '.join(sorted(missing))}",
                'give libraries={"Name": address}',
            )
        if unused := sorted(given.keys() - used):
            raise WrongArguments(f"{name} uses no library {', '.join(unused)}")
        code = "".join(digits)
        if _PLACEHOLDER.search(code):
            raise WrongArguments(f"{name} was compiled for libraries that its artifact does not name")
        return bytes.fromhex(code)


def deployable_from(source: Any) -> Deployable:
    """Of an artifact of `zero_sdk.compile`, of `devnet.artifacts`, a document of Foundry, Hardhat or this
    project, or an ABI (a list, or an Interface). Raises WrongArguments."""
    if isinstance(source, Deployable):
        return source
    if isinstance(source, Interface):
        return Deployable(source, source=source)
    if isinstance(source, Mapping):
        return _from_document(source)
    if isinstance(source, list | tuple):
        return Deployable(Interface(source), source=source)
    abi = getattr(source, "abi", None)
    if abi is None:
        raise WrongArguments(
            f"{source!r} is no contract", "give an artifact, an ABI, or the name of a contract that is known"
        )
    creation: Any = getattr(source, "creation", None)
    interface = Interface(abi, getattr(source, "name", ""))
    if hasattr(creation, "object"):
        return Deployable(interface, _digits(creation.object), _links(creation.link_references), source)
    if hasattr(creation, "code"):
        # devnet's artifacts keep no placeholders; masked places of creation code are libraries.
        if creation.masked:
            return Deployable(interface, "__" + creation.code.hex(), (), source)
        return Deployable(interface, creation.code.hex(), (), source)
    return Deployable(interface, source=source)


def _from_document(document: Mapping[str, Any]) -> Deployable:
    if "abi" not in document:
        raise WrongArguments("the document has no `abi`", "give a compiler's artifact")
    code = document.get("bytecode") or document.get("creation") or ""
    references = document.get("linkReferences") or {}
    if isinstance(code, Mapping):
        references = code.get("linkReferences") or references
        code = code.get("object") or ""
    name = str(document.get("contractName") or document.get("contract") or document.get("name") or "")
    return Deployable(Interface(document["abi"], name), _digits(code), _links(references), document)


def _digits(code: str) -> str:
    return code.removeprefix("0x")


def _links(references: Mapping[str, Any]) -> tuple[tuple[str, str, int], ...]:
    return tuple(
        (source, library, place["start"] if isinstance(place, Mapping) else place[0])
        for source, libraries in (references or {}).items()
        for library, places in libraries.items()
        for place in places
    )
