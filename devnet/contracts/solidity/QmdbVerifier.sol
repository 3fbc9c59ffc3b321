// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {QmdbProof} from "./QmdbProof.sol";

/// @title QmdbProof as a contract.
/// @notice For callers that do not compile the library in. It has no state and no owner; anyone may deploy it.
contract QmdbVerifier {
    /// @notice What the state with this root has under a key of 20 bytes (an account) or 52 (a slot).
    function verify(bytes32 root, bytes calldata key, bytes calldata proof)
        external
        view
        returns (bool exists, bytes memory value)
    {
        return QmdbProof.verify(root, key, proof);
    }

    /// @notice The account in the state with this root; all zeros where there is none.
    function verifyAccount(bytes32 root, address account, bytes calldata proof)
        external
        view
        returns (bool exists, uint64 nonce, uint256 balance, bytes32 codeHash)
    {
        return QmdbProof.verifyAccount(root, account, proof);
    }

    /// @notice The slot's value in the state with this root, 0 where nothing is stored.
    function verifySlot(bytes32 root, address account, bytes32 slot, bytes calldata proof)
        external
        view
        returns (bytes32 value)
    {
        return QmdbProof.verifySlot(root, account, slot, proof);
    }

    /// @notice The state root of the block with this hash, given its RLP-encoded header.
    function stateRootOf(bytes32 blockHash, bytes calldata header) external pure returns (bytes32 root) {
        return QmdbProof.stateRootOf(blockHash, header);
    }
}
