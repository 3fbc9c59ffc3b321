"""The interfaces of messages: LayerZero V2's endpoint, libraries and executor as every zone has them, and the
applications on it (OApp, OFT), so that logs, calls and reverts are readable before any artifact is known.
"""

from __future__ import annotations

from functools import cache

from devnet.artifacts.items import AbiItem, parse_interface

_ORIGIN = "(uint32 srcEid, bytes32 sender, uint64 nonce) origin"
_PARAMS = "(uint32 dstEid, bytes32 receiver, bytes message, bytes options, bool payInLzToken) params"
_FEE = "(uint256 nativeFee, uint256 lzTokenFee) fee"
_EXECUTION = (
    f"(address receiver, {_ORIGIN}, bytes32 guid, bytes message, bytes extraData, uint256 gasLimit) params"
)
_DROPS = "(address receiver, uint256 amount)[]"
_SEND = (
    "(uint32 dstEid, bytes32 to, uint256 amountLD, uint256 minAmountLD, bytes extraOptions, "
    "bytes composeMsg, bytes oftCmd) sendParam"
)

_FUNCTIONS = (
    f"quote({_PARAMS}, address sender) returns ({_FEE})",
    f"send({_PARAMS}, address refundAddress) returns ((bytes32 guid, uint64 nonce, {_FEE}) receipt)",
    f"verify({_ORIGIN}, address receiver, bytes32 payloadHash)",
    f"lzReceive({_ORIGIN}, address receiver, bytes32 guid, bytes message, bytes extraData)",
    "lzCompose(address from, address to, bytes32 guid, uint16 index, bytes message, bytes extraData)",
    "sendCompose(address to, bytes32 guid, uint16 index, bytes message)",
    f"clear(address oapp, {_ORIGIN}, bytes32 guid, bytes message)",
    "skip(address oapp, uint32 srcEid, bytes32 sender, uint64 nonce)",
    "nilify(address oapp, uint32 srcEid, bytes32 sender, uint64 nonce, bytes32 payloadHash)",
    "burn(address oapp, uint32 srcEid, bytes32 sender, uint64 nonce, bytes32 payloadHash)",
    "setDelegate(address delegate)",
    (
        "commitVerification(bytes header, bytes32 payloadHash, "
        "(uint64 height, uint32 number, (uint64 zeros, bytes32[] peers) branch) proof)"
    ),
    f"execute302({_EXECUTION})",
    f"nativeDropAndExecute302({_DROPS} drops, uint256 dropGas, {_EXECUTION})",
    (
        "compose302(address from, address to, bytes32 guid, uint16 index, bytes message, bytes extraData, "
        "uint256 gasLimit)"
    ),
    # The native bridge and its reserve
    "quote(uint32 dstEid, uint128 receiverGas) returns (uint256 fee)",
    (
        "send(uint32 dstEid, address to, uint256 amount, uint128 receiverGas, address refundAddress) "
        "returns (bytes32 guid)"
    ),
    "claim(address account) returns (uint256 amount)",
    "claimTo(address receiver) returns (uint256 amount)",
    "put()",
    "pay(address receiver, uint256 amount, uint256 gasLimit) returns (bool done, bytes reason)",
    # Applications
    f"lzReceive({_ORIGIN}, bytes32 guid, bytes message, address executor, bytes extraData)",
    "lzCompose(address from, bytes32 guid, bytes message, address executor, bytes extraData)",
    f"allowInitializePath({_ORIGIN}) returns (bool)",
    "nextNonce(uint32 eid, bytes32 sender) returns (uint64)",
    "setPeer(uint32 eid, bytes32 peer)",
    "peers(uint32 eid) returns (bytes32)",
    f"quoteSend({_SEND}, bool payInLzToken) returns ({_FEE})",
    f"send({_SEND}, {_FEE}, address refundAddress)",
)

