// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILayerZeroComposer} from "./EndpointTypes.sol";

/// @title Second steps: what an application asks for while it receives, and anybody carries out once.
abstract contract ComposeQueue {
    /// @dev A place of the queue is this after its message was carried out, so that it cannot be asked for again.
    bytes32 private constant CARRIED_OUT = bytes32(uint256(1));

    /// @notice By who asks, who is called, GUID and index: keccak of the message of a second step; 0 where nobody asked for one,
    /// 1 when it was carried out.
    mapping(
        address from => mapping(address to => mapping(bytes32 guid => mapping(uint16 index => bytes32 messageHash)))
    ) public composeQueue;

    /// @notice An application asked for a second step.
    event ComposeSent(address from, address to, bytes32 guid, uint16 index, bytes message);
    /// @notice A second step was carried out.
    event ComposeDelivered(address from, address to, bytes32 guid, uint16 index);
    /// @notice Somebody says that a second step failed. Anybody can, so this proves nothing.
    /// @param executor Who says so.
    /// @param gas That who was called got.
    /// @param value Wei that came along.
    /// @param reason What the call reverted with.
    event LzComposeAlert(
        address indexed from,
        address indexed to,
        address indexed executor,
        bytes32 guid,
        uint16 index,
        uint256 gas,
        uint256 value,
        bytes message,
        bytes extraData,
        bytes reason
    );

    /// @notice The place of the queue is taken, or was.
    error LZ_ComposeExists();
    /// @notice The queue holds another message there.
    error LZ_ComposeNotFound(bytes32 expected, bytes32 actual);

    /// @notice Asks for `to.lzCompose(message)`, once, by anybody and whenever.
    function sendCompose(address to, bytes32 guid, uint16 index, bytes calldata message) external {
        if (composeQueue[msg.sender][to][guid][index] != bytes32(0)) revert LZ_ComposeExists();
        composeQueue[msg.sender][to][guid][index] = keccak256(message);
        emit ComposeSent(msg.sender, to, guid, index, message);
    }

    /// @notice Carries out what `from` asked for. Open to any caller; reverts as the callee does, and can be tried again then.
    function lzCompose(
        address from,
        address to,
        bytes32 guid,
        uint16 index,
        bytes calldata message,
        bytes calldata extraData
    ) external payable {
        bytes32 held = composeQueue[from][to][guid][index];
        bytes32 shown = keccak256(message);
        if (held != shown) revert LZ_ComposeNotFound(held, shown);
        composeQueue[from][to][guid][index] = CARRIED_OUT;
        ILayerZeroComposer(to).lzCompose{value: msg.value}(from, guid, message, msg.sender, extraData);
        emit ComposeDelivered(from, to, guid, index);
    }

    /// @notice Lets an executor tell that a composed call failed. Open to any caller, who is in the event.
    function lzComposeAlert(
        address from,
        address to,
        bytes32 guid,
        uint16 index,
        uint256 gas,
        uint256 value,
        bytes calldata message,
        bytes calldata extraData,
        bytes calldata reason
    ) external {
        emit LzComposeAlert(from, to, msg.sender, guid, index, gas, value, message, extraData, reason);
    }
}
