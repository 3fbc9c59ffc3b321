"""What can be wrong with a mesh, each with a code that stays (docs/messages.md lists them)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum


class Severity(StrEnum):
    """How bad it is."""

    WRONG = "wrong"
    """Messages do not arrive, or somebody can take over."""
    WARNING = "warning"
    """It works, and somebody should have wanted it so."""


class Flaw(Enum):
    """Code, severity, and what to do."""

    NO_CONTRACT = ("no-contract", Severity.WRONG, "deploy it there, or name another address")
    NO_OAPP = ("no-oapp", Severity.WRONG, "an OApp answers endpoint() and peers(uint32)")
    OTHER_ENDPOINT = (
        "other-endpoint",
        Severity.WRONG,
        "deploy it with 0x1a44076050125825900e736c501f859c50fE728c, the endpoint of every zone",
    )
    PEER_MISSING = ("peer-missing", Severity.WRONG, "zero_sdk.messages.wire sets the peers of both")
    PEER_ONE_SIDED = (
        "peer-one-sided",
        Severity.WRONG,
        "the other side has this contract as its peer already: set it here as well",
    )
    PEER_OTHER = (
        "peer-other",
        Severity.WRONG,
        "whoever is at that address can send it messages that it believes: set the peer again",
    )
    PEER_NO_CONTRACT = ("peer-no-contract", Severity.WRONG, "the peer's address has no code: set it again")
    PEER_MALFORMED = (
        "peer-malformed",
        Severity.WRONG,
        "a peer in an EVM is its address with twelve zero bytes before it: zero_sdk.messages.padded",
    )
    PATH_CLOSED = (
        "path-closed",
        Severity.WRONG,
        "the receiver's allowInitializePath refuses the sender, though it is its peer",
    )
    NO_LIBRARY = ("no-library", Severity.WRONG, "no message library leads there: is the zone settled once?")
    SEND_BLOCKED = ("send-blocked", Severity.WRONG, "choose another send library, or the default")
    RECEIVE_BLOCKED = ("receive-blocked", Severity.WRONG, "choose another receive library, or the default")
    OPTIONS_MISSING = (
        "options-missing",
        Severity.WARNING,
        "without enforced options every sender has to know how much gas the receiver needs",
    )
    OPTIONS_MALFORMED = (
        "options-malformed",
        Severity.WRONG,
        "options of type 3 can be enforced: zero_sdk.messages.Options builds them",
    )
    OPTIONS_NO_GAS = (
        "options-no-gas",
        Severity.WARNING,
        "enforce some: Options().lz_receive(gas)",
    )
    OPTIONS_TOO_LITTLE_GAS = (
        "options-too-little-gas",
        Severity.WRONG,
        "enforce more gas for lzReceive, with a margin",
    )
    OPTIONS_REFUSED = ("options-refused", Severity.WRONG, "the executor does not take such options")
    RECEIVE_REVERTS = (
        "receive-reverts",
        Severity.WRONG,
        "the receiver reverts on the message that was tried; `zero message simulate` shows more",
    )
    SHARED_DECIMALS = (
        "shared-decimals-differ",
        Severity.WRONG,
        "amounts would change on their way: deploy OFTs with equal shared decimals",
    )
    SEVERAL_ADAPTERS = (
        "several-adapters",
        Severity.WARNING,
        "more than one contract locks tokens: one of them may have none left to give back",
    )
    OWNER_ZERO = ("owner-zero", Severity.WARNING, "nobody can change peers or options any more")
    OWNER_PUBLIC_KEY = (
        "owner-public-key",
        Severity.WRONG,
        "everybody has its key: transfer the ownership",
    )
    DELEGATE_PUBLIC_KEY = (
        "delegate-public-key",
        Severity.WRONG,
        "everybody has the delegate's key, and can choose who verifies: setDelegate",
    )
    DELEGATE_ZERO = (
        "delegate-zero",
        Severity.WARNING,
        "nobody can configure it at the endpoint, clear or skip a message",
    )
    DELEGATE_OTHER = (
        "delegate-other",
        Severity.WARNING,
        "the delegate is not the owner, and can choose who verifies messages",
    )
    SEND_LIBRARY_OTHER = ("send-library-other", Severity.WARNING, "it does not follow the endpoint's default")
    RECEIVE_LIBRARY_OTHER = (
        "receive-library-other",
        Severity.WARNING,
        "this library's word suffices to deliver any message: is it the one you trust?",
    )
    GRACE_PERIOD = ("grace-period", Severity.WARNING, "the library before it may verify messages as well")
    EXECUTOR_OTHER = (
        "executor-other",
        Severity.WARNING,
        "another than the usual executor delivers",
    )
    VERIFIERS_SINGLE = (
        "verifiers-single",
        Severity.WARNING,
        "a single verifier's word would suffice on a chain that asks verifiers",
    )
    VERIFIERS_DIFFER = (
        "verifiers-differ",
        Severity.WARNING,
        "the two ends of this direction name different verifiers: messages would never be verified",
    )

    @property
    def code(self) -> str:
        """Stable."""
        return self.value[0]

    @property
    def severity(self) -> Severity:
        return self.value[1]

    @property
    def advice(self) -> str:
        """What to do."""
        return self.value[2]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong, and where."""

    flaw: Flaw
    zone: str
    contract: str
    towards: str | None
    """The other zone of the direction that it concerns."""
    detail: str
    """What was found."""

    @property
    def text(self) -> str:
        """In one line."""
        place = self.zone if self.towards is None else f"{self.zone} -> {self.towards}"
        return f"{self.flaw.code}: {place}: {self.detail}"
