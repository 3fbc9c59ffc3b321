// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {QmdbProof} from "./QmdbProof.sol";
import {SettledHeights} from "./SettledHeights.sol";
import {Branch, SettledTree} from "./SettledTree.sol";

/// @notice A zone's state root, and where it is under a settlement block that this zone knows.
struct SettledRoot {
    /// Of the settlement block. The state is that of the zone's newest block that was settled up to there.
    uint64 height;
    bytes32 stateRoot;
    Branch branch;
}

/// @title What other zones have in their state.
/// @notice Accounts and slots of another zone as they were when a settlement block that this zone knows settled them, there or
/// not. `zero_getProof` with `settled` gives what these functions take (docs/proofs.md, "Another zone's state").
/// @dev A proof that was made stays true of its height: whoever shows it chooses how old it is. Where that matters, bound
/// the age with `SettledHeights.requireRecent`.
library SettledState {
    /// @notice The state root, which is proven to be the zone's. For more than one question to it: `QmdbProof` takes it.
    function root(uint32 zone, SettledRoot calldata settled) internal view returns (bytes32) {
        SettledHeights.requireZone(zone);
        SettledTree.checkStateRoot(settled.height, zone, settled.stateRoot, settled.branch);
        return settled.stateRoot;
    }

    /// @notice An account of the zone. One that is proven not to be there is all zeros; one without code has the hash
    /// of nothing as `codeHash`.
    function account(uint32 zone, address who, SettledRoot calldata settled, bytes calldata proof)
        internal
        view
        returns (bool exists, uint64 nonce, uint256 balance, bytes32 codeHash)
    {
        return QmdbProof.verifyAccount(root(zone, settled), who, proof);
    }

    /// @notice A slot of an account of the zone; 0 where it is proven that nothing is stored.
    function slot(uint32 zone, address who, bytes32 key, SettledRoot calldata settled, bytes calldata proof)
        internal
        view
        returns (bytes32 value)
    {
        return QmdbProof.verifySlot(root(zone, settled), who, key, proof);
    }

    /// @notice The slot of `mapping(address => …)` that Solidity lays out at `place`, under this key.
    function mappingSlot(address key, uint256 place) internal pure returns (bytes32) {
        return keccak256(abi.encode(key, place));
    }

    /// @notice The slot of a mapping with keys of 32 bytes or numbers.
    function mappingSlot(bytes32 key, uint256 place) internal pure returns (bytes32) {
        return keccak256(abi.encode(key, place));
    }
}
