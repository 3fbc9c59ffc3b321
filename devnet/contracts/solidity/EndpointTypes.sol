// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// What contracts on both sides of LayerZero V2's endpoint say to each other: its published interface, whose names and
// shapes decide selectors and topics.

/// @notice The upper 12 bytes of a receiver are not zero: it is no address of a zone.
error InvalidReceiver(bytes32 receiver);

struct MessagingParams {
    uint32 dstEid;
    bytes32 receiver;
    bytes message;
    bytes options;
    bool payInLzToken;
}

struct MessagingFee {
    uint256 nativeFee;
    uint256 lzTokenFee;
}

struct MessagingReceipt {
    bytes32 guid;
    uint64 nonce;
    MessagingFee fee;
}

struct Origin {
    uint32 srcEid;
    bytes32 sender;
    uint64 nonce;
}

struct Packet {
    uint64 nonce;
    uint32 srcEid;
    address sender;
    uint32 dstEid;
    bytes32 receiver;
    bytes32 guid;
    bytes message;
}

struct SetConfigParam {
    uint32 eid;
    uint32 configType;
    bytes config;
}

enum MessageLibType {
    Send,
    Receive,
    SendAndReceive
}

/// @notice ERC-165.
interface IERC165 {
    function supportsInterface(bytes4 interfaceId) external view returns (bool);
}

/// @notice What every message library answers; its ERC-165 id is what `registerLibrary` asks for.
interface IMessageLib is IERC165 {
    function setConfig(address oapp, SetConfigParam[] calldata config) external;
    function getConfig(uint32 eid, address oapp, uint32 configType) external view returns (bytes memory config);
    function isSupportedEid(uint32 eid) external view returns (bool);
    function version() external view returns (uint64 major, uint8 minor, uint8 endpointVersion);
    function messageLibType() external view returns (MessageLibType);
}

/// @notice A library that packets leave through.
interface ISendLib is IMessageLib {
    function send(Packet calldata packet, bytes calldata options, bool payInLzToken)
        external
        returns (MessagingFee memory fee, bytes memory encodedPacket);
    function quote(Packet calldata packet, bytes calldata options, bool payInLzToken)
        external
        view
        returns (MessagingFee memory fee);
    function setTreasury(address treasury) external;
    function withdrawFee(address to, uint256 amount) external;
    function withdrawLzTokenFee(address lzToken, address to, uint256 amount) external;
}

/// @notice An application that messages reach.
interface ILayerZeroReceiver {
    function allowInitializePath(Origin calldata origin) external view returns (bool);
    function nextNonce(uint32 eid, bytes32 sender) external view returns (uint64);
    function lzReceive(
        Origin calldata origin,
        bytes32 guid,
        bytes calldata message,
        address executor,
        bytes calldata extraData
    ) external payable;
}

/// @notice An application that takes the second step of a message.
interface ILayerZeroComposer {
    function lzCompose(
        address from,
        bytes32 guid,
        bytes calldata message,
        address executor,
        bytes calldata extraData
    ) external payable;
}

/// @notice What the endpoint uses of a token that fees may be paid in.
interface IFeeToken {
    function balanceOf(address account) external view returns (uint256);
    function transfer(address to, uint256 amount) external returns (bool);
}
