"""The interfaces of the contracts of settlement (docs/settlement-contracts.md) and of Tips, so that logs,
calls and reverts are readable without any artifact."""

from __future__ import annotations

from functools import cache

from devnet.artifacts.items import AbiItem, parse_interface

_BLOCK = (
    "(uint64 height, bytes32 parentRoot, uint64 slot, uint64 incarnation, uint64 proposer, "
    "bytes32 zonesRoot, bytes32 validatorsRoot)"
)
_CERTIFICATE = "(uint32 round, bytes signers, bytes signature, bytes members)"

_FUNCTIONS = (
    # Staking
    "changeOperator(uint32 validator, address operator, bytes key, bytes signature)",
    "claim(uint32 validator) returns (uint256 amount)",
    "delegate(uint32 validator)",
    "fund()",
    "handIn()",
    "register(bytes key, bytes possession) returns (uint32 validator)",
    "resume(uint32 validator)",
    "retire(uint32 validator)",
    "sealEpoch()",
    "setParameters(uint32 unbondingSlots_, uint32 seatLimit_, uint128 issuance_)",
    "takeSeat(uint32 validator, uint256 place)",
    "undelegate(uint32 validator, uint128 amount) returns (uint256 index)",
    "withdraw(uint256)",
    # ZoneRegistry
    "acceptOwnership()",
    (
        "addZone(bytes32 name, uint64 chainId, bytes32 genesisRoot, bytes32 program, "
        "uint64 since) returns (uint32 zone)"
    ),
    "cancelProgram(uint32 zone)",
    "offerOwnership(address to)",
    "scheduleProgram(uint32 zone, bytes32 program, uint64 since)",
    # ForcedInbox
    "post(uint32 zone, bytes transaction, uint64 gas) returns (uint64 index)",
    "setFee(uint128 feePerGas_)",
    # LightClient
    f"advance({_BLOCK} next, {_CERTIFICATE} certificate)",
    f"skip({_BLOCK} parent, {_BLOCK} next, {_CERTIFICATE} certificate)",
)

_EVENTS = (
    # Staking
    "Claimed(uint32 indexed validator, address indexed delegator, uint256 amount)",
    "Delegated(uint32 indexed validator, address indexed delegator, uint256 amount)",
    "Distributed(uint256 amount)",
    "EpochSealed(uint64 indexed epoch, bytes32 root, uint256 members, uint256 stake)",
    "OperatorChanged(uint32 indexed validator, address indexed operator)",
    "ParametersChanged(uint32 unbondingSlots, uint32 seatLimit, uint128 issuance)",
    "Registered(uint32 indexed validator, address indexed operator, bytes key)",
    "ReserveFunded(address indexed by, uint256 amount)",
    "Resumed(uint32 indexed validator)",
    "Retired(uint32 indexed validator)",
    "Seated(uint32 indexed validator, uint256 place)",
    (
        "Undelegated(uint32 indexed validator, address indexed delegator, uint256 amount, "
        "uint256 index, uint64 slot)"
    ),
    "Unseated(uint32 indexed validator)",
    "Withdrawn(address indexed delegator, uint256 index, uint256 amount)",
    # ZoneRegistry
    "OwnershipOffered(address indexed owner, address indexed pendingOwner)",
    "OwnershipTaken(address indexed owner)",
    "ProgramCancelled(uint32 indexed zone, bytes32 id, uint64 since)",
    "ProgramScheduled(uint32 indexed zone, bytes32 id, uint64 since)",
    "ZoneAdded(uint32 indexed zone, bytes32 name, uint64 chainId, bytes32 genesisRoot)",
    # ForcedInbox
    "FeeChanged(uint128 feePerGas)",
    (
        "Posted(uint32 indexed zone, uint64 indexed index, bytes32 chain, uint64 gas, address poster, "
        "bytes transaction)"
    ),
    # LightClient
    "Advanced(uint64 indexed height, bytes32 root, bytes32 validatorsRoot)",
    # Tips
    "HandedIn(address indexed by, uint256 amount, uint256 fee)",
)

_ERRORS = (
    # Staking
    "EpochAlreadySealed(uint64 epoch)",
    "KeyIsInfinity()",
    "KeyLength(uint256 length)",
    "KeyMalformed()",
    "KeyTaken(uint32 validator)",
    "MoreThanDelegated(uint256 stake, uint256 amount)",
    "NoStake(uint32 validator)",
    "NobodySeated()",
    "NotSignedByKey()",
    "NothingGiven()",
    "NothingToClaim()",
    "NothingToWithdraw(uint256 index)",
    "OnlyOperator(address caller)",
    "OnlyOwner(address caller)",
    "PaymentRefused(address receiver)",
    "PrecompileRefused(uint256 precompile)",
    "SeatHeldByMore(uint32 holder, uint256 stake)",
    "SeatLimitOutOfRange(uint256 limit)",
    "SeatedAlready(uint32 validator)",
    "SignatureLength(uint256 length)",
    "StillUnbonding(uint64 slot, uint64 current)",
    "TooMuch(uint256 amount)",
    "UnknownPlace(uint256 place)",
    "UnknownValidator(uint32 validator)",
    "ValidatorNotRetired(uint32 validator)",
    "ValidatorRetired(uint32 validator)",
    # ZoneRegistry
    "BadName(bytes32 name)",
    "ChainIdTaken(uint64 chainId)",
    "HeightTooEarly(uint64 earliest, uint64 height)",
    "NameTaken(bytes32 name)",
    "NoProgram()",
    "NoProgramYet(uint32 zone, uint64 height)",
    "NothingToCancel(uint32 zone)",
    "OnlyPendingOwner(address caller)",
    "TooManyZones()",
    "UnknownZone(uint32 zone)",
    # ForcedInbox
    "GasOutOfRange(uint64 gas)",
    "TransactionLength(uint256 length)",
    "UnknownEntry(uint32 zone, uint64 index)",
    "WrongFee(uint256 expected, uint256 given)",
    # LightClient
    "BadBitmap()",
    "MembersLength(uint256 length)",
    "NotAbove(uint64 known, uint64 given)",
    "NotNext(uint64 expected, uint64 given)",
    "NotSigned()",
    "NotTheSet(bytes32 expected, bytes32 given)",
    "OldIncarnation(uint64 known, uint64 given)",
    "OtherParent(bytes32 expected, bytes32 given)",
    "SetHasChanged(bytes32 known, bytes32 given)",
    "TooLittleStake(uint256 signed, uint256 total)",
    # Tips
    "TooLittle(uint256 held, uint256 least)",
)


@cache
def settlement_items() -> tuple[AbiItem, ...]:
    """Functions that change something, events and errors. Made at first use."""
    return parse_interface(_FUNCTIONS, _EVENTS, _ERRORS)
