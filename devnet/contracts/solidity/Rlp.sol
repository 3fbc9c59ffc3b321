// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title RLP, read where it lies in calldata.
/// @notice Strict: what has two encodings is refused in all but the shortest one. Nothing is copied but what is asked for.
library Rlp {
    /// @notice This is not RLP, or not of the form that was asked for.
    error RlpMalformed();

    /// @notice The first item of `data`: whether it is a list, what is in it, and what comes after it.
    function split(bytes calldata data)
        internal
        pure
        returns (bool isList, bytes calldata content, bytes calldata rest)
    {
        // Lengths are below 2^64 and positions are in calldata: nothing overflows.
        unchecked {
            if (data.length == 0) revert RlpMalformed();
            uint256 word;
            assembly ("memory-safe") {
                word := calldataload(data.offset)
            }
            uint256 start = 1;
            uint256 length = word >> 248;
            isList = length >= 0xc0;
            if (length < 0x80) {
                start = 0;
                length = 1;
            } else {
                length &= 0x3f;
                if (length > 55) {
                    start = length - 54;
                    if (data.length < start) revert RlpMalformed();
                    length = (word << 8) >> (264 - 8 * start);
                    if (length < 56 || (word << 8) >> 248 == 0) revert RlpMalformed();
                } else if (length == 1 && !isList && (word << 8) >> 248 < 0x80) {
                    revert RlpMalformed();
                }
            }
            if (data.length < start + length) revert RlpMalformed();
            assembly ("memory-safe") {
                content.offset := add(data.offset, start)
                content.length := length
                rest.offset := add(content.offset, length)
                rest.length := sub(data.length, add(start, length))
            }
        }
    }

    /// @notice How many bytes the first item of `data` takes, its prefix included. What is in it is not looked at.
    function sizeOf(bytes calldata data) internal pure returns (uint256 size) {
        if (data.length == 0) revert RlpMalformed();
        unchecked {
            uint256 first;
            assembly ("memory-safe") {
                first := byte(0, calldataload(data.offset))
            }
            if (first < 0x80) return 1;
            if (first & 0x3f > 55) {
                (,, bytes calldata rest) = split(data);
                return data.length - rest.length;
            }
            size = 1 + (first & 0x3f);
            if (size > data.length) revert RlpMalformed();
        }
    }

    /// @notice What is in the list that `data` is, with nothing behind it.
    function list(bytes calldata data) internal pure returns (bytes calldata content) {
        bool isList;
        bytes calldata rest;
        (isList, content, rest) = split(data);
        if (!isList || rest.length != 0) revert RlpMalformed();
    }

    /// @notice The first item of `data`, which must be a list, and what comes after it.
    function takeList(bytes calldata data) internal pure returns (bytes calldata content, bytes calldata rest) {
        bool isList;
        (isList, content, rest) = split(data);
        if (!isList) revert RlpMalformed();
    }

    /// @notice The first item of `data`, which must be no list, and what comes after it.
    function takeBytes(bytes calldata data) internal pure returns (bytes calldata content, bytes calldata rest) {
        bool isList;
        (isList, content, rest) = split(data);
        if (isList) revert RlpMalformed();
    }

    /// @notice 32 bytes as a word.
    function word32(bytes calldata content) internal pure returns (bytes32 word) {
        if (content.length != 32) revert RlpMalformed();
        assembly ("memory-safe") {
            word := calldataload(content.offset)
        }
    }

    /// @notice 20 bytes as an address.
    function account(bytes calldata content) internal pure returns (address found) {
        if (content.length != 20) revert RlpMalformed();
        assembly ("memory-safe") {
            found := shr(96, calldataload(content.offset))
        }
    }

    /// @notice A number of at most 32 bytes, without leading zeros.
    function number(bytes calldata content) internal pure returns (uint256 found) {
        if (content.length == 0) return 0;
        if (content.length > 32) revert RlpMalformed();
        assembly ("memory-safe") {
            found := calldataload(content.offset)
        }
        if (found >> 248 == 0) revert RlpMalformed();
        found >>= 256 - 8 * content.length;
    }

    /// @notice A number of at most 64 bits.
    function number64(bytes calldata content) internal pure returns (uint64) {
        uint256 found = number(content);
        if (found > type(uint64).max) revert RlpMalformed();
        return uint64(found);
    }
}
