// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Header} from "./BlockHeader.sol";
import {Receipt} from "./BlockReceipts.sol";
import {BlockProof, ItemProof, SettledBlocks, SettledLog} from "./SettledBlocks.sol";
import {SettledHeights} from "./SettledHeights.sol";
import {SettledRoot, SettledState} from "./SettledState.sol";

/// @title SettledState and SettledBlocks as a contract.
/// @notice For callers that do not compile the libraries in. It has no state and no owner; anyone may deploy it.
contract SettledReader {
    /// @notice How many settlement blocks this zone knows that are newer than `height`.
    function age(uint64 height) external view returns (uint64) {
        return SettledHeights.age(height);
    }

    /// @notice The state root, which is proven to be the zone's.
    function root(uint32 zone, SettledRoot calldata settled) external view returns (bytes32) {
        return SettledState.root(zone, settled);
    }

    /// @notice An account of the zone; all zeros where it is proven that there is none.
    function account(uint32 zone, address who, SettledRoot calldata settled, bytes calldata proof)
        external
        view
        returns (bool exists, uint64 nonce, uint256 balance, bytes32 codeHash)
    {
        return SettledState.account(zone, who, settled, proof);
    }

    /// @notice A slot of an account of the zone; 0 where it is proven that nothing is stored.
    function slot(uint32 zone, address who, bytes32 key, SettledRoot calldata settled, bytes calldata proof)
        external
        view
        returns (bytes32 value)
    {
        return SettledState.slot(zone, who, key, settled, proof);
    }

    /// @notice The header of a block of the zone.
    function header(uint32 zone, BlockProof calldata proof) external view returns (Header memory) {
        return SettledBlocks.header(zone, proof);
    }

    /// @notice A transaction of a block: its envelope.
    function transaction(uint32 zone, BlockProof calldata proof, ItemProof calldata item)
        external
        view
        returns (bytes memory envelope)
    {
        return SettledBlocks.transaction(zone, proof, item);
    }

    /// @notice A receipt of a block.
    function receipt(uint32 zone, BlockProof calldata proof, ItemProof calldata item)
        external
        view
        returns (Receipt memory)
    {
        return SettledBlocks.receipt(zone, proof, item);
    }

    /// @notice A log of a block, by its place in its receipt.
    function log(uint32 zone, BlockProof calldata proof, ItemProof calldata item, uint256 logIndex)
        external
        view
        returns (SettledLog memory)
    {
        return SettledBlocks.log(zone, proof, item, logIndex);
    }
}
