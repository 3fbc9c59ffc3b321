// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title The settlement blocks that a zone knows.
/// @notice A ring of the newest settlement blocks, keyed by height. Zones are told of a settlement block by a
/// system call at the start of the first block that knows it; everything else may only read.
contract SettlementRoots {
    struct Entry {
        uint64 height;
        uint64 slot;
        uint32 zoneCount;
        bytes32 root;
    }

    /// @notice How many heights the ring can hold. A prime, as in EIP-4788, so that strides do not collide.
    uint64 public constant RING = 8191;

    /// @notice The sender of system calls (EIP-4788).
    address public constant SYSTEM = 0xffffFFFfFFffffffffffffffFfFFFfffFFFfFFfE;

    // The storage layout is part of genesis (devnet/contracts/settlement.py): slot 0 holds the newest height,
    // entry i of the ring the two slots from 1 + 2i.
    uint64 private newestHeight;
    Entry[8191] private ring;

    /// @notice Only the system address may record.
    error OnlySystem(address caller);

    /// @notice A recorded height must be above every earlier one.
    error HeightNotAbove(uint64 newest, uint64 height);

    /// @notice The height is not in the ring: not known yet, overwritten, or skipped.
    error UnknownHeight(uint64 height);

    /// @notice Remembers a settlement block as the newest one.
    function record(uint64 height, bytes32 root, uint64 slot, uint32 zoneCount) external {
        if (msg.sender != SYSTEM) revert OnlySystem(msg.sender);
        uint64 last = newestHeight;
        if (height <= last) revert HeightNotAbove(last, height);
        newestHeight = height;
        ring[height % RING] = Entry(height, slot, zoneCount, root);
    }

    /// @notice The newest settlement block that this zone knows.
    function newest() external view returns (uint64 height, bytes32 root, uint64 slot, uint32 zoneCount) {
        height = newestHeight;
        (root, slot, zoneCount) = blockAt(height);
    }

    /// @notice Root, slot and zone count of the settlement block at `height`.
    function blockAt(uint64 height) public view returns (bytes32 root, uint64 slot, uint32 zoneCount) {
        Entry storage entry = ring[height % RING];
        root = entry.root;
        // A place of the ring that was never written says height 0, so the root must be there as well.
        if (entry.height != height || root == bytes32(0)) revert UnknownHeight(height);
        return (root, entry.slot, entry.zoneCount);
    }

    /// @notice The root of the settlement block at `height`.
    function rootAt(uint64 height) external view returns (bytes32 root) {
        (root,,) = blockAt(height);
    }
}
