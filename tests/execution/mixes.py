"""Blocks that are hard on a scheduler: hot contracts, chains of one sender, paths that depend on what others
did, contracts that come, collide and go, and transactions that cannot be in the block."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from devnet.chain.outbox import ENDPOINT, OUTBOX, PACKET_SENT
from devnet.chain.signature import address_of
from devnet.chain.transaction import DYNAMIC_FEE, LEGACY, SET_CODE, Authorization, Transaction
from devnet.chain.transaction_codec import UnsignedTransaction, sign, sign_authorization
from devnet.chain.types import Address, Wei
from devnet.contracts import artifacts
from devnet.execution import BlockEnv
from tests.execution.memory_state import CHAIN_ID, COINBASE, ETHER, MemoryState, environment

KEYS = tuple(bytes([number]) * 32 for number in range(0x11, 0x19))
SENDERS = tuple(address_of(key) for key in KEYS)
POOR = 7
"""The sender that can pay for little."""


def _contract(number: int) -> Address:
    return Address(b"\xc7" * 19 + bytes([number]))


def push(value: int | bytes) -> bytes:
    data = value if isinstance(value, bytes) else value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")
    return bytes([0x5F + len(data)]) + data


def _store(slot: bytes, value: bytes) -> bytes:
    return value + slot + b"\x55"


def _send(word: bytes) -> bytes:
    """A packet of 120 bytes that ends with the word."""
    return word + push(64 + 88) + b"\x52" + push(PACKET_SENT) + push(64 + 120) + b"\x5f\xa1"


CALLER, CALLVALUE, CALLDATA, BALANCE, SLOAD, SELF = b"\x33", b"\x34", b"\x5f\x35", b"\x31", b"\x54", b"\x30"
_CHILD = b"\x36" + push(7) + b"\x57\x33\xff\x5b\x00"
"""Of the factory: goes away when it is called without data, stays when with."""
_INIT = push(_CHILD) + b"\x5f\x52" + push(len(_CHILD)) + push(32 - len(_CHILD)) + b"\xf3"

PROGRAMS: dict[str, bytes] = {
    # slot 0 += 1: one counter that everybody writes
    "counter": _store(b"\x5f", push(1) + b"\x5f" + SLOAD + b"\x01"),
    # slot[caller] += 1
    "ledger": _store(CALLER, push(1) + CALLER + SLOAD + b"\x01"),
    # the number of calls so far decides which slot is written
    "path": _store(b"\x5f" + SLOAD + push(3) + b"\x90\x06" + push(100) + b"\x01", CALLER)
    + _store(b"\x5f", push(1) + b"\x5f" + SLOAD + b"\x01"),
    # the path's slot 0 decides what is written here, and where
    "follower": b"\x5f\x5f\x5f\x5f\x5f" + push(_contract(2)) + push(50_000) + b"\xf1"
    + _store(push(_contract(2)) + BALANCE, push(7)),
    # slot[block number] = timestamp
    "block": _store(b"\x43", b"\x42"),
    # slot 0 = balance of the coinbase
    "coinbase": _store(b"\x5f", push(COINBASE) + BALANCE),
    # slot 0 = balance of the account in the data
    "watcher": _store(CALLER, CALLDATA + BALANCE),
    # sends what it has to the account in the data
    "payer": b"\x5f\x5f\x5f\x5f" + SELF + BALANCE + CALLDATA + push(30_000) + b"\xf1\x00",
    # destroys itself to the benefit of the caller
    "suicide": CALLER + b"\xff",
    # CREATE2 with one salt: whoever comes second collides; slot 0 = the address or 0
    "factory": push(_INIT) + b"\x5f\x52" + _store(
        b"\x5f", b"\x5f" + push(len(_INIT)) + push(32 - len(_INIT)) + b"\x5f\xf5"
    ),
    # reads slot 0 of the counter by calling it, then takes it all back
    "reverter": b"\x5f\x5f\x5f\x5f\x5f" + push(_contract(0)) + push(60_000) + b"\xf1\x5f\x5f\xfd",
    # calls the account in the data with its value, without data: code only if somebody put some there
    "caller": b"\x5f\x5f\x5f\x5f" + CALLVALUE + CALLDATA + push(60_000) + b"\xf1"
    + _store(CALLDATA, b"\x80"),
    # asks for more memory than there is gas, after having written slot 0
    "waster": _store(b"\x5f", push(1)) + push(2**40) + b"\x51",
    # sends two messages: one says how often that was before, one the value
    "endpoint": _store(b"\x5f", push(1) + b"\x5f" + SLOAD + b"\x01") + push(32) + b"\x5f\x52"
    + push(120) + push(32) + b"\x52" + _send(b"\x5f" + SLOAD) + _send(CALLVALUE),
    # slot 1 = what is left of the caller's balance, if that is odd, else slot 2
    "poverty": _store(CALLER + BALANCE + push(1) + b"\x16" + push(1) + b"\x01", CALLER + BALANCE),
}  # fmt: skip
NAMES = tuple(PROGRAMS)
CONTRACTS = {name: _contract(number) for number, name in enumerate(NAMES)} | {"endpoint": ENDPOINT}


@dataclass
class Mix:
    """A state, an environment, and transactions for one block."""

    state: MemoryState
    env: BlockEnv
    transactions: list[Transaction]


def starting_state() -> MemoryState:
    state = MemoryState()
    for index, sender in enumerate(SENDERS):
        state.put(sender, balance=3_000_000_000_000 if index == POOR else 100 * ETHER, nonce=index)
    for name, code in PROGRAMS.items():
        state.put(CONTRACTS[name], balance=5, nonce=1, code=code)
    return state.put(OUTBOX, nonce=1, code=artifacts.load("Outbox").runtime)


PLACES = (*SENDERS, *CONTRACTS.values(), Address(b"\x77" * 20), COINBASE, Address(bytes(19) + b"\x04"))


@st.composite
def transactions(draw: st.DrawFn, nonces: dict[Address, int], hot: str) -> Transaction:
    """One transaction, usually with the nonce that its sender needs then."""
    index = draw(st.integers(0, len(KEYS) - 1))
    sender = SENDERS[index]
    nonce = nonces[sender] + draw(st.sampled_from((0,) * 14 + (1, -1)))
    kind = draw(
        st.sampled_from(("transfer", "hot", "hot", "call", "call", "call", "empty", "create", "delegate"))
    )
    to: Address | None = draw(st.sampled_from(PLACES))
    value = draw(st.sampled_from((0, 0, 1, 12_345, 1_000_000_000_000)))
    data = b""
    authorizations: tuple[Authorization, ...] = ()
    type_ = draw(st.sampled_from((LEGACY, DYNAMIC_FEE)))
    gas = draw(st.sampled_from((90_000, 150_000, 400_000)))
    if kind == "hot":
        to, data = CONTRACTS[hot], bytes(12) + draw(st.sampled_from(PLACES))
    elif kind == "call":
        to = CONTRACTS[draw(st.sampled_from(NAMES))]
        data = bytes(12) + draw(st.sampled_from(PLACES))
    elif kind == "empty":
        to = CONTRACTS[draw(st.sampled_from(NAMES))]
    elif kind == "create":
        to, data = None, _INIT
    elif kind == "delegate":
        type_ = SET_CODE
        signer = draw(st.integers(0, len(KEYS) - 1))
        authority = SENDERS[signer]
        is_own = authority == sender
        target = draw(st.sampled_from((*CONTRACTS.values(), Address(bytes(20)))))
        offset = draw(st.sampled_from((0, 0, 0, 1)))
        authorizations = (
            sign_authorization(CHAIN_ID, target, nonces[authority] + is_own + offset, KEYS[signer]),
        )
        nonces[authority] += offset == 0
    if nonce == nonces[sender] or kind == "delegate":
        nonces[sender] += 1
    return sign(
        UnsignedTransaction(
            type=type_,
            chain_id=CHAIN_ID,
            nonce=max(nonce, 0),
            gas_limit=gas,
            max_fee_per_gas=Wei(20),
            max_priority_fee_per_gas=Wei(20 if type_ == LEGACY else draw(st.sampled_from((0, 1, 3)))),
            to=to,
            value=Wei(value),
            data=data,
            authorizations=authorizations,
        ),
        KEYS[index],
    )


@st.composite
def mixes(draw: st.DrawFn, most: int = 24) -> Mix:
    """A block of up to `most` transactions; now and then with too little gas for all of them."""
    nonces = {sender: index for index, sender in enumerate(SENDERS)}
    hot = draw(st.sampled_from(NAMES))
    count = draw(st.integers(1, most))
    chosen = [draw(transactions(nonces, hot)) for _ in range(count)]
    gas_limit = draw(st.sampled_from((1_000_000_000, 1_000_000_000, 1_000_000, 400_000)))
    return Mix(starting_state(), environment(gas_limit=gas_limit), chosen)
