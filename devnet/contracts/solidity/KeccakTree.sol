// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title Keccak trees: the roots of records and lists of settlement.
/// @notice The same trees as devnet/chain/hash_tree.py: nodes are keccak256(left ‖ right), missing leaves are
/// zero, a list is bound to its length.
library KeccakTree {
    /// @notice The node above two others.
    function node(bytes32 left, bytes32 right) internal pure returns (bytes32 above) {
        assembly ("memory-safe") {
            mstore(0, left)
            mstore(32, right)
            above := keccak256(0, 64)
        }
    }

    /// @notice The root over a list of any length. Overwrites `leaves`.
    function listRoot(bytes32[] memory leaves) internal pure returns (bytes32) {
        uint256 count = leaves.length;
        bytes32 empty;
        uint256 length = count;
        for (; length > 1; length = (length + 1) >> 1) {
            assembly ("memory-safe") {
                let data := add(leaves, 32)
                let whole := and(length, not(1))
                for { let i := 0 } lt(i, whole) { i := add(i, 2) } {
                    mstore(add(data, shl(4, i)), keccak256(add(data, shl(5, i)), 64))
                }
                mstore(32, empty)
                if and(length, 1) {
                    mstore(0, mload(add(data, shl(5, whole))))
                    mstore(add(data, shl(4, whole)), keccak256(0, 64))
                }
                mstore(0, empty)
                empty := keccak256(0, 64)
            }
        }
        return node(count == 0 ? bytes32(0) : leaves[0], bytes32(count));
    }

    /// @notice The leaf of a validator in the root of its set: the fields tree of the key's first 32 bytes,
    /// its last 16 and the stake. `keyNode` is the node above the two parts of the key.
    function validatorLeaf(bytes32 keyNode, uint256 stake) internal pure returns (bytes32) {
        return node(keyNode, node(bytes32(stake), bytes32(0)));
    }
}
