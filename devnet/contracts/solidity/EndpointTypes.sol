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
    /// @notice Whether the contract has this interface.
    function supportsInterface(bytes4 interfaceId) external view returns (bool);
}

/// @notice What every message library answers; its ERC-165 id is what `registerLibrary` asks for.
interface IMessageLib is IERC165 {
    /// @notice Sets what an application wants of the library. Only the endpoint calls it.
    /// @param config For any eids; what a type means, and how it is encoded, is the library's.
    function setConfig(address oapp, SetConfigParam[] calldata config) external;
    /// @notice What an application wants of the library for one eid: its setting of that type, as the library encodes it.
    function getConfig(uint32 eid, address oapp, uint32 configType) external view returns (bytes memory config);
    /// @notice Whether the library knows a way to this eid, or from it.
    function isSupportedEid(uint32 eid) external view returns (bool);
    /// @notice The library's version, and the version of the endpoint that it is for.
    function version() external view returns (uint64 major, uint8 minor, uint8 endpointVersion);
    /// @notice Whether messages leave through the library, arrive through it, or both.
    function messageLibType() external view returns (MessageLibType);
}

/// @notice A library that packets leave through.
interface ISendLib is IMessageLib {
    /// @notice Takes a packet that leaves now. Only the endpoint calls it.
    /// @param payInLzToken Whether its fee is paid in the endpoint's token.
    /// @return fee What the endpoint pays the library for it.
    /// @return encodedPacket The packet, as the library at its destination reads it.
    function send(Packet calldata packet, bytes calldata options, bool payInLzToken)
        external
        returns (MessagingFee memory fee, bytes memory encodedPacket);
    /// @notice What `send` would take for this packet now.
    /// @param payInLzToken Whether the fee would be paid in the endpoint's token.
    /// @return fee What the endpoint would pay the library for it.
    function quote(Packet calldata packet, bytes calldata options, bool payInLzToken)
        external
        view
        returns (MessagingFee memory fee);
    /// @notice Names who gets what the library itself earns.
    function setTreasury(address treasury) external;
    /// @notice Pays somebody out of what the caller has earned with messages.
    /// @param amount Wei.
    function withdrawFee(address to, uint256 amount) external;
    /// @notice Pays somebody out of fees that came in a token.
    function withdrawLzTokenFee(address lzToken, address to, uint256 amount) external;
}

/// @notice An application that messages reach.
interface ILayerZeroReceiver {
    /// @notice Whether messages from this sender may come. Asked until the first of them was delivered.
    function allowInitializePath(Origin calldata origin) external view returns (bool);
    /// @notice The nonce of the one message that may come next from this sender; 0 where any may.
    function nextNonce(uint32 eid, bytes32 sender) external view returns (uint64);
    /// @notice Takes a message, which goes through once. Only the endpoint may call it.
    /// @param executor Who had the endpoint deliver it.
    /// @param extraData The executor's own words: the sender of the message knows nothing of them.
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
    /// @notice Takes the second step of a message, which goes through once. Only the endpoint may call it.
    /// @param from The application that asked for it.
    /// @param executor Who had the endpoint carry it out.
    /// @param extraData The executor's own words: who asked for the step knows nothing of them.
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
    /// @notice How much an account holds.
    function balanceOf(address account) external view returns (uint256);
    /// @notice Moves tokens of the caller's.
    /// @return Whether they were moved; some tokens answer nothing.
    function transfer(address to, uint256 amount) external returns (bool);
}
