// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ComposeQueue} from "./ComposeQueue.sol";
import {
    IFeeToken,
    ILayerZeroReceiver,
    ISendLib,
    MessagingFee,
    MessagingParams,
    MessagingReceipt,
    Origin,
    Packet
} from "./EndpointTypes.sol";
import {MessageChannels} from "./MessageChannels.sol";
import {MessageLibraries} from "./MessageLibraries.sol";

/// @title Where messages leave a zone and arrive.
/// @notice Has the interface, events and errors of LayerZero V2's endpoint, so that its applications and tools run unchanged.
/// @dev Written from that interface. It is in genesis, so what a constructor would set is in the storage of genesis.
contract Endpoint is MessageChannels, ComposeQueue, MessageLibraries {
    /// @notice The token that fees may be paid in; zero where there is none.
    address public lzToken;
    /// @notice Zero: fees are paid in the zone's own currency.
    address public constant nativeToken = address(0);
    /// @notice Who may act for an application, besides itself.
    mapping(address oapp => address delegate) public delegates;

    /// @dev While a message is sent: eid of its destination and its sender. Zero otherwise.
    uint256 private sending;

    /// @notice A message left the zone.
    /// @param encodedPayload The packet, as its library encodes it.
    event PacketSent(bytes encodedPayload, bytes options, address sendLibrary);
    /// @notice A library said that this message was sent. It can be delivered when all before it are verified.
    /// @param payloadHash keccak of GUID and message.
    event PacketVerified(Origin origin, address receiver, bytes32 payloadHash);
    /// @notice The receiver took a message: it was called with it, or cleared it.
    event PacketDelivered(Origin origin, address receiver);
    /// @notice Somebody says that a delivery failed. Anybody can, so this proves nothing.
    /// @param executor Who says so.
    /// @param gas That the receiver got.
    /// @param value Wei that came along.
    /// @param reason What the receiver reverted with.
    event LzReceiveAlert(
        address indexed receiver,
        address indexed executor,
        Origin origin,
        bytes32 guid,
        uint256 gas,
        uint256 value,
        bytes message,
        bytes extraData,
        bytes reason
    );
    /// @notice From now on fees may be paid in this token; zero for in none.
    event LzTokenSet(address token);
    /// @notice An application named who may act for it; zero for nobody.
    event DelegateSet(address sender, address delegate);

    /// @notice The fee is more than what was sent along, or than what lies here of the token.
    error LZ_InsufficientFee(
        uint256 requiredNative, uint256 suppliedNative, uint256 requiredLzToken, uint256 suppliedLzToken
    );
    /// @notice The caller may not verify messages to this receiver.
    error LZ_InvalidReceiveLibrary();
    /// @notice There is no token that fees can be paid in.
    error LZ_LzTokenUnavailable();
    /// @notice The receiver does not take messages of this path.
    error LZ_PathNotInitializable();
    /// @notice The message was delivered or given up before.
    error LZ_PathNotVerifiable();
    /// @notice A message is being sent in this very call.
    error LZ_SendReentrancy();
    /// @notice The fee is to be paid in the token, of which nothing lies here.
    error LZ_ZeroLzTokenFee();
    /// @notice Who was to get the currency refused it.
    error Transfer_NativeFailed(address _to, uint256 _value);
    /// @notice Nobody is named who gets a payment, or what is left over.
    error Transfer_ToAddressIsZero();
    /// @notice A token said no, or nothing that can be understood.
    error TokenTransferFailed(address token, address to, uint256 amount);

    // ------------------------------------------------------------ sending

    /// @notice What it costs to send this now.
    function quote(MessagingParams calldata params, address sender) external view returns (MessagingFee memory fee) {
        if (params.payInLzToken && lzToken == address(0)) revert LZ_LzTokenUnavailable();
        uint64 nonce = outboundNonce[sender][params.dstEid][params.receiver] + 1;
        return ISendLib(getSendLibrary(sender, params.dstEid)).quote(
            packetOf(params, sender, nonce), params.options, params.payInLzToken
        );
    }

    /// @notice Sends a message. What is sent along beyond the fee goes to `refundAddress`.
    function send(MessagingParams calldata params, address refundAddress)
        external
        payable
        returns (MessagingReceipt memory receipt)
    {
        if (sending != 0) revert LZ_SendReentrancy();
        sending = (uint256(params.dstEid) << 160) | uint160(msg.sender);
        if (params.payInLzToken && lzToken == address(0)) revert LZ_LzTokenUnavailable();
        address lib = getSendLibrary(msg.sender, params.dstEid);
        receipt = hand(params, lib);
        settle(receipt.fee, params.payInLzToken, lib, refundAddress);
        sending = 0;
    }

    /// @dev Hands the message to its library and announces the packet.
    function hand(MessagingParams calldata params, address lib) private returns (MessagingReceipt memory receipt) {
        uint64 nonce = takeOutboundNonce(msg.sender, params.dstEid, params.receiver);
        Packet memory packet = packetOf(params, msg.sender, nonce);
        bytes memory encoded;
        (receipt.fee, encoded) = ISendLib(lib).send(packet, params.options, params.payInLzToken);
        (receipt.guid, receipt.nonce) = (packet.guid, nonce);
        emit PacketSent(encoded, params.options, lib);
    }

    function packetOf(MessagingParams calldata params, address sender, uint64 nonce)
        private
        view
        returns (Packet memory)
    {
        bytes32 guid = guidOf(nonce, sender, params.dstEid, params.receiver);
        return Packet(nonce, eid, sender, params.dstEid, params.receiver, guid, params.message);
    }

    /// @dev Pays the library out of what came with the call, or lies here of the fee token, and gives back the rest.
    function settle(MessagingFee memory fee, bool payInLzToken, address lib, address refundAddress) private {
        address token = lzToken;
        uint256 supplied = payInLzToken ? IFeeToken(token).balanceOf(address(this)) : 0;
        if (payInLzToken && supplied == 0) revert LZ_ZeroLzTokenFee();
        if (msg.value < fee.nativeFee || supplied < fee.lzTokenFee) {
            revert LZ_InsufficientFee(fee.nativeFee, msg.value, fee.lzTokenFee, supplied);
        }
        if (payInLzToken) {
            payToken(token, lib, fee.lzTokenFee);
            payToken(token, refundAddress, supplied - fee.lzTokenFee);
        }
        payNative(lib, fee.nativeFee);
        payNative(refundAddress, msg.value - fee.nativeFee);
    }

    function payNative(address to, uint256 amount) private {
        if (amount == 0) return;
        if (to == address(0)) revert Transfer_ToAddressIsZero();
        (bool done,) = to.call{value: amount}("");
        if (!done) revert Transfer_NativeFailed(to, amount);
    }

    function payToken(address token, address to, uint256 amount) private {
        if (amount == 0) return;
        if (to == address(0)) revert Transfer_ToAddressIsZero();
        (bool done, bytes memory answer) = token.call(abi.encodeCall(IFeeToken.transfer, (to, amount)));
        // Tokens that answer nothing are tokens too.
        bool said = answer.length == 0 ? token.code.length > 0 : answer.length >= 32 && abi.decode(answer, (uint256)) == 1;
        if (!done || !said) revert TokenTransferFailed(token, to, amount);
    }

    /// @notice Whether a message is being sent in this very call.
    function isSendingMessage() public view returns (bool) {
        return sending != 0;
    }

    /// @notice Destination and sender of the message that is being sent; zeros where none is.
    function getSendContext() external view returns (uint32, address) {
        return (uint32(sending >> 160), address(uint160(sending)));
    }

    // ------------------------------------------------------------ receiving

    /// @notice Lets a receive library say that a message with this hash was sent.
    function verify(Origin calldata origin, address receiver, bytes32 payloadHash) external {
        if (!isValidReceiveLibrary(receiver, origin.srcEid, msg.sender)) revert LZ_InvalidReceiveLibrary();
        if (!initializable(origin, receiver)) revert LZ_PathNotInitializable();
        if (!verifiable(origin, receiver)) revert LZ_PathNotVerifiable();
        keepInbound(origin, receiver, payloadHash);
        emit PacketVerified(origin, receiver, payloadHash);
    }

    /// @notice Whether the receiver takes messages of this path: it did before, or says so.
    function initializable(Origin calldata origin, address receiver) public view returns (bool) {
        return lazyInboundNonce[receiver][origin.srcEid][origin.sender] > 0
            || ILayerZeroReceiver(receiver).allowInitializePath(origin);
    }

    /// @notice Whether the message was neither delivered nor given up.
    function verifiable(Origin calldata origin, address receiver) public view returns (bool) {
        return origin.nonce > lazyInboundNonce[receiver][origin.srcEid][origin.sender]
            || inboundPayloadHash[receiver][origin.srcEid][origin.sender][origin.nonce] != EMPTY_PAYLOAD_HASH;
    }

    /// @notice Delivers a verified message. Open to any caller; reverts as the receiver does, and can be tried again then.
    function lzReceive(
        Origin calldata origin,
        address receiver,
        bytes32 guid,
        bytes calldata message,
        bytes calldata extraData
    ) external payable {
        // Taken out first: who is called cannot make it come twice.
        clearInbound(origin, receiver, abi.encodePacked(guid, message));
        ILayerZeroReceiver(receiver).lzReceive{value: msg.value}(origin, guid, message, msg.sender, extraData);
        emit PacketDelivered(origin, receiver);
    }

    /// @notice Lets an executor tell that a delivery failed. Open to any caller, who is in the event.
    function lzReceiveAlert(
        Origin calldata origin,
        address receiver,
        bytes32 guid,
        uint256 gas,
        uint256 value,
        bytes calldata message,
        bytes calldata extraData,
        bytes calldata reason
    ) external {
        emit LzReceiveAlert(receiver, msg.sender, origin, guid, gas, value, message, extraData, reason);
    }

    /// @notice Takes a verified message without being called with it.
    function clear(address oapp, Origin calldata origin, bytes32 guid, bytes calldata message) external {
        checkActsFor(oapp);
        clearInbound(origin, oapp, abi.encodePacked(guid, message));
        emit PacketDelivered(origin, oapp);
    }

    // ------------------------------------------------------------ who may do what

    /// @notice Names who may act for the caller besides itself; zero for nobody.
    function setDelegate(address delegate) external {
        delegates[msg.sender] = delegate;
        emit DelegateSet(msg.sender, delegate);
    }

    /// @notice Sets the token that fees may be paid in.
    function setLzToken(address token) external onlyOwner {
        lzToken = token;
        emit LzTokenSet(token);
    }

    /// @notice Gives out what was sent here by mistake: a token, or with zero the currency. The endpoint itself keeps nothing.
    function recoverToken(address token, address to, uint256 amount) external onlyOwner {
        if (token == address(0)) payNative(to, amount);
        else payToken(token, to, amount);
    }

    function checkActsFor(address oapp) internal view override {
        if (msg.sender != oapp && msg.sender != delegates[oapp]) revert LZ_Unauthorized();
    }

    function checkMayConfigure(address oapp) internal view override {
        checkActsFor(oapp);
    }
}
