// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {BlockHeader, Header} from "./BlockHeader.sol";
import {BlockReceipts, Log, Receipt} from "./BlockReceipts.sol";
import {KeccakTree} from "./KeccakTree.sol";
import {OrderedTrie} from "./OrderedTrie.sol";
import {SettledHeights} from "./SettledHeights.sol";
import {Branch, SettledTree} from "./SettledTree.sol";

/// @notice A block of a zone, and where it is under a settlement block that this zone knows.
struct BlockProof {
    /// Of the settlement block: the one that settled the block, or any later one.
    uint64 height;
    /// Place of the block among those of its update, and how many these are.
    uint32 index;
    uint32 count;
    /// Up to the zone's newest update: peers in the tree of the update's block hashes, then 5 of the statement's fields and 3 of
    /// the update's, then for every later update 3 of its fields.
    bytes32[] peers;
    /// From there up to the settlement block.
    Branch branch;
    /// The block's RLP-encoded header.
    bytes header;
}

/// @notice An item of the block's transactions or receipts.
struct ItemProof {
    /// Of the transaction in the block.
    uint256 index;
    /// From the root of the trie to the item.
    bytes[] nodes;
}

/// @notice A log of another zone.
struct SettledLog {
    /// Which one it is, for contracts that take every log once: of zone, block hash, transaction and place.
    bytes32 id;
    uint64 blockNumber;
    uint64 timestamp;
    address emitter;
    bytes32[] topics;
    bytes data;
}

/// @title What happened in the blocks of other zones.
/// @notice Headers, transactions, receipts and logs of blocks that were settled. `zero_getTransactionProof`, `zero_getReceiptProof`
/// and `zero_getLogProof` with `settled` give what these functions take (docs/proofs.md, "Another zone's blocks").
library SettledBlocks {
    /// @dev Places of `block_hashes_root` in a statement, of the statement and of `previous` in an update.
    uint256 private constant BLOCK_HASHES_ROOT = 7;
    uint256 private constant STATEMENT = 0;
    uint256 private constant PREVIOUS = 2;
    uint256 private constant STATEMENT_LEVELS = 5;
    uint256 private constant UPDATE_LEVELS = 3;

    /// @notice There is no such place, or more or fewer peers than the way has levels.
    error WrongPeers();

    /// @notice The block's header.
    function header(uint32 zone, BlockProof calldata proof) internal view returns (Header memory) {
        SettledHeights.requireZone(zone);
        bytes32 hash = keccak256(proof.header);
        SettledTree.checkUpdate(proof.height, zone, newestUpdate(hash, proof), proof.branch);
        return BlockHeader.open(hash, proof.header);
    }

    /// @notice A transaction of the block: its envelope as it was sent, without blobs. Its hash is the keccak of it.
    function transaction(uint32 zone, BlockProof calldata proof, ItemProof calldata item)
        internal
        view
        returns (bytes calldata envelope)
    {
        return OrderedTrie.item(header(zone, proof).transactionsRoot, item.index, item.nodes);
    }

    /// @notice The receipt of the block's transaction with that index, with all logs.
    function receipt(uint32 zone, BlockProof calldata proof, ItemProof calldata item)
        internal
        view
        returns (Receipt memory)
    {
        return BlockReceipts.decode(OrderedTrie.item(header(zone, proof).receiptsRoot, item.index, item.nodes));
    }

    /// @notice A log, by its place in its receipt.
    function log(uint32 zone, BlockProof calldata proof, ItemProof calldata item, uint256 logIndex)
        internal
        view
        returns (SettledLog memory found)
    {
        Header memory shown = header(zone, proof);
        Log memory plain = BlockReceipts.logAt(OrderedTrie.item(shown.receiptsRoot, item.index, item.nodes), logIndex);
        found.id = keccak256(abi.encode(zone, shown.hash, item.index, logIndex));
        found.blockNumber = shown.number;
        found.timestamp = shown.timestamp;
        found.emitter = plain.emitter;
        found.topics = plain.topics;
        found.data = plain.data;
    }

    /// @dev The hash of the zone's newest update, from that of a block in it or in an earlier one.
    function newestUpdate(bytes32 node, BlockProof calldata proof) private pure returns (bytes32) {
        bytes32[] calldata peers = proof.peers;
        if (proof.index >= proof.count) revert WrongPeers();
        uint256 levels = levelsOf(proof.count);
        uint256 next = levels + STATEMENT_LEVELS + UPDATE_LEVELS;
        if (peers.length < next || (peers.length - next) % UPDATE_LEVELS != 0) revert WrongPeers();
        node = climb(node, proof.index, peers[:levels]);
        node = KeccakTree.node(node, bytes32(uint256(proof.count)));
        node = climb(node, BLOCK_HASHES_ROOT | (STATEMENT << STATEMENT_LEVELS), peers[levels:next]);
        for (; next < peers.length; next += UPDATE_LEVELS) {
            node = climb(node, PREVIOUS, peers[next:next + UPDATE_LEVELS]);
        }
        return node;
    }

    /// @dev Of the smallest tree with room for so many leaves.
    function levelsOf(uint256 count) private pure returns (uint256 levels) {
        while (1 << levels < count) ++levels;
    }

    function climb(bytes32 node, uint256 index, bytes32[] calldata peers) private pure returns (bytes32) {
        for (uint256 level = 0; level < peers.length; ++level) {
            node = (index >> level) & 1 == 1 ? KeccakTree.node(peers[level], node) : KeccakTree.node(node, peers[level]);
        }
        return node;
    }
}
