// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Origin} from "./EndpointTypes.sol";
import {MessageOptions} from "./MessageOptions.sol";
import {PriceFeed} from "./PriceFeed.sol";
import {IExecutor} from "./ZeroSendLib.sol";

/// @notice What this contract asks of the endpoint.
interface IDelivery {
    /// @notice Delivers a verified message.
    function lzReceive(
        Origin calldata origin,
        address receiver,
        bytes32 guid,
        bytes calldata message,
        bytes calldata extraData
    ) external payable;
    /// @notice Tells that a delivery failed.
    function lzReceiveAlert(
        Origin calldata origin,
        address receiver,
        bytes32 guid,
        uint256 gas,
        uint256 value,
        bytes calldata message,
        bytes calldata extraData,
        bytes calldata reason
    ) external;
    /// @notice Carries out a second step that `from` asked for.
    function lzCompose(
        address from,
        address to,
        bytes32 guid,
        uint16 index,
        bytes calldata message,
        bytes calldata extraData
    ) external payable;
    /// @notice Tells that a second step failed.
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
    ) external;
}

/// @notice What the send library keeps for this contract.
interface IFees {
    /// @notice What a worker has earned and not taken, wei.
    function fees(address worker) external view returns (uint256);
    /// @notice Pays somebody out of what the caller has earned.
    function withdrawFee(address to, uint256 amount) external;
}

