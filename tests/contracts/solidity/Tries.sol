// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {BlockHeader, Header} from "@zero/contracts/BlockHeader.sol";
import {BlockReceipts, Log, Receipt} from "@zero/contracts/BlockReceipts.sol";
import {OrderedTrie} from "@zero/contracts/OrderedTrie.sol";

/// Items of tries, headers and receipts that no zone has.
contract Tries {
    function item(bytes32 root, uint256 index, bytes[] calldata nodes) external pure returns (bytes memory) {
        return OrderedTrie.item(root, index, nodes);
    }

    function open(bytes32 hash, bytes calldata header) external pure returns (Header memory) {
        return BlockHeader.open(hash, header);
    }

    function receipt(bytes calldata encoded) external pure returns (Receipt memory) {
        return BlockReceipts.decode(encoded);
    }

    function logAt(bytes calldata encoded, uint256 index) external pure returns (Log memory) {
        return BlockReceipts.logAt(encoded, index);
    }
}
