// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title BLS signatures over BLS12-381, checked through the precompiles of EIP-2537.
/// @notice Keys are points of G1, signatures points of G2 (min-pubkey-size), messages are hashed to G2 by
/// BLS12381G2_XMD:SHA-256_SSWU_RO (RFC 9380, sections 5.3.1 and 8.8.2). Points are given as EIP-2537 takes them:
/// 128 bytes of G1, 256 of G2, uncompressed, each number of the field in 64 bytes.
library Bls12381 {
    /// @notice A precompile refused its input (a number or point that is none), or the zone's hard fork
    /// is older than Prague and has no such precompile.
    error PrecompileRefused(uint256 precompile);

    /// @notice A key has 128 bytes.
    error KeyLength(uint256 length);

    /// @notice A signature has 256 bytes.
    error SignatureLength(uint256 length);

    /// @notice The point at infinity is nobody's key.
    error KeyIsInfinity();

    /// @notice The numbers of a key are below 2^384: their first 16 bytes are zero.
    error KeyMalformed();

    bytes internal constant SIGNATURE_TAG = "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
    bytes internal constant POSSESSION_TAG = "BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";

    uint256 private constant MODEXP = 0x05;
    uint256 private constant G1_ADD = 0x0b;
    uint256 private constant G2_ADD = 0x0d;
    uint256 private constant PAIRING = 0x0f;
    uint256 private constant MAP_FP2_TO_G2 = 0x11;

    /// @dev The field's modulus in 64 bytes.
    bytes private constant MODULUS =
        hex"000000000000000000000000000000001a0111ea397fe69a4b1ba7b6434bacd7"
        hex"64774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab";

    /// @dev The generator of G1, negated.
    bytes private constant NEGATED_GENERATOR =
        hex"0000000000000000000000000000000017f1d3a73197d7942695638c4fa9ac0f"
        hex"c3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"
        hex"00000000000000000000000000000000114d1d6855d545a8aa7d76c8cf2e21f2"
        hex"67816aef1db507c96655b9d5caac42364e6f38ba0ecb751bad54dcd6b939c2ca";

    /// @dev (modulus - 1) / 2: its first 16 bytes and the other 32.
    uint256 private constant HALF_HIGH = 0x0d0088f51cbff34d258dd3db21a5d66b;
    uint256 private constant HALF_LOW = 0xb23ba5c279c2895fb39869507b587b120f55ffff58a9ffffdcff7fffffffd555;

    // ------------------------------------------------------------ signatures

    /// @notice Whether `signature` is the key's over a message, given the message's point of G2.
    /// @dev The pairing's precompile checks that both are points of their groups of prime order; infinity is
    /// such a point, so a key must have been through `compress`, which refuses it.
    function isSigned(bytes memory key, bytes memory point, bytes memory signature)
        internal
        view
        returns (bool)
    {
        if (key.length != 128) revert KeyLength(key.length);
        if (signature.length != 256) revert SignatureLength(signature.length);
        bytes memory answer =
            ask(PAIRING, abi.encodePacked(key, point, NEGATED_GENERATOR, signature), 32, 205_800);
        return abi.decode(answer, (bool));
    }

    /// @notice The point of G2 that a message is hashed to under a domain separation tag of up to 255 bytes.
    function hashToG2(bytes memory message, bytes memory tag) internal view returns (bytes memory) {
        bytes memory suffix = abi.encodePacked(tag, uint8(tag.length));
        bytes32 first = sha256(abi.encodePacked(bytes32(0), bytes32(0), message, uint16(256), uint8(0), suffix));
        bytes32[8] memory blocks;
        bytes32 last;
        for (uint256 i = 0; i < 8; ++i) {
            // The first block is hashed from `first` itself: `last` is still zero.
            last = sha256(abi.encodePacked(first ^ last, uint8(i + 1), suffix));
            blocks[i] = last;
        }
        bytes memory left = mapToG2(reduced(blocks[0], blocks[1]), reduced(blocks[2], blocks[3]));
        bytes memory right = mapToG2(reduced(blocks[4], blocks[5]), reduced(blocks[6], blocks[7]));
        return ask(G2_ADD, abi.encodePacked(left, right), 256, 1200);
    }

    /// @notice Adds two points of G1, which need not be of the group of prime order: the 128 bytes at the beginning of
    /// `points` and the 128 after them. The sum takes the place of the first.
    function addInto(bytes memory points) internal view {
        bool ok;
        assembly ("memory-safe") {
            let first := add(points, 32)
            ok := and(eq(returndatasize(), 128), staticcall(750, G1_ADD, first, 256, first, 128))
        }
        if (!ok) revert PrecompileRefused(G1_ADD);
    }

    // ------------------------------------------------------------ keys

    /// @notice The compressed form of a key: 48 bytes, the first 32 and the last 16 of them. Says nothing about
    /// whether the numbers are a point.
    function compress(bytes memory key) internal pure returns (bytes32 head, bytes16 tail) {
        if (key.length != 128) revert KeyLength(key.length);
        if (isInfinity(key)) revert KeyIsInfinity();
        uint256 xHigh;
        uint256 xLow;
        uint256 yHigh;
        uint256 yLow;
        assembly ("memory-safe") {
            xHigh := mload(add(key, 32))
            xLow := mload(add(key, 64))
            yHigh := mload(add(key, 96))
            yLow := mload(add(key, 128))
        }
        if ((xHigh | yHigh) >> 128 != 0) revert KeyMalformed();
        return compress(xHigh, xLow, yHigh, yLow);
    }

    /// @notice Whether a point of G1 (128 bytes) is the one at infinity.
    function isInfinity(bytes memory key) internal pure returns (bool answer) {
        assembly ("memory-safe") {
            answer := iszero(
                or(or(mload(add(key, 32)), mload(add(key, 64))), or(mload(add(key, 96)), mload(add(key, 128))))
            )
        }
    }

    /// @notice `compress` of a key's numbers, each of them as its first 16 bytes and the other 32.
    function compress(uint256 xHigh, uint256 xLow, uint256 yHigh, uint256 yLow)
        internal
        pure
        returns (bytes32 head, bytes16 tail)
    {
        bool isLarger = yHigh > HALF_HIGH || (yHigh == HALF_HIGH && yLow > HALF_LOW);
        // The three highest bits: compressed, not infinity, the larger of the two y.
        head = bytes32(xHigh << 128 | xLow >> 128 | 1 << 255 | (isLarger ? 1 << 253 : 0));
        tail = bytes16(uint128(xLow));
    }

    // ------------------------------------------------------------ precompiles

    /// @dev 64 bytes as a number, modulo the field's: one of the field in 64 bytes.
    function reduced(bytes32 high, bytes32 low) private view returns (bytes memory) {
        return ask(
            MODEXP,
            abi.encodePacked(uint256(64), uint256(1), uint256(64), high, low, uint8(1), MODULUS),
            64,
            gasleft()
        );
    }

    function mapToG2(bytes memory real, bytes memory imaginary) private view returns (bytes memory) {
        return ask(MAP_FP2_TO_G2, abi.encodePacked(real, imaginary), 256, 47_600);
    }

    /// @dev A precompile that fails takes all the gas it was given: twice its price (EIP-2537), so that a
    /// change of prices does no harm at once.
    function ask(uint256 precompile, bytes memory input, uint256 length, uint256 gasGiven)
        private
        view
        returns (bytes memory answer)
    {
        answer = new bytes(length);
        bool ok;
        assembly ("memory-safe") {
            ok := staticcall(gasGiven, precompile, add(input, 32), mload(input), add(answer, 32), length)
            ok := and(ok, eq(returndatasize(), length))
        }
        if (!ok) revert PrecompileRefused(precompile);
    }
}
