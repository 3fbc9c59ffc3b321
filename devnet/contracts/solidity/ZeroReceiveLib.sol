// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {InvalidReceiver, IERC165, IMessageLib, MessageLibType, Origin, SetConfigParam} from "./EndpointTypes.sol";
import {MessageConfig} from "./MessageConfig.sol";
import {Branch, SettledTree} from "./SettledTree.sol";
import {ZoneEids} from "./ZoneEids.sol";

/// @notice What this library asks of the endpoint.
interface IInbound {
    /// @notice Tells the endpoint that a message with this hash was sent.
    function verify(Origin calldata origin, address receiver, bytes32 payloadHash) external;
    /// @notice Who may act for an application, besides itself; zero for nobody.
    function delegates(address oapp) external view returns (address delegate);
}

/// @notice Where a message is under a settlement block.
struct MessageProof {
    /// Height of a settlement block that this zone knows.
    uint64 height;
    /// The message's number in its zone's outbox.
    uint32 number;
    Branch branch;
}

/// @title What says that a message arrived: anybody who can prove it.
/// @notice A message counts as verified when a settlement block that this zone knows proves that it left its zone. Nobody is trusted
/// beyond settlement itself.
contract ZeroReceiveLib is IMessageLib, MessageConfig, ZoneEids {
    uint256 private constant HEADER_SIZE = 81;

    /// @notice Whether a message with this header was committed once.
    mapping(bytes32 headerHash => bool) public isCommitted;

    /// @notice A message was proven; the endpoint emits `PacketVerified` beside.
    event MessageCommitted(bytes32 indexed headerHash, uint64 height, uint32 number);

    /// @notice The message goes to another zone.
    error LZ_ULN_InvalidEid();
    /// @notice A packet's header has 81 bytes.
    error LZ_ULN_InvalidPacketHeader();
    /// @notice Packets have version 1.
    error LZ_ULN_InvalidPacketVersion();
    /// @notice It was committed before. Only the receiver or its delegate may commit it again, after `nilify` say.
    error AlreadyCommitted(bytes32 headerHash);

    /// @notice Shows that a message was sent, to whom it is for. Open to any caller.
    /// @param header The first 81 bytes of the packet.
    /// @param payloadHash keccak of GUID and message.
    function commitVerification(bytes calldata header, bytes32 payloadHash, MessageProof calldata proof) external {
        if (header.length != HEADER_SIZE) revert LZ_ULN_InvalidPacketHeader();
        if (header[0] != 0x01) revert LZ_ULN_InvalidPacketVersion();
        if (uint32(bytes4(header[45:49])) != ownEid) revert LZ_ULN_InvalidEid();
        Origin memory origin =
            Origin(uint32(bytes4(header[9:13])), bytes32(header[13:45]), uint64(bytes8(header[1:9])));
        bytes32 named = bytes32(header[49:81]);
        // An application's own send library may let it through: it would take the place of another message.
        if (uint256(named) >> 160 != 0) revert InvalidReceiver(named);
        address receiver = address(uint160(uint256(named)));
        bytes32 leaf = keccak256(abi.encodePacked(header, payloadHash));
        SettledTree.checkMessage(proof.height, zoneOf(origin.srcEid), proof.number, leaf, proof.branch);

        bytes32 headerHash = keccak256(header);
        if (isCommitted[headerHash] && msg.sender != receiver && msg.sender != IInbound(ENDPOINT).delegates(receiver)) {
            revert AlreadyCommitted(headerHash);
        }
        isCommitted[headerHash] = true;
        emit MessageCommitted(headerHash, proof.height, proof.number);
        IInbound(ENDPOINT).verify(origin, receiver, payloadHash);
    }

    /// @inheritdoc IMessageLib
    function setConfig(address oapp, SetConfigParam[] calldata params) external onlyEndpoint {
        for (uint256 i = 0; i < params.length; ++i) {
            if (!isSupportedEid(params[i].eid)) revert LZ_ULN_UnsupportedEid(params[i].eid);
            if (params[i].configType != ULN_TYPE) revert LZ_ULN_InvalidConfigType(params[i].configType);
            setUlnConfig(oapp, params[i]);
        }
    }

    /// @inheritdoc IMessageLib
    function getConfig(uint32 eid, address oapp, uint32 configType) external view returns (bytes memory) {
        if (configType != ULN_TYPE) revert LZ_ULN_InvalidConfigType(configType);
        return abi.encode(getUlnConfig(oapp, eid));
    }

    /// @inheritdoc IMessageLib
    function isSupportedEid(uint32 eid) public view override(IMessageLib, ZoneEids) returns (bool) {
        return ZoneEids.isSupportedEid(eid);
    }

    /// @inheritdoc IMessageLib
    function version() external pure returns (uint64 major, uint8 minor, uint8 endpointVersion) {
        return (3, 0, 2);
    }

    /// @inheritdoc IMessageLib
    function messageLibType() external pure returns (MessageLibType) {
        return MessageLibType.Receive;
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IMessageLib).interfaceId || interfaceId == type(IERC165).interfaceId;
    }
}
