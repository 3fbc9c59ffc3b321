"""What can be deployed or talked to, whoever compiled it: an ABI, and perhaps creation code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zero_sdk.client.errors import WrongArguments
from zero_sdk.client.interface import Interface

if TYPE_CHECKING:
    from zero_sdk.compile.linkable import LinkableCode


@dataclass(frozen=True, slots=True, eq=False)
class Deployable:
    """An interface with the code that creates the contract. `source` is what it was made of."""

    interface: Interface
    creation: LinkableCode | None = None
    """Empty for interfaces and abstract contracts; None where only an ABI is known."""
    source: Any = None

    def creation_code(self, libraries: Mapping[str, Any] | None = None) -> bytes:
        """The creation code with the addresses of its libraries, by `Name` or `path/File.sol:Name`. Raises
        WrongArguments where there is no code, and ZeroError where a library is missing or not used."""
        name = self.interface.name or "the contract"
        if self.creation is None or not self.creation.object:
            raise WrongArguments(
                f"{name} has no code to deploy", "it is an interface or an abstract contract"
            )
        code = self.creation.link(libraries)
        if len(code) != self.creation.size:
            raise WrongArguments(f"the code of {name} is not whole hex")
        return code


def deployable_from(source: Any) -> Deployable:
    """Of an artifact of `zero_sdk.compile`, of `devnet.artifacts`, a document of Foundry, Hardhat or this
    project, an ABI (a list, or an Interface), or a contract. Raises WrongArguments."""
    if isinstance(source, Deployable):
        return source
    if isinstance(source, Interface):
        return Deployable(source, source=source)
    if isinstance(source, Mapping):
        return _from_document(source)
    if isinstance(source, list | tuple):
        return Deployable(Interface(source), source=source)
    known = getattr(source, "interface", None)
    if isinstance(known, Interface):
        # A contract, of the library or of `zero bind`.
        artifact = getattr(source, "artifact", None)
        code = None if artifact is None else deployable_from(artifact).creation
        return Deployable(known, code, artifact or known)
    abi = getattr(source, "abi", None)
    if abi is None:
        raise WrongArguments(
            f"{source!r} is no contract", "give an artifact, an ABI, or the name of a contract that is known"
        )
    creation: Any = getattr(source, "creation", None)
    interface = Interface(abi, getattr(source, "name", ""))
    if hasattr(creation, "object"):
        return Deployable(interface, creation, source)
    if hasattr(creation, "code"):
        if creation.masked:
            raise WrongArguments(
                f"{interface.name} uses libraries whose names this artifact does not keep",
                "give the artifact of zero_sdk.compile, or the compiler's document",
            )
        return Deployable(interface, _code(creation.code.hex()), source)
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
    creation = _code(code.removeprefix("0x"), references)
    return Deployable(Interface(document["abi"], name), creation, document)


def _code(digits: str, references: Any = None) -> LinkableCode:
    # The compilers need some time to import, and who only talks to contracts needs none of them.
    from zero_sdk.compile.linkable import LinkableCode

    return LinkableCode(digits, references or {})
