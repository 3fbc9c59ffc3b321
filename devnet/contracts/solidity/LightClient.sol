// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Bls12381} from "./Bls12381.sol";
import {KeccakTree} from "./KeccakTree.sol";

/// @title Follows settlement by its certificates alone.
/// @notice Knows one settlement block and the set of validators that signs the next height. Whoever shows a later block with a
/// certificate of that set (docs/consensus.md) brings it forward. Needs EIP-2537 and nothing else of its chain.
/// @dev The storage layout is part of the system zone's genesis (devnet/contracts/light_client.py).
contract LightClient {
    /// The header of a settlement block.
    struct Block {
        uint64 height;
        bytes32 parentRoot;
        uint64 slot;
        uint64 incarnation;
        uint64 proposer;
        bytes32 zonesRoot;
        bytes32 validatorsRoot;
    }

    /// Precommits of more than two thirds of the stake.
    struct Certificate {
        uint32 round;
        /// One bit for each validator of the set: bit `i & 7` (lowest first) of byte `i >> 3`.
        bytes signers;
        /// 256 bytes: the sum of the signers' signatures, a point of G2 as EIP-2537 takes it.
        bytes signature;
        /// The set in its order, 108 bytes each: x and y of the key (48 each) and the stake (12).
        bytes members;
    }

    /// @dev keccak256("zero settlement vote 1").
    bytes32 private constant VOTE_TAG = 0x30f4bc906a06a73d817aa2bae8aa1b2f88f12e7038e65f3b1a481da4faa59264;
    uint256 private constant PRECOMMIT = 2;
    uint256 private constant MEMBER = 108;

    /// @notice The root of the genesis settlement block, for which every vote says that it is.
    bytes32 public network;
    /// @notice The root of the newest known block.
    bytes32 public root;
    /// @notice The root of the set that signs the height above it.
    bytes32 public validatorsRoot;
    /// @notice Its height.
    uint64 public height;
    /// @notice Its slot.
    uint64 public slot;
    /// @notice Its incarnation.
    uint64 public incarnation;

    /// @notice The roots of all blocks that were shown, by height; zero for others.
    mapping(uint64 => bytes32) public rootAt;

    /// @notice A block was shown, and is the newest known one.
    /// @param validatorsRoot The root of the set that signs the height above it.
    event Advanced(uint64 indexed height, bytes32 root, bytes32 validatorsRoot);

    /// @notice The block does not come right after the known one, or after the parent that was given.
    error NotNext(uint64 expected, uint64 given);
    /// @notice The block's parent is another one.
    error OtherParent(bytes32 expected, bytes32 given);
    /// @notice The parent is not above the known block.
    error NotAbove(uint64 known, uint64 given);
    /// @notice The parent names another set than the known one: a block between them is needed.
    error SetHasChanged(bytes32 known, bytes32 given);
    /// @notice The block is of a life of the network that was taken back.
    error OldIncarnation(uint64 known, uint64 given);
    /// @notice Members have 108 bytes each.
    error MembersLength(uint256 length);
    /// @notice The members are not the set that signs.
    error NotTheSet(bytes32 expected, bytes32 given);
    /// @notice The bitmap has another length than the set asks for, or a bit beyond it.
    error BadBitmap();
    /// @notice Not more than two thirds of the stake signed.
    error TooLittleStake(uint256 signed, uint256 total);
    /// @notice The signature is not the signers' over this block.
    error NotSigned();

    /// @notice Starts from a block that is trusted, and the set that signs after it.
    constructor(bytes32 network_, Block memory trusted, bytes32 root_) {
        network = network_;
        become(trusted, root_);
    }

    // ------------------------------------------------------------ going on

    /// @notice Takes the block right after the known one.
    function advance(Block calldata next, Certificate calldata certificate) external {
        if (next.height != height + 1) revert NotNext(height + 1, next.height);
        if (next.parentRoot != root) revert OtherParent(root, next.parentRoot);
        follow(next, certificate);
    }

    /// @notice Takes a block further ahead, where the set is still the known one: its parent says so.
    function skip(Block calldata parent, Block calldata next, Certificate calldata certificate) external {
        if (parent.height <= height) revert NotAbove(height, parent.height);
        if (parent.validatorsRoot != validatorsRoot) revert SetHasChanged(validatorsRoot, parent.validatorsRoot);
        if (next.height != parent.height + 1) revert NotNext(parent.height + 1, next.height);
        bytes32 parentRoot = rootOf(parent);
        if (next.parentRoot != parentRoot) revert OtherParent(parentRoot, next.parentRoot);
        follow(next, certificate);
    }

    // ------------------------------------------------------------ questions

    /// @notice The root of a settlement block: the keccak tree of its fields.
    function rootOf(Block memory block_) public pure returns (bytes32) {
        return KeccakTree.node(
            KeccakTree.node(
                KeccakTree.node(bytes32(uint256(block_.height)), block_.parentRoot),
                KeccakTree.node(bytes32(uint256(block_.slot)), bytes32(uint256(block_.incarnation)))
            ),
            KeccakTree.node(
                KeccakTree.node(bytes32(uint256(block_.proposer)), block_.zonesRoot),
                KeccakTree.node(block_.validatorsRoot, bytes32(0))
            )
        );
    }

    /// @notice Reverts unless the certificate makes the block final, given the set that signs its height.
    function check(Block memory block_, Certificate calldata certificate, bytes32 setRoot) public view {
        bytes memory key = signersKey(certificate, setRoot);
        bytes32 message = voteOf(block_, certificate.round);
        bytes memory point = Bls12381.hashToG2(abi.encodePacked(message), Bls12381.SIGNATURE_TAG);
        if (!Bls12381.isSigned(key, point, certificate.signature)) revert NotSigned();
    }

    /// @notice What validators sign to precommit to a block in a round.
    function voteOf(Block memory block_, uint32 round) public view returns (bytes32) {
        return KeccakTree.node(
            KeccakTree.node(
                KeccakTree.node(VOTE_TAG, network),
                KeccakTree.node(bytes32(uint256(block_.incarnation)), bytes32(PRECOMMIT))
            ),
            KeccakTree.node(
                KeccakTree.node(bytes32(uint256(block_.height)), bytes32(uint256(block_.slot))),
                KeccakTree.node(bytes32(uint256(round)), rootOf(block_))
            )
        );
    }

    // ------------------------------------------------------------ inside

    function follow(Block calldata next, Certificate calldata certificate) private {
        if (next.incarnation < incarnation) revert OldIncarnation(incarnation, next.incarnation);
        check(next, certificate, validatorsRoot);
        become(next, rootOf(next));
    }

    function become(Block memory block_, bytes32 root_) private {
        root = root_;
        validatorsRoot = block_.validatorsRoot;
        (height, slot, incarnation) = (block_.height, block_.slot, block_.incarnation);
        rootAt[block_.height] = root_;
        emit Advanced(block_.height, root_, block_.validatorsRoot);
    }

    /// @dev The sum of the signers' keys, when the members are the set and the signers hold enough of its stake. A key is in
    /// the set by its compressed form: its y must be on the curve for G1ADD and is then the one that was registered.
    function signersKey(Certificate calldata certificate, bytes32 setRoot) private view returns (bytes memory) {
        uint256 count = certificate.members.length / MEMBER;
        if (certificate.members.length != count * MEMBER) revert MembersLength(certificate.members.length);
        checkBitmap(certificate.signers, count);
        bytes32[] memory leaves = new bytes32[](count);
        // The sum so far, and the key that is added to it.
        bytes memory points = new bytes(256);
        uint256 signed;
        uint256 total;
        for (uint256 i = 0; i < count; ++i) {
            bool isSigner = uint8(certificate.signers[i >> 3]) >> (i & 7) & 1 == 1;
            uint256 stake;
            (leaves[i], stake) = member(certificate.members, i, points);
            total += stake;
            if (isSigner) {
                signed += stake;
                Bls12381.addInto(points);
            }
        }
        bytes32 given = KeccakTree.listRoot(leaves);
        if (given != setRoot) revert NotTheSet(setRoot, given);
        if (3 * signed <= 2 * total) revert TooLittleStake(signed, total);
        assembly ("memory-safe") {
            mstore(points, 128)
        }
        if (Bls12381.isInfinity(points)) revert Bls12381.KeyIsInfinity();
        return points;
    }

    /// @dev A member's leaf and stake; its key goes into the second half of `points`.
    function member(bytes calldata members, uint256 index, bytes memory points)
        private
        pure
        returns (bytes32 leaf, uint256 stake)
    {
        uint256 xHigh;
        uint256 xLow;
        uint256 yHigh;
        uint256 yLow;
        assembly ("memory-safe") {
            let from := add(members.offset, mul(index, MEMBER))
            xHigh := shr(128, calldataload(from))
            xLow := calldataload(add(from, 16))
            yHigh := shr(128, calldataload(add(from, 48)))
            yLow := calldataload(add(from, 64))
            stake := shr(160, calldataload(add(from, 96)))
            mstore(add(points, 160), xHigh)
            mstore(add(points, 192), xLow)
            mstore(add(points, 224), yHigh)
            mstore(add(points, 256), yLow)
        }
        (bytes32 head, bytes16 tail) = Bls12381.compress(xHigh, xLow, yHigh, yLow);
        leaf = KeccakTree.validatorLeaf(KeccakTree.node(head, tail), stake);
    }

    function checkBitmap(bytes calldata signers, uint256 count) private pure {
        if (signers.length != (count + 7) >> 3) revert BadBitmap();
        if (count & 7 != 0 && uint8(signers[signers.length - 1]) >> (count & 7) != 0) revert BadBitmap();
    }
}
