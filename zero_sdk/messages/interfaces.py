"""What OApps, OFTs, the endpoint and its libraries answer: LayerZero V2's published interfaces, as ABIs.

An application's own ABI need not have them: they are asked for by these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from zero_sdk.client.interface import Interface

Entry = Mapping[str, Any]
_Inputs = Sequence["str | Entry"]


@cache
def oapp() -> Interface:
    """An OApp: peers, enforced options, who owns it."""
    enforced = _tuple("options", ["uint32 eid", "uint16 msgType", "bytes options"], "[]")
    return Interface(
        [
            _view("endpoint", [], ["address"]),
            _view("owner", [], ["address"]),
            _view("peers", ["uint32 eid"], ["bytes32"]),
            _view("enforcedOptions", ["uint32 eid", "uint16 msgType"], ["bytes"]),
            _view("combineOptions", ["uint32 eid", "uint16 msgType", "bytes extraOptions"], ["bytes"]),
            _view("allowInitializePath", [_ORIGIN], ["bool"]),
            _view("nextNonce", ["uint32 eid", "bytes32 sender"], ["uint64"]),
            _send("setPeer", ["uint32 eid", "bytes32 peer"]),
            _send("setEnforcedOptions", [enforced]),
            _send("setDelegate", ["address delegate"]),
            _send(
                "lzReceive",
                [_ORIGIN, "bytes32 guid", "bytes message", "address executor", "bytes extraData"],
                payable=True,
            ),
            {"type": "error", "name": "NoPeer", "inputs": [_parameter("uint32 eid")]},
            {
                "type": "error",
                "name": "OwnableUnauthorizedAccount",
                "inputs": [_parameter("address account")],
            },
        ],
        "OApp",
    )


@cache
def oft() -> Interface:
    """An OFT or an OFTAdapter, beside what an OApp has."""
    limit = _tuple("limit", ["uint256 minAmountLD", "uint256 maxAmountLD"])
    details = _tuple("details", ["int256 feeAmountLD", "string description"], "[]")
    return Interface(
        [
            _view("token", [], ["address"]),
            _view("approvalRequired", [], ["bool"]),
            _view("sharedDecimals", [], ["uint8"]),
            _view("decimalConversionRate", [], ["uint256"]),
            _view("quoteOFT", [_SEND_PARAM], [limit, details, _OFT_RECEIPT]),
            _view("quoteSend", [_SEND_PARAM, "bool payInLzToken"], [_FEE]),
            _send(
                "send",
                [_SEND_PARAM, _FEE, "address refundAddress"],
                [_tuple("messaging", ["bytes32 guid", "uint64 nonce", _FEE]), _OFT_RECEIPT],
                payable=True,
            ),
        ],
        "OFT",
    )


@cache
def token() -> Interface:
    """What is asked of an ERC-20 token."""
    return Interface(
        [
            _view("decimals", [], ["uint8"]),
            _view("balanceOf", ["address account"], ["uint256"]),
            _view("allowance", ["address owner", "address spender"], ["uint256"]),
            _send("approve", ["address spender", "uint256 amount"], ["bool"]),
        ],
        "Token",
    )


@cache
def endpoint() -> Interface:
    """The endpoint."""
    return _of("Endpoint")


def encode_config(name: str, values: Sequence[Any]) -> bytes:
    """A configuration as `setConfig` takes it: `executor` (type 1) or `uln` (type 2)."""
    argument = (tuple(values),) if name == "uln" else tuple(values)
    return _configurations().functions[name][0].encode(argument)[4:]


def decode_config(name: str, data: bytes) -> Any:
    """The values of a configuration. Raises BadReturnData."""
    return _configurations().functions[name][0].decode(data)


@cache
def _configurations() -> Interface:
    """Configurations stand as bytes in calls; here as arguments and results of functions that nobody has."""
    executor: _Inputs = ["uint32 maxMessageSize", "address executor"]
    uln = _tuple(
        "config",
        [
            "uint64 confirmations",
            "uint8 requiredDVNCount",
            "uint8 optionalDVNCount",
            "uint8 optionalDVNThreshold",
            "address[] requiredDVNs",
            "address[] optionalDVNs",
        ],
    )
    return Interface([_view("executor", executor, executor), _view("uln", [uln], [uln])])


def _of(contract: str) -> Interface:
    from devnet.contracts import artifacts

    return Interface(artifacts.load(contract).abi, contract)


def _parameter(text: str | Entry) -> Entry:
    if not isinstance(text, str):
        return text
    kind, _, name = text.partition(" ")
    return {"type": kind, "name": name}


def _tuple(name: str, members: _Inputs, suffix: str = "") -> Entry:
    return {"type": f"tuple{suffix}", "name": name, "components": [_parameter(entry) for entry in members]}


def _view(name: str, inputs: _Inputs, outputs: _Inputs) -> Entry:
    return {**_send(name, inputs, outputs), "stateMutability": "view"}


def _send(name: str, inputs: _Inputs, outputs: _Inputs = (), *, payable: bool = False) -> Entry:
    return {
        "type": "function",
        "name": name,
        "inputs": [_parameter(entry) for entry in inputs],
        "outputs": [_parameter(entry) for entry in outputs],
        "stateMutability": "payable" if payable else "nonpayable",
    }


_ORIGIN = _tuple("origin", ["uint32 srcEid", "bytes32 sender", "uint64 nonce"])
_FEE = _tuple("fee", ["uint256 nativeFee", "uint256 lzTokenFee"])
_OFT_RECEIPT = _tuple("receipt", ["uint256 amountSentLD", "uint256 amountReceivedLD"])
_SEND_PARAM = _tuple(
    "sendParam",
    [
        "uint32 dstEid",
        "bytes32 to",
        "uint256 amountLD",
        "uint256 minAmountLD",
        "bytes extraOptions",
        "bytes composeMsg",
        "bytes oftCmd",
    ],
)
