// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Origin} from "./EndpointTypes.sol";

/// @title The channels between applications: lossless, each message delivered once.
/// @notice Every (sender, eid, receiver) is a channel with nonces of its own, from 1 on. A message can be delivered when
/// it and all before it are verified; the order is free beyond that. What was delivered leaves no hash behind, and the
/// lazy nonce, up to which everything was verified when the last message above it was delivered, keeps it from coming again.
abstract contract MessageChannels {
    /// @notice The hash of a message that is not verified, or was delivered.
    bytes32 public constant EMPTY_PAYLOAD_HASH = bytes32(0);
    /// @notice The hash of a message that counts as verified and cannot be delivered.
    bytes32 public constant NIL_PAYLOAD_HASH = bytes32(type(uint256).max);

    /// @notice This endpoint's number.
    uint32 public eid;

    /// @notice By receiver, source and sender: the lazy nonce, up to which every message was verified or given up.
    mapping(address receiver => mapping(uint32 srcEid => mapping(bytes32 sender => uint64 nonce))) public lazyInboundNonce;
    /// @notice By receiver, source, sender and nonce: keccak of GUID and message, of one that is verified and was not taken.
    mapping(
        address receiver
            => mapping(uint32 srcEid => mapping(bytes32 sender => mapping(uint64 inboundNonce => bytes32 payloadHash)))
    ) public inboundPayloadHash;
    /// @notice By sender, destination and receiver: how many messages were sent.
    mapping(address sender => mapping(uint32 dstEid => mapping(bytes32 receiver => uint64 nonce))) public outboundNonce;

    /// @notice The receiver gave up a message that was not verified.
    event InboundNonceSkipped(uint32 srcEid, bytes32 sender, address receiver, uint64 nonce);
    /// @notice The receiver made a message one that cannot be delivered until it is verified again.
    /// @param payloadHash What the channel held for it.
    event PacketNilified(uint32 srcEid, bytes32 sender, address receiver, uint64 nonce, bytes32 payloadHash);
    /// @notice The receiver removed a message for ever.
    /// @param payloadHash What the channel held for it.
    event PacketBurnt(uint32 srcEid, bytes32 sender, address receiver, uint64 nonce, bytes32 payloadHash);

    /// @notice The nonce is not one with which this can be done.
    error LZ_InvalidNonce(uint64 nonce);
    /// @notice A message without a hash cannot be verified.
    error LZ_InvalidPayloadHash();
    /// @notice The channel holds another hash for this nonce.
    error LZ_PayloadHashNotFound(bytes32 expected, bytes32 actual);
    /// @notice Only the application or its delegate may do this.
    error LZ_Unauthorized();

    /// @dev Reverts unless the caller may act for the application.
    function checkActsFor(address oapp) internal view virtual;

    // ------------------------------------------------------------ questions

    /// @notice The highest nonce up to which all messages are verified.
    function inboundNonce(address receiver, uint32 srcEid, bytes32 sender) public view returns (uint64 nonce) {
        nonce = lazyInboundNonce[receiver][srcEid][sender];
        mapping(uint64 => bytes32) storage hashes = inboundPayloadHash[receiver][srcEid][sender];
        while (hashes[nonce + 1] != EMPTY_PAYLOAD_HASH) ++nonce;
    }

    /// @notice The GUID of the next message of a channel.
    function nextGuid(address sender, uint32 dstEid, bytes32 receiver) external view returns (bytes32) {
        return guidOf(outboundNonce[sender][dstEid][receiver] + 1, sender, dstEid, receiver);
    }

    /// @dev keccak of the header's fields without the version.
    function guidOf(uint64 nonce, address sender, uint32 dstEid, bytes32 receiver) internal view returns (bytes32) {
        return keccak256(abi.encodePacked(nonce, eid, bytes32(uint256(uint160(sender))), dstEid, receiver));
    }

    // ------------------------------------------------------------ what an application may do with its messages

    /// @notice Gives up the next message that is not verified: it can be verified no more, and those behind it are free.
    /// @param nonce Must be `inboundNonce + 1`, so that a message which is verified meanwhile is not lost by accident.
    function skip(address oapp, uint32 srcEid, bytes32 sender, uint64 nonce) external {
        checkActsFor(oapp);
        if (nonce != inboundNonce(oapp, srcEid, sender) + 1) revert LZ_InvalidNonce(nonce);
        lazyInboundNonce[oapp][srcEid][sender] = nonce;
        emit InboundNonceSkipped(srcEid, sender, oapp, nonce);
    }

    /// @notice Makes a message one that cannot be delivered until it is verified again.
    /// @param payloadHash What the channel holds for the nonce now; empty where it was not verified.
    function nilify(address oapp, uint32 srcEid, bytes32 sender, uint64 nonce, bytes32 payloadHash) external {
        checkActsFor(oapp);
        bytes32 held = inboundPayloadHash[oapp][srcEid][sender][nonce];
        if (held != payloadHash) revert LZ_PayloadHashNotFound(held, payloadHash);
        // Delivered, burnt or skipped.
        if (held == EMPTY_PAYLOAD_HASH && nonce <= lazyInboundNonce[oapp][srcEid][sender]) revert LZ_InvalidNonce(nonce);
        inboundPayloadHash[oapp][srcEid][sender][nonce] = NIL_PAYLOAD_HASH;
        emit PacketNilified(srcEid, sender, oapp, nonce, payloadHash);
    }

    /// @notice Removes a message for ever: it can neither be delivered nor be verified again.
    /// @param nonce At most the lazy nonce, so that the channel has no gap.
    /// @param payloadHash What the channel holds for the nonce now.
    function burn(address oapp, uint32 srcEid, bytes32 sender, uint64 nonce, bytes32 payloadHash) external {
        checkActsFor(oapp);
        bytes32 held = inboundPayloadHash[oapp][srcEid][sender][nonce];
        if (held != payloadHash) revert LZ_PayloadHashNotFound(held, payloadHash);
        if (held == EMPTY_PAYLOAD_HASH || nonce > lazyInboundNonce[oapp][srcEid][sender]) revert LZ_InvalidNonce(nonce);
        delete inboundPayloadHash[oapp][srcEid][sender][nonce];
        emit PacketBurnt(srcEid, sender, oapp, nonce, payloadHash);
    }

    // ------------------------------------------------------------ for the endpoint

    /// @dev The nonce of a message that is sent now.
    function takeOutboundNonce(address sender, uint32 dstEid, bytes32 receiver) internal returns (uint64 nonce) {
        nonce = ++outboundNonce[sender][dstEid][receiver];
    }

    /// @dev Keeps the hash of a message that was verified.
    function keepInbound(Origin calldata origin, address receiver, bytes32 payloadHash) internal {
        if (payloadHash == EMPTY_PAYLOAD_HASH) revert LZ_InvalidPayloadHash();
        inboundPayloadHash[receiver][origin.srcEid][origin.sender][origin.nonce] = payloadHash;
    }

    /// @dev Takes a message out of its channel, which it must be in, with all before it verified.
    function clearInbound(Origin calldata origin, address receiver, bytes memory payload) internal {
        mapping(uint64 => bytes32) storage hashes = inboundPayloadHash[receiver][origin.srcEid][origin.sender];
        uint64 lazy = lazyInboundNonce[receiver][origin.srcEid][origin.sender];
        if (origin.nonce > lazy) {
            for (uint64 nonce = lazy + 1; nonce <= origin.nonce; ++nonce) {
                if (hashes[nonce] == EMPTY_PAYLOAD_HASH) revert LZ_InvalidNonce(nonce);
            }
            lazyInboundNonce[receiver][origin.srcEid][origin.sender] = origin.nonce;
        }
        (bytes32 held, bytes32 shown) = (hashes[origin.nonce], keccak256(payload));
        if (held != shown) revert LZ_PayloadHashNotFound(held, shown);
        delete hashes[origin.nonce];
    }
}
