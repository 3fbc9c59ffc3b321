// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {KeccakTree} from "./KeccakTree.sol";

/// @title Every message that ever left this zone, under one root.
/// @notice An append-only keccak tree of depth 32. At the end of a block a system call appends, for every `PacketSent` of
/// the endpoint in the order of the logs, keccak(packet header || payload hash). Any later root proves any earlier message.
/// @dev The storage layout is known outside (devnet/contracts/outbox.py): slot 0 holds the root, slot 1 the count, slots 2 to
/// 33 the branch: at level i the last complete left node, while bit i of the count is set.
contract Outbox {
    /// @notice The sender of system calls (EIP-4788).
    address public constant SYSTEM = 0xffffFFFfFFffffffffffffffFfFFFfffFFFfFFfE;
    uint256 private constant DEPTH = 32;

    /// @notice The root over all messages; zero while there are none.
    bytes32 public root;
    /// @notice How many messages there are.
    uint64 public count;
    bytes32[32] private branch;

    /// @notice Only the system address may append.
    error OnlySystem(address caller);
    /// @notice The tree holds as many messages as it can.
    error Full();

    /// @notice Appends messages, in order.
    function append(bytes32[] calldata leaves) external {
        if (msg.sender != SYSTEM) revert OnlySystem(msg.sender);
        uint256 next = count;
        if (next + leaves.length >= 1 << DEPTH) revert Full();
        for (uint256 i = 0; i < leaves.length; ++i) put(leaves[i], next++);
        count = uint64(next);
        root = rootOf(next);
    }

    /// @dev Joins the leaf with the complete nodes on its left, as far as they reach.
    function put(bytes32 node, uint256 place) private {
        uint256 level = 0;
        for (; place & 1 == 1; place >>= 1) node = KeccakTree.node(branch[level++], node);
        branch[level] = node;
    }

    /// @dev The root of the complete nodes, with zero leaves behind them.
    function rootOf(uint256 size) private view returns (bytes32 node) {
        bytes32 zero;
        for (uint256 level = 0; level < DEPTH; ++level) {
            node = size & 1 == 1 ? KeccakTree.node(branch[level], node) : KeccakTree.node(node, zero);
            zero = KeccakTree.node(zero, zero);
            size >>= 1;
        }
    }
}
