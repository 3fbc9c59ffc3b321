// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title Proofs of a zone's state, checked on chain.
/// @notice What a state root says about an account or a slot: its value, or that there is none. Written from
/// the format in docs/state.md, section "Proofs"; the numbers of the checks below are those of its list.
/// @dev For contracts to import. Proofs stay in calldata; nothing is allocated. Every function reverts with
/// one of the errors below unless the proof proves what it says.
library QmdbProof {
    /// @notice Check 1: cut short, too long, or it contradicts itself.
    error ProofMalformed();

    /// @notice Check 2: the entry lies outside the serial numbers of its shard.
    error EntryOutsideShard();

    /// @notice Checks 2 and 3: the path is not the entry's.
    error EntryNotOnPath();

    /// @notice Check 3: the path does not lead to the shard's root.
    error PathNotToShardRoot();

    /// @notice Check 4: the entry is no longer active.
    error EntryInactive();

    /// @notice Check 5: the shard is not in the zone under this root.
    error ShardNotUnderRoot();

    /// @notice Check 6: the entry says nothing about this key.
    error EntryAboutOtherKey();

    /// @notice The value that is proven is no account, or no slot's.
    error ValueMalformed();

    /// @notice The header does not have this hash. (Blocks of a reserved range have a name for a hash.)
    error HeaderNotOfBlock();

    /// @notice The chain's SHA-256 did not answer: it ran out of gas, or the chain has none.
    error Sha256Failed();

    bytes32 private constant EMPTY_CODE_HASH =
        0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470;

    /// @dev Entry length; the shard's counters and its peers in the zone's tree; a path without upper peers.
    uint256 private constant PROOF_FIXED = 4 + 24 + 4 * 32 + PATH_FIXED;

    /// @dev Serial number, entry hash, 11 left peers, chunk, 3 right peers, shard root.
    uint256 private constant PATH_FIXED = 8 + 17 * 32;

    /// @dev Lengths, next key hash, version and serial number of an entry.
    uint256 private constant ENTRY_FIXED = 5 + 48;

    // ------------------------------------------------------------ what contracts call

    /// @notice What the state with this root has under a key of 20 bytes (an account) or 52 (a slot).
    /// @return exists Whether the key is in the state.
    /// @return value As stored; empty where the key is not there.
    function verify(bytes32 root, bytes memory key, bytes calldata proof)
        internal
        view
        returns (bool exists, bytes calldata value)
    {
        bytes32 keyHash;
        bool ok;
        assembly ("memory-safe") {
            ok := and(
                eq(returndatasize(), 32),
                staticcall(gas(), 2, add(key, 32), mload(key), 0, 32)
            )
            keyHash := mload(0)
        }
        if (!ok) revert Sha256Failed();
        return check(root, keyHash, proof);
    }

    /// @notice The account in the state with this root. One that is not there is all zeros; one without code
    /// has the hash of nothing as `codeHash`, as EXTCODEHASH says it.
    function verifyAccount(bytes32 root, address account, bytes calldata proof)
        internal
        view
        returns (bool exists, uint64 nonce, uint256 balance, bytes32 codeHash)
    {
        bytes32 keyHash;
        bool ok;
        assembly ("memory-safe") {
            mstore(0, shl(96, account))
            ok := and(eq(returndatasize(), 32), staticcall(gas(), 2, 0, 20, 0, 32))
            keyHash := mload(0)
        }
        if (!ok) revert Sha256Failed();
        bytes calldata value;
        (exists, value) = check(root, keyHash, proof);
        if (exists) (nonce, balance, codeHash) = decodeAccount(value);
    }

    /// @notice The slot's value in the state with this root, 0 where nothing is stored.
    function verifySlot(bytes32 root, address account, bytes32 slot, bytes calldata proof)
        internal
        view
        returns (bytes32 word)
    {
        bytes32 keyHash;
        bool ok;
        assembly ("memory-safe") {
            mstore(0, shl(96, account))
            mstore(20, slot)
            ok := and(eq(returndatasize(), 32), staticcall(gas(), 2, 0, 52, 0, 32))
            keyHash := mload(0)
        }
        if (!ok) revert Sha256Failed();
        (bool exists, bytes calldata value) = check(root, keyHash, proof);
        if (!exists) return 0;
        if (value.length > 32 || value[0] == 0) revert ValueMalformed();
        assembly ("memory-safe") {
            word := shr(sub(256, shl(3, value.length)), calldataload(value.offset))
        }
    }

    /// @notice The state root of the block with this hash, given its RLP-encoded header.
    function stateRootOf(bytes32 blockHash, bytes calldata header) internal pure returns (bytes32 root) {
        bytes32 hash;
        bool isHeader;
        assembly ("memory-safe") {
            let scratch := mload(0x40)
            calldatacopy(scratch, header.offset, header.length)
            hash := keccak256(scratch, header.length)
            // A list longer than 255 bytes of: parent hash, ommers hash, coinbase (20 bytes), state root.
            isHeader := and(eq(byte(0, mload(scratch)), 0xf9), eq(byte(3, mload(scratch)), 0xa0))
            isHeader := and(isHeader, eq(byte(0, mload(add(scratch, 36))), 0xa0))
            isHeader := and(isHeader, eq(byte(0, mload(add(scratch, 69))), 0x94))
            isHeader := and(isHeader, eq(byte(0, mload(add(scratch, 90))), 0xa0))
            root := mload(add(scratch, 91))
        }
        if (hash != blockHash || header.length < 256 || !isHeader) revert HeaderNotOfBlock();
    }

    // ------------------------------------------------------------ the checks
    //
    // They count positions in calldata, and lengths that fit into it or into 32 bits: nothing can overflow,
    // and every subtraction is of what was compared before.

    function check(bytes32 root, bytes32 keyHash, bytes calldata proof)
        private
        view
        returns (bool exists, bytes calldata value)
    {
        unchecked {
            value = proof[0:0];
            // Where the path begins; everything below is a position in calldata.
            uint256 path = pathOf(proof);
            uint256 valueAt;
            uint256 valueLength;
            (valueAt, valueLength) = parseEntry(startOf(proof) + 4, path - 152);
            checkSerialNumber(path, valueAt + valueLength + 40);
            checkLeaf(startOf(proof) + 4, path);
            climbToZone(root, keyHash, climbToShard(path, startOf(proof) + proof.length), path);

            bytes32 entryKeyHash = keyHashOf(startOf(proof) + 4, valueAt, valueLength);
            if (valueLength != 0 && entryKeyHash == keyHash) {
                assembly ("memory-safe") {
                    value.offset := valueAt
                    value.length := valueLength
                }
                return (true, value);
            }
            bytes32 nextKeyHash = load(valueAt + valueLength);
            if (!(entryKeyHash < keyHash && keyHash < nextKeyHash)) revert EntryAboutOtherKey();
        }
    }

    /// @dev Check 1, outer lengths: where the path begins.
    function pathOf(bytes calldata proof) private pure returns (uint256) {
        unchecked {
            if (proof.length < PROOF_FIXED) revert ProofMalformed();
            uint256 word = uint256(load(startOf(proof)));
            uint256 entryLength = word >> 248 | (word >> 240 & 0xff) << 8 | (word >> 232 & 0xff) << 16
                | (word >> 224 & 0xff) << 24;
            uint256 fixedLength = PROOF_FIXED + entryLength;
            if (proof.length < fixedLength || (proof.length - fixedLength) & 31 != 0) revert ProofMalformed();
            return startOf(proof) + 4 + entryLength + 152;
        }
    }

    /// @dev Check 1, lengths inside the entry: where its value is and how long it is.
    function parseEntry(uint256 entry, uint256 entryEnd)
        private
        pure
        returns (uint256 valueAt, uint256 valueLength)
    {
        unchecked {
            uint256 length = entryEnd - entry;
            if (length < ENTRY_FIXED) revert ProofMalformed();
            uint256 word = uint256(load(entry));
            valueLength = (word >> 240 & 0xff) | (word >> 232 & 0xff) << 8 | (word >> 224 & 0xff) << 16;
            valueAt = entry + 5 + (word >> 248);
            uint256 deactivated = word >> 216 & 0xff;
            if (entryEnd != valueAt + valueLength + 48 + 8 * deactivated) revert ProofMalformed();
        }
    }

    /// @dev Check 2: the path's serial number is in the shard, and the entry carries it, too.
    function checkSerialNumber(uint256 path, uint256 inEntry) private pure {
        unchecked {
            uint256 written = uint256(load(path)) >> 192;
            uint256 serialNumber = reversed(written);
            if (
                serialNumber < reversed(uint256(load(path - 152)) >> 192)
                    || serialNumber >= reversed(uint256(load(path - 144)) >> 192)
            ) revert EntryOutsideShard();
            if (uint256(load(inEntry)) >> 192 != written) revert EntryNotOnPath();
        }
    }

    /// @dev Check 3, first part: the entry's hash is the path's leaf.
    function checkLeaf(uint256 entry, uint256 path) private view {
        if (sha256Of(entry, path - 152 - entry) != load(path + 8)) revert EntryNotOnPath();
    }

    /// @dev Checks 1 (number of upper peers), 4 and 3: the shard's root, which the path leads to and names.
    function climbToShard(uint256 path, uint256 pathEnd) private view returns (bytes32 shardRoot) {
        unchecked {
            uint256 twig = reversed(uint256(load(path)) >> 192);
            uint256 position = twig & 2047;
            twig >>= 11;
            uint256 upperCount = (pathEnd - path - PATH_FIXED) >> 5;
            {
                // As many as the youngest twig's number has bits.
                uint256 youngest = reversed(uint256(load(path - 144)) >> 192) >> 11;
                if (youngest >> upperCount != 0 || (upperCount != 0 && youngest >> (upperCount - 1) == 0)) {
                    revert ProofMalformed();
                }
            }
            bytes32 chunk = load(path + 392);
            if (uint8(chunk[(position & 255) >> 3]) >> (position & 7) & 1 == 0) revert EntryInactive();
            bytes32 left = climb(load(path + 8), path + 40, 11, position, 0);
            bytes32 right = climb(chunk, path + 424, 3, position >> 8, 8);
            shardRoot = load(pathEnd - 32);
            if (climb(node(11, left, right), path + 520, upperCount, twig, 12) != shardRoot) {
                revert PathNotToShardRoot();
            }
        }
    }

    /// @dev Check 5: the leaf made of the shard's root and counters leads to the zone's root. The shard is
    /// the first hexadecimal digit of the asked key's hash.
    function climbToZone(bytes32 root, bytes32 keyHash, bytes32 shardRoot, uint256 path) private view {
        bytes32 leaf;
        bool ok;
        assembly ("memory-safe") {
            let scratch := mload(0x40)
            mstore(scratch, 0x40)
            mstore(add(scratch, 32), shardRoot)
            calldatacopy(add(scratch, 64), sub(path, 152), 24)
            ok := staticcall(gas(), 2, add(scratch, 31), 57, 0, 32)
            leaf := mload(0)
        }
        if (!ok) revert Sha256Failed();
        if (climb(leaf, path - 128, 4, uint256(keyHash) >> 252, 64) != root) revert ShardNotUnderRoot();
    }

    /// @dev The hash by which an entry stands in its shard: its key's, or for a sentry (no value) the first
    /// two bytes of its key and zeros.
    function keyHashOf(uint256 entry, uint256 valueAt, uint256 valueLength) private view returns (bytes32) {
        unchecked {
            uint256 keyLength = valueAt - entry - 5;
            if (valueLength != 0) return sha256Of(entry + 5, keyLength);
            uint256 kept = keyLength < 2 ? keyLength : 2;
            return load(entry + 5) & ~bytes32(type(uint256).max >> (8 * kept));
        }
    }

    // ------------------------------------------------------------ hashing
    //
    // SHA-256 is the contract at address 2. That there is one (its answer has 32 bytes) is seen when the key
    // is hashed, before anything else; from then on a call only fails where gas runs out.

    /// @dev The root over a node of `level`: of `count` peers at `peers` in calldata, lowest first, one
    /// stands on the left where its bit of `position` is set.
    function climb(bytes32 start, uint256 peers, uint256 count, uint256 position, uint256 level)
        private
        view
        returns (bytes32 top)
    {
        bool ok = true;
        assembly ("memory-safe") {
            // At fixed places: the level in the last byte of word 0, left in word 1, right in word 2, which
            // is the pointer to free memory and is put back. That leaves the stack to the loop.
            let free := mload(0x40)
            // Where the node is; its peer is at the other of the two.
            let place := shl(5, add(1, and(position, 1)))
            mstore(place, start)
            for { let end := add(peers, shl(5, count)) } lt(peers, end) { peers := add(peers, 32) } {
                mstore(0, level)
                mstore(sub(0x60, place), calldataload(peers))
                position := shr(1, position)
                place := shl(5, add(1, and(position, 1)))
                ok := and(ok, staticcall(gas(), 2, 31, 65, place, 32))
                level := add(level, 1)
            }
            top := mload(place)
            mstore(0x40, free)
        }
        if (!ok) revert Sha256Failed();
    }

    function node(uint256 level, bytes32 left, bytes32 right) private view returns (bytes32 hash) {
        bool ok;
        assembly ("memory-safe") {
            let scratch := mload(0x40)
            mstore(scratch, level)
            mstore(add(scratch, 32), left)
            mstore(add(scratch, 64), right)
            ok := staticcall(gas(), 2, add(scratch, 31), 65, 0, 32)
            hash := mload(0)
        }
        if (!ok) revert Sha256Failed();
    }

    /// @dev SHA-256 of a piece of calldata.
    function sha256Of(uint256 place, uint256 length) private view returns (bytes32 hash) {
        bool ok;
        assembly ("memory-safe") {
            let scratch := mload(0x40)
            calldatacopy(scratch, place, length)
            ok := staticcall(gas(), 2, scratch, length, 0, 32)
            hash := mload(0)
        }
        if (!ok) revert Sha256Failed();
    }

    // ------------------------------------------------------------ words and values

    function startOf(bytes calldata data) private pure returns (uint256 place) {
        assembly ("memory-safe") {
            place := data.offset
        }
    }

    /// @dev 32 bytes of calldata.
    function load(uint256 place) private pure returns (bytes32 word) {
        assembly ("memory-safe") {
            word := calldataload(place)
        }
    }

    /// @dev The 8 lowest bytes in the other order: the proof's numbers are little-endian.
    function reversed(uint256 word) private pure returns (uint256) {
        word = (word & 0xff00ff00ff00ff00) >> 8 | (word & 0x00ff00ff00ff00ff) << 8;
        word = (word & 0xffff0000ffff0000) >> 16 | (word & 0x0000ffff0000ffff) << 16;
        return word >> 32 | (word & 0xffffffff) << 32;
    }

    /// @dev RLP of [nonce, balance], or with code of [nonce, balance, code hash].
    function decodeAccount(bytes calldata value)
        private
        pure
        returns (uint64 nonce, uint256 balance, bytes32 codeHash)
    {
        uint256 first = uint8(value[0]);
        // An account's list has at most 75 bytes, so its length takes one byte where it takes any.
        if (first < 0xc0 || first > 0xf8 || (first == 0xf8 && value.length < 58)) revert ValueMalformed();
        uint256 place = first == 0xf8 ? 2 : 1;
        uint256 length = first == 0xf8 ? uint8(value[1]) : first - 0xc0;
        if (place + length != value.length) revert ValueMalformed();
        uint256 number;
        (number, place) = decodeInteger(value, place);
        if (number > type(uint64).max) revert ValueMalformed();
        nonce = uint64(number);
        (balance, place) = decodeInteger(value, place);
        if (place == value.length) return (nonce, balance, EMPTY_CODE_HASH);
        if (value.length - place != 33 || value[place] != 0xa0) revert ValueMalformed();
        codeHash = bytes32(value[place + 1:]);
    }

    /// @dev An RLP integer of at most 32 bytes, and the position after it.
    function decodeInteger(bytes calldata value, uint256 place)
        private
        pure
        returns (uint256 number, uint256 next)
    {
        if (place >= value.length) revert ValueMalformed();
        uint256 first = uint8(value[place]);
        if (first != 0 && first < 0x80) return (first, place + 1);
        if (first < 0x80 || first > 0xa0) revert ValueMalformed();
        next = place + 1 + first - 0x80;
        if (next > value.length) revert ValueMalformed();
        if (first == 0x80) return (0, next);
        number = uint256(load(startOf(value) + place + 1)) >> (256 - 8 * (first - 0x80));
        // No leading zeros, and a small number is its own encoding.
        if (value[place + 1] == 0 || number < 0x80) revert ValueMalformed();
    }
}