_EVENTS = (
    "PacketSent(bytes encodedPayload, bytes options, address sendLibrary)",
    f"PacketVerified({_ORIGIN}, address receiver, bytes32 payloadHash)",
    f"PacketDelivered({_ORIGIN}, address receiver)",
    (
        f"LzReceiveAlert(address indexed receiver, address indexed executor, {_ORIGIN}, bytes32 guid, "
        "uint256 gas, uint256 value, bytes message, bytes extraData, bytes reason)"
    ),
    "ComposeSent(address from, address to, bytes32 guid, uint16 index, bytes message)",
    "ComposeDelivered(address from, address to, bytes32 guid, uint16 index)",
    (
        "LzComposeAlert(address indexed from, address indexed to, address indexed executor, bytes32 guid, "
        "uint16 index, uint256 gas, uint256 value, bytes message, bytes extraData, bytes reason)"
    ),
    "InboundNonceSkipped(uint32 srcEid, bytes32 sender, address receiver, uint64 nonce)",
    "PacketNilified(uint32 srcEid, bytes32 sender, address receiver, uint64 nonce, bytes32 payloadHash)",
    "PacketBurnt(uint32 srcEid, bytes32 sender, address receiver, uint64 nonce, bytes32 payloadHash)",
    "DelegateSet(address sender, address delegate)",
    "SendLibrarySet(address sender, uint32 eid, address newLib)",
    "ReceiveLibrarySet(address receiver, uint32 eid, address newLib)",
    "DefaultSendLibrarySet(uint32 eid, address newLib)",
    "DefaultReceiveLibrarySet(uint32 eid, address newLib)",
    "DefaultReceiveLibraryTimeoutSet(uint32 eid, address oldLib, uint256 expiry)",
    "ReceiveLibraryTimeoutSet(address receiver, uint32 eid, address oldLib, uint256 timeout)",
    "LibraryRegistered(address newLib)",
    "LzTokenSet(address token)",
    "ExecutorConfigSet(address oapp, uint32 eid, (uint32 maxMessageSize, address executor) config)",
    (
        "UlnConfigSet(address oapp, uint32 eid, (uint64 confirmations, uint8 requiredDVNCount, "
        "uint8 optionalDVNCount, uint8 optionalDVNThreshold, address[] requiredDVNs, "
        "address[] optionalDVNs) config)"
    ),
    "PriceSet(uint32 indexed eid, uint64 gasPrice, uint32 gasPerByte)",
    "NativeFeeWithdrawn(address worker, address receiver, uint256 amount)",
    "ExecutorFeePaid(address executor, uint256 fee)",
    "MessageCommitted(bytes32 indexed headerHash, uint64 height, uint32 number)",
    f"NativeDropApplied({_ORIGIN}, uint32 dstEid, address oapp, {_DROPS} params, bool[] success)",
    # The native bridge and its reserve
    (
        "Sent(bytes32 indexed guid, uint32 indexed dstEid, address indexed from, address to, uint256 amount, "
        "uint128 receiverGas)"
    ),
    (
        "Arrived(bytes32 indexed guid, uint32 indexed srcEid, address indexed to, address from, "
        "uint256 amount, bool isPaid)"
    ),
    "Refused(bytes32 indexed guid, address indexed to, uint256 amount, bytes reason)",
    "Claimed(address indexed account, address indexed receiver, uint256 amount)",
    # Applications
    "PeerSet(uint32 eid, bytes32 peer)",
    (
        "OFTSent(bytes32 indexed guid, uint32 dstEid, address indexed fromAddress, uint256 amountSentLD, "
        "uint256 amountReceivedLD)"
    ),
    "OFTReceived(bytes32 indexed guid, uint32 srcEid, address indexed toAddress, uint256 amountReceivedLD)",
)

