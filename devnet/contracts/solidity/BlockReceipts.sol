// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Rlp} from "./Rlp.sol";

/// @notice What a contract emitted.
struct Log {
    address emitter;
    bytes32[] topics;
    bytes data;
}

/// @notice What became of a transaction.
struct Receipt {
    /// Of the transaction's envelope.
    uint8 transactionType;
    bool success;
    /// By the block's transactions up to this one.
    uint64 cumulativeGasUsed;
    Log[] logs;
}

/// @title Receipts as they stand in a block's trie.
library BlockReceipts {
    /// @notice This is no receipt.
    error ReceiptMalformed();
    /// @notice The receipt has fewer logs.
    error NoSuchLog(uint256 index);

    /// @notice The whole receipt.
    function decode(bytes calldata item) internal pure returns (Receipt memory receipt) {
        bytes calldata logs;
        (receipt.transactionType, receipt.success, receipt.cumulativeGasUsed, logs) = open(item);
        uint256 count = 0;
        bytes calldata rest = logs;
        for (; rest.length != 0; ++count) (, rest) = Rlp.takeList(rest);
        receipt.logs = new Log[](count);
        for (uint256 i = 0; i < count; ++i) (receipt.logs[i], logs) = takeLog(logs);
    }

    /// @notice One log of the receipt, by its place in it.
    function logAt(bytes calldata item, uint256 index) internal pure returns (Log memory found) {
        (,,, bytes calldata logs) = open(item);
        for (uint256 i = 0; i < index && logs.length != 0; ++i) (, logs) = Rlp.takeList(logs);
        if (logs.length == 0) revert NoSuchLog(index);
        (found,) = takeLog(logs);
    }

    /// @dev Of a type's byte (none where the transaction is a legacy one) and the RLP of status, gas, bloom and logs.
    function open(bytes calldata item)
        private
        pure
        returns (uint8 transactionType, bool success, uint64 cumulativeGasUsed, bytes calldata logs)
    {
        if (item.length == 0) revert ReceiptMalformed();
        if (uint8(item[0]) < 0x80) {
            transactionType = uint8(item[0]);
            item = item[1:];
        }
        bytes calldata rest = Rlp.list(item);
        bytes calldata field;
        (field, rest) = Rlp.takeBytes(rest);
        uint256 status = Rlp.number(field);
        if (status > 1) revert ReceiptMalformed();
        success = status == 1;
        (field, rest) = Rlp.takeBytes(rest);
        cumulativeGasUsed = Rlp.number64(field);
        (field, rest) = Rlp.takeBytes(rest);
        if (field.length != 256) revert ReceiptMalformed();
        logs = Rlp.list(rest);
    }

    function takeLog(bytes calldata logs) private pure returns (Log memory found, bytes calldata after_) {
        bytes calldata rest;
        (rest, after_) = Rlp.takeList(logs);
        bytes calldata field;
        (field, rest) = Rlp.takeBytes(rest);
        found.emitter = Rlp.account(field);
        (field, rest) = Rlp.takeList(rest);
        // A topic takes 33 bytes.
        uint256 count = field.length / 33;
        if (count * 33 != field.length || count > 4) revert ReceiptMalformed();
        found.topics = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            bytes calldata topic;
            (topic, field) = Rlp.takeBytes(field);
            found.topics[i] = Rlp.word32(topic);
        }
        (field, rest) = Rlp.takeBytes(rest);
        if (rest.length != 0) revert ReceiptMalformed();
        found.data = field;
    }
}