/// @title Delivers messages with exactly the gas and value that their options name.
/// @notice Quotes what that costs in the zone that a message leaves, and delivers in the zone where it arrives. Delivering is open to
/// any caller: whoever pays the transaction's gas and the value gets it done, the network's courier or anybody else.
contract Executor is IExecutor {
    struct ExecutionParams {
        address receiver;
        Origin origin;
        bytes32 guid;
        bytes message;
        bytes extraData;
        uint256 gasLimit;
    }

    struct NativeDropParams {
        address receiver;
        uint256 amount;
    }

    /// @dev Gas that a delivery costs beside what the options name, and what may be asked for at most.
    struct Terms {
        uint64 receiveGas;
        uint64 composeGas;
        /// A transaction's gas less what delivering itself takes: no more can be delivered.
        uint64 mostGas;
        /// In ten thousandths.
        uint16 multiplier;
        uint128 nativeCap;
    }

    IDelivery private constant ENDPOINT = IDelivery(0x1a44076050125825900e736c501f859c50fE728c);
    /// @dev Gas that is left to this contract after a call that used all it was given, beside `reserveOf` what was called with.
    uint256 private constant RESERVE = 60_000;

    /// @dev Bytes of what a receiver says that are told.
    uint256 private constant MOST_REASON = 256;

    /// @notice Where the prices of gas are.
    PriceFeed public priceFeed;
    /// @notice Whom the fees go to.
    address public owner;
    /// @notice The library that keeps the fees.
    address public sendLibrary;
    /// @notice The gas that delivering takes beside what the options name, and the most that they may ask for.
    Terms public terms;

    /// @notice Somebody gave the currency to accounts, in the name of a message.
    /// @param success Which of them took it.
    event NativeDropApplied(Origin origin, uint32 dstEid, address oapp, NativeDropParams[] params, bool[] success);
    /// @notice The fees go to another owner.
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);

    /// @notice The options ask for more of the currency than a message brings at most.
    error Executor_NativeAmountExceedsCap(uint256 amount, uint256 cap);
    /// @notice There are no options: they would say how much gas the receiver gets.
    error Executor_NoOptions();
    /// @notice The options give `lzReceive` no gas.
    error Executor_ZeroLzReceiveGasProvided();
    /// @notice No transaction of the destination has so much gas.
    error GasAboveLimit(uint256 gas, uint256 most);
    /// @notice The transaction has too little gas left to give a call what it must get.
    error TooLittleGas(uint256 needed, uint256 left);
    /// @notice What is dropped and sent along is not what the call brought.
    error WrongValue(uint256 needed, uint256 brought);
    /// @notice Only the owner may do this.
    error OnlyOwner(address caller);

    // ------------------------------------------------------------ what it costs

    /// @inheritdoc IExecutor
    function assignJob(uint32 dstEid, address, uint256 calldataSize, bytes calldata options)
        external
        view
        returns (uint256 fee)
    {
        return priceOf(dstEid, calldataSize, options);
    }

    /// @inheritdoc IExecutor
    function getFee(uint32 dstEid, address, uint256 calldataSize, bytes calldata options)
        external
        view
        returns (uint256 fee)
    {
        return priceOf(dstEid, calldataSize, options);
    }

    function priceOf(uint32 dstEid, uint256 calldataSize, bytes calldata options) private view returns (uint256) {
        if (options.length == 0) revert Executor_NoOptions();
        MessageOptions.Wanted memory wanted = MessageOptions.read(options);
        Terms memory t = terms;
        if (wanted.gas == 0) revert Executor_ZeroLzReceiveGasProvided();
        if (wanted.gas > t.mostGas) revert GasAboveLimit(wanted.gas, t.mostGas);
        // Options of one index are one call.
        if (wanted.mostComposeGas > t.mostGas) revert GasAboveLimit(wanted.mostComposeGas, t.mostGas);
        if (wanted.value > t.nativeCap) revert Executor_NativeAmountExceedsCap(wanted.value, t.nativeCap);
        uint256 gas = t.receiveGas + wanted.gas + wanted.composeGas + t.composeGas * wanted.composes;
        // Messages in order have to wait for each other.
        if (wanted.isOrdered) gas = (gas * 102) / 100;
        uint256 cost = priceFeed.costOf(dstEid, calldataSize, gas);
        return ((cost + wanted.value) * t.multiplier) / 10_000;
    }

    /// @notice Hands the fees that were earned to somebody.
    function withdraw(address to, uint256 amount) external {
        if (msg.sender != owner) revert OnlyOwner(msg.sender);
        IFees(sendLibrary).withdrawFee(to, amount);
    }

    /// @notice Hands the ownership on.
    function transferOwnership(address newOwner) external {
        if (msg.sender != owner) revert OnlyOwner(msg.sender);
        emit OwnershipTransferred(owner, newOwner);
        owner = newOwner;
    }

    // ------------------------------------------------------------ delivering

    /// @notice Delivers a verified message; when the receiver reverts, the endpoint tells so and the message stays.
    function execute302(ExecutionParams calldata params) external payable {
        execute(params, msg.value);
    }

    /// @notice The same, after giving the currency to accounts. One that does not take it gets none, and the caller has it back.
    function nativeDropAndExecute302(
        NativeDropParams[] calldata drops,
        uint256 dropGas,
        ExecutionParams calldata params
    ) external payable {
        uint256 dropped = drop(params.origin, 0, params.receiver, drops, dropGas);
        if (dropped > msg.value) revert WrongValue(dropped, msg.value);
        execute(params, msg.value - dropped);
    }

    /// @notice Gives the currency to accounts.
    function nativeDrop(
        Origin calldata origin,
        uint32 dstEid,
        address oapp,
        NativeDropParams[] calldata drops,
        uint256 dropGas
    ) external payable {
        uint256 dropped = drop(origin, dstEid, oapp, drops, dropGas);
        if (dropped != msg.value) revert WrongValue(dropped, msg.value);
    }

    /// @notice Carries out what an application asked for while it received.
    function compose302(
        address from,
        address to,
        bytes32 guid,
        uint16 index,
        bytes calldata message,
        bytes calldata extraData,
        uint256 gasLimit
    ) external payable {
        bytes memory data = abi.encodeCall(IDelivery.lzCompose, (from, to, guid, index, message, extraData));
        if (isDone(gasLimit, msg.value, data)) return;
        bytes memory reason = shortAnswer();
        ENDPOINT.lzComposeAlert(from, to, guid, index, gasLimit, msg.value, message, extraData, reason);
        giveBack(msg.value);
    }

    function execute(ExecutionParams calldata params, uint256 value) private {
        bytes memory data = abi.encodeCall(
            IDelivery.lzReceive, (params.origin, params.receiver, params.guid, params.message, params.extraData)
        );
        if (isDone(params.gasLimit, value, data)) return;
        ENDPOINT.lzReceiveAlert(
            params.origin,
            params.receiver,
            params.guid,
            params.gasLimit,
            value,
            params.message,
            params.extraData,
            shortAnswer()
        );
        giveBack(value);
    }

    /// @dev Calls the endpoint, and copies nothing of what it answers.
    function isDone(uint256 gasLimit, uint256 value, bytes memory data) private returns (bool done) {
        checkGas(gasLimit, data.length);
        address target = address(ENDPOINT);
        assembly ("memory-safe") {
            done := call(gasLimit, target, value, add(data, 32), mload(data), 0, 0)
        }
    }

    /// @dev The beginning of what the last call answered: all of it could cost more gas than is kept back.
    function shortAnswer() private pure returns (bytes memory answer) {
        uint256 size;
        assembly ("memory-safe") {
            size := returndatasize()
        }
        answer = new bytes(size < MOST_REASON ? size : MOST_REASON);
        assembly ("memory-safe") {
            returndatacopy(add(answer, 32), 0, mload(answer))
        }
    }

    /// @dev Else whoever calls with too little gas could make any delivery fail, and a receiver that uses all it gets could
    /// make the whole transaction fail, so that its message is never told to have failed.
    function checkGas(uint256 gasLimit, uint256 size) private view {
        uint256 needed = gasLimit + gasLimit / 63 + reserveOf(size);
        if (gasleft() < needed) revert TooLittleGas(needed, gasleft());
    }

    /// @dev What telling of a failed call may take. Of the bytes that were called with, message and extra data are told: copied
    /// into memory here and there (3 gas a word), which grows by them (3 gas a word, and the words squared / 512 from nothing,
    /// three times as much on top of as many), and logged (8 gas a byte): in all 12 gas a word and 8 a byte, of which the
    /// endpoint gets 63 64ths, and 4 times the words squared / 512, which are the bytes squared / 2^17.
    function reserveOf(uint256 size) private pure returns (uint256 gas) {
        return RESERVE + 10 * size + ((size * size) >> 17);
    }

    /// @return total What all drops together need, whether they were taken or not.
    function drop(
        Origin calldata origin,
        uint32 dstEid,
        address oapp,
        NativeDropParams[] calldata drops,
        uint256 dropGas
    ) private returns (uint256 total) {
        bool[] memory success = new bool[](drops.length);
        uint256 refused;
        for (uint256 i = 0; i < drops.length; ++i) {
            total += drops[i].amount;
            (success[i],) = drops[i].receiver.call{value: drops[i].amount, gas: dropGas}("");
            if (!success[i]) refused += drops[i].amount;
        }
        emit NativeDropApplied(origin, dstEid, oapp, drops, success);
        giveBack(refused);
    }

    function giveBack(uint256 value) private {
        if (value == 0) return;
        (bool done,) = msg.sender.call{value: value}("");
        // Who cannot take it back has no business to bring it.
        if (!done) revert WrongValue(0, value);
    }
}
