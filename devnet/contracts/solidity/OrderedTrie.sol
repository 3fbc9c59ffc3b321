// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Rlp} from "./Rlp.sol";

/// @title Items of Ethereum's ordered tries: the transactions and the receipts of a block.
/// @notice A Merkle-Patricia trie whose paths are the RLP of the items' indices (Yellow Paper, appendix D). A proof is
/// the nodes from the root to the item; those below 32 bytes are inside their parents.
library OrderedTrie {
    /// @notice A node does not have the hash that its parent (or the root) names.
    error WrongNode();
    /// @notice A node of no known kind.
    error NodeMalformed();
    /// @notice The nodes lead to no item, or to another one's.
    error NotOnPath();
    /// @notice There are nodes behind the item, or too few before it.
    error WrongNodeCount();
    /// @notice No block has an item with that index.
    error IndexTooLarge();

    /// @notice The item at `index` of the trie with this root. Reverts unless the nodes prove it.
    function item(bytes32 root, uint256 index, bytes[] calldata nodes) internal pure returns (bytes calldata value) {
        // The rest of the path, its first nibble highest; `left` is its length in nibbles.
        (uint256 path, uint256 left) = pathOf(index);
        uint256 used = 0;
        bytes32 expected = root;
        bool isInside = false;
        // Until the item is found this is a node, or what refers to the next one.
        value = msg.data[0:0];
        while (true) {
            if (!isInside) {
                if (used == nodes.length) revert WrongNodeCount();
                value = nodes[used++];
                if (hashOf(value) != expected) revert WrongNode();
            }
            uint256 taken;
            bool isLeaf;
            (isLeaf, taken, value) = step(Rlp.list(value), path, left);
            if (isLeaf) break;
            path <<= 4 * taken;
            left -= taken;
            (isInside, expected) = referenceIn(value);
        }
        if (used != nodes.length) revert WrongNodeCount();
    }

    /// @dev Through one node: whether it ends here, how many nibbles it took, and the item (of a leaf) or the encoded
    /// reference to the next node.
    function step(bytes calldata content, uint256 path, uint256 left)
        private
        pure
        returns (bool isLeaf, uint256 taken, bytes calldata next)
    {
        (uint256 count, bytes calldata child) = scan(content, path >> 252);
        if (count == 2) {
            (next, content) = Rlp.takeBytes(content);
            (isLeaf, taken) = pass(next, path, left);
            if (!isLeaf) return (false, taken, content);
            if (taken != left) revert NotOnPath();
            (next,) = Rlp.takeBytes(content);
        } else {
            if (count != 17) revert NodeMalformed();
            if (left == 0) revert NotOnPath();
            return (false, 1, child);
        }
    }

    /// @dev A hex-prefix encoded path must be the beginning of ours.
    function pass(bytes calldata prefixed, uint256 path, uint256 left)
        private
        pure
        returns (bool isLeaf, uint256 taken)
    {
        if (prefixed.length == 0 || prefixed.length > 32) revert NodeMalformed();
        uint256 word;
        assembly ("memory-safe") {
            word := calldataload(prefixed.offset)
        }
        uint256 flag = word >> 252;
        if (flag > 3 || (flag & 1 == 0 && (word >> 248) & 0xf != 0)) revert NodeMalformed();
        isLeaf = flag > 1;
        unchecked {
            taken = 2 * prefixed.length - (flag & 1 == 1 ? 1 : 2);
            word <<= flag & 1 == 1 ? 4 : 8;
            if (!isLeaf && taken == 0) revert NodeMalformed();
            if (taken > left) revert NotOnPath();
            if (taken != 0 && (word ^ path) >> (256 - 4 * taken) != 0) revert NotOnPath();
        }
    }

    /// @dev How many items a node has, and the one at `place` with its prefix.
    function scan(bytes calldata content, uint256 place)
        private
        pure
        returns (uint256 count, bytes calldata encoded)
    {
        encoded = content;
        while (content.length != 0) {
            uint256 size = Rlp.sizeOf(content);
            if (count++ == place) encoded = content[:size];
            content = content[size:];
        }
    }

    /// @dev A node is referred to by its hash, or stands there itself where it is shorter than one.
    function referenceIn(bytes calldata encoded) private pure returns (bool isInside, bytes32 expected) {
        (bool isList, bytes calldata content, bytes calldata rest) = Rlp.split(encoded);
        if (rest.length != 0) revert NodeMalformed();
        if (isList) {
            if (encoded.length >= 32) revert NodeMalformed();
            return (true, expected);
        }
        if (content.length == 0) revert NotOnPath();
        if (content.length != 32) revert NodeMalformed();
        return (false, Rlp.word32(content));
    }

    /// @dev The nibbles of the index's RLP from the highest on, and how many there are.
    function pathOf(uint256 index) private pure returns (uint256 path, uint256 length) {
        if (index == 0) return (0x80 << 248, 2);
        if (index < 0x80) return (index << 248, 2);
        if (index > type(uint32).max) revert IndexTooLarge();
        uint256 size = index > 0xffffff ? 4 : index > 0xffff ? 3 : index > 0xff ? 2 : 1;
        return (((0x80 + size) << 248) | (index << (248 - 8 * size)), 2 + 2 * size);
    }

    function hashOf(bytes calldata node) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let scratch := mload(0x40)
            calldatacopy(scratch, node.offset, node.length)
            hash := keccak256(scratch, node.length)
        }
    }
}