_ERRORS = (
    "LZ_AlreadyRegistered()",
    "LZ_ComposeExists()",
    "LZ_ComposeNotFound(bytes32 expected, bytes32 actual)",
    "LZ_DefaultReceiveLibUnavailable()",
    "LZ_DefaultSendLibUnavailable()",
    (
        "LZ_InsufficientFee(uint256 requiredNative, uint256 suppliedNative, uint256 requiredLzToken, "
        "uint256 suppliedLzToken)"
    ),
    "LZ_InvalidExpiry()",
    "LZ_InvalidNonce(uint64 nonce)",
    "LZ_InvalidPayloadHash()",
    "LZ_InvalidReceiveLibrary()",
    "LZ_LzTokenUnavailable()",
    "LZ_NotImplemented()",
    "LZ_OnlyNonDefaultLib()",
    "LZ_OnlyReceiveLib()",
    "LZ_OnlyRegisteredLib()",
    "LZ_OnlyRegisteredOrDefaultLib()",
    "LZ_OnlySendLib()",
    "LZ_PathNotInitializable()",
    "LZ_PathNotVerifiable()",
    "LZ_PayloadHashNotFound(bytes32 expected, bytes32 actual)",
    "LZ_SameValue()",
    "LZ_SendReentrancy()",
    "LZ_Unauthorized()",
    "LZ_UnsupportedEid()",
    "LZ_UnsupportedInterface()",
    "LZ_ZeroLzTokenFee()",
    "LZ_MessageLib_InvalidAmount(uint256 requested, uint256 available)",
    "LZ_MessageLib_InvalidExecutor()",
    "LZ_MessageLib_InvalidMessageSize(uint256 actual, uint256 max)",
    "LZ_MessageLib_OnlyEndpoint()",
    "LZ_MessageLib_TransferFailed()",
    "LZ_MessageLib_ZeroMessageSize()",
    "LZ_ULN_InvalidConfigType(uint32 configType)",
    "LZ_ULN_InvalidEid()",
    "LZ_ULN_InvalidLegacyType1Option()",
    "LZ_ULN_InvalidLegacyType2Option()",
    "LZ_ULN_InvalidOptionalDVNCount()",
    "LZ_ULN_InvalidOptionalDVNThreshold()",
    "LZ_ULN_InvalidPacketHeader()",
    "LZ_ULN_InvalidPacketVersion()",
    "LZ_ULN_InvalidRequiredDVNCount()",
    "LZ_ULN_InvalidWorkerId(uint8 workerId)",
    "LZ_ULN_InvalidWorkerOptions(uint256 cursor)",
    "LZ_ULN_Unsorted()",
    "LZ_ULN_UnsupportedEid(uint32 eid)",
    "LZ_ULN_UnsupportedOptionType(uint16 optionType)",
    "Executor_InvalidLzComposeOption()",
    "Executor_InvalidLzReceiveOption()",
    "Executor_InvalidNativeDropOption()",
    "Executor_NativeAmountExceedsCap(uint256 amount, uint256 cap)",
    "Executor_NoOptions()",
    "Executor_UnsupportedOptionType(uint8 optionType)",
    "Executor_ZeroLzComposeGasProvided()",
    "Executor_ZeroLzReceiveGasProvided()",
    "GasAboveLimit(uint256 gas, uint256 most)",
    "InvalidReceiver(bytes32 receiver)",
    "TooLittleGas(uint256 needed, uint256 left)",
    "WrongValue(uint256 needed, uint256 brought)",
    "AlreadyCommitted(bytes32 headerHash)",
    "Full()",
    "NoSuchZone(uint32 zone)",
    "NotOffered()",
    "OnlyOwner(address caller)",
    "OnlySystem(address caller)",
    "TokenTransferFailed(address token, address to, uint256 amount)",
    "Transfer_NativeFailed(address _to, uint256 _value)",
    "Transfer_ToAddressIsZero()",
    "NotSettled(uint64 height, bytes32 known, bytes32 shown)",
    "WrongBranch()",
    # The native bridge and its reserve
    "NothingGiven()",
    "NoReceiver()",
    "TooMuchGas(uint128 receiverGas, uint128 most)",
    "AmountNotCovered(uint256 amount, uint256 supplied)",
    "NothingExpected(uint256 value)",
    "NothingOwed(address account)",
    "PaymentRefused(address receiver, bytes reason)",
    "ReserveTooSmall(uint256 held, uint256 amount)",
    "OnlyBridge(address caller)",
    # Applications
    "OnlyEndpoint(address addr)",
    "OnlyPeer(uint32 eid, bytes32 sender)",
    "NoPeer(uint32 eid)",
    "NotEnoughNative(uint256 msgValue)",
    "LzTokenUnavailable()",
    "InvalidOptions(bytes options)",
    "InvalidDelegate()",
    "AmountSDOverflowed(uint256 amountSD)",
    "InvalidLocalDecimals()",
    "SlippageExceeded(uint256 amountLD, uint256 minAmountLD)",
)


@cache
def messaging_items() -> tuple[AbiItem, ...]:
    """Functions, events and errors. Made at first use."""
    return parse_interface(_FUNCTIONS, _EVENTS, _ERRORS)
