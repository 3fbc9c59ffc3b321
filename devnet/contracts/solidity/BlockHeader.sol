// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Rlp} from "./Rlp.sol";

/// @notice What a block's hash commits to.
struct Header {
    bytes32 hash;
    bytes32 parentHash;
    address coinbase;
    bytes32 stateRoot;
    bytes32 transactionsRoot;
    bytes32 receiptsRoot;
    uint64 number;
    uint64 gasLimit;
    uint64 gasUsed;
    /// In seconds since the epoch.
    uint64 timestamp;
    /// PREVRANDAO of the block.
    bytes32 mixHash;
    /// In wei a gas.
    uint256 baseFee;
}

/// @title A block's header, opened by its hash.
library BlockHeader {
    /// @notice The header does not have this hash. (Blocks of a reserved range have a name for a hash.)
    error WrongHeader(bytes32 expected, bytes32 shown);
    /// @notice It has too few fields.
    error HeaderMalformed();

    /// @dev Of the oldest fork that a zone can follow; later ones append more.
    uint256 private constant FIELDS = 16;

    /// @notice The header with this hash, from its RLP. Reverts for any other.
    function open(bytes32 blockHash, bytes calldata encoded) internal pure returns (Header memory header) {
        bytes32 shown = hashOf(encoded);
        if (shown != blockHash) revert WrongHeader(blockHash, shown);
        header.hash = blockHash;
        bytes calldata rest = Rlp.list(encoded);
        uint256 place = 0;
        for (; rest.length != 0; ++place) {
            bytes calldata field;
            (field, rest) = Rlp.takeBytes(rest);
            if (place < FIELDS) set(header, place, field);
        }
        if (place < FIELDS) revert HeaderMalformed();
    }

    /// @dev Ommers, bloom, difficulty, extra data and nonce are of no use to anybody.
    function set(Header memory header, uint256 place, bytes calldata field) private pure {
        if (place == 0) header.parentHash = Rlp.word32(field);
        else if (place == 2) header.coinbase = Rlp.account(field);
        else if (place == 3) header.stateRoot = Rlp.word32(field);
        else if (place == 4) header.transactionsRoot = Rlp.word32(field);
        else if (place == 5) header.receiptsRoot = Rlp.word32(field);
        else if (place == 8) header.number = Rlp.number64(field);
        else if (place == 9) header.gasLimit = Rlp.number64(field);
        else if (place == 10) header.gasUsed = Rlp.number64(field);
        else if (place == 11) header.timestamp = Rlp.number64(field);
        else if (place == 13) header.mixHash = Rlp.word32(field);
        else if (place == 15) header.baseFee = Rlp.number(field);
    }

    function hashOf(bytes calldata encoded) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let scratch := mload(0x40)
            calldatacopy(scratch, encoded.offset, encoded.length)
            hash := keccak256(scratch, encoded.length)
        }
    }
}
