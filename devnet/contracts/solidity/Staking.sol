// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Bls12381} from "./Bls12381.sol";
import {KeccakTree} from "./KeccakTree.sol";
import {SettlementRoots} from "./SettlementRoots.sol";
import {ZoneRegistry} from "./ZoneRegistry.sol";

/// @title Who validates settlement, with how much stake, and what they earn.
/// @notice Anybody registers a validator by a BLS12-381 key and the proof of possessing it, and anybody delegates to it,
/// without a minimum. Nothing is slashed and there is no commission: one wei of stake with a seat earns what every
/// other does. Once in an epoch of settlement heights the validators with a seat become the set that signs, whose root
/// is storage slot 0.
/// @dev The storage layout is part of genesis (devnet/contracts/staking.py). State is written before ether is sent.
contract Staking {
    struct Validator {
        bytes32 keyHead;
        bytes16 keyTail;
        /// Its place among the seats, from 1 on; 0 without a seat.
        uint32 place;
        bool isRetired;
        /// How often the operator was changed by the key.
        uint64 changes;
        /// Above the two parts of the key in the tree of the set's root.
        bytes32 keyNode;
        address operator;
        uint128 stake;
        /// With a seat: how far what its stake has earned lies behind `rewardPerStake`. Without: what it has earned.
        uint256 mark;
    }

    struct Delegation {
        uint128 stake;
        /// 2^-128 wei of reward that are earned beyond `owed`.
        uint128 fraction;
        /// What a wei of the validator's stake had earned when `owed` was last brought up to date.
        uint256 earned;
        /// Wei of reward to be claimed.
        uint256 owed;
    }

    struct Unbonding {
        uint128 amount;
        /// The slot from which on it can be withdrawn.
        uint64 slot;
    }

    /// @notice More seats than these could not be sealed by one transaction.
    uint256 public constant MOST_SEATS = 1200;

    /// @notice Wei of stake that a validator has at most: certificates are shown to light clients with 12 bytes for it.
    uint256 public constant MOST_STAKE = type(uint96).max;

    SettlementRoots private constant ROOTS = SettlementRoots(0x5A45524f00000000000000000000000000000001);
    ZoneRegistry private constant REGISTRY = ZoneRegistry(0x5A45524f00000000000000000000000000000003);

    /// @dev All rewards together stay below, so that their accounting in 2^-128 wei fits into a word.
    uint256 private constant MOST_REWARDS = 1 << 127;

    /// @notice The root of the validator set of the newest epoch that was sealed.
    bytes32 public setRoot;

    /// @notice The newest epoch that was sealed: settlement height / `epochHeights`.
    uint64 public epoch;
    /// @notice How many validators its set has.
    uint32 public memberCount;
    /// @notice The stake of its set, wei.
    uint128 public memberStake;

    /// @notice Settlement heights to an epoch.
    uint32 public epochHeights;
    /// @notice Slots between undelegating and withdrawing.
    uint32 public unbondingSlots;
    /// @notice How many validators can have a seat.
    uint32 public seatLimit;
    /// @notice Wei that each slot adds to the rewards, as long as the reserve has them.
    uint128 public issuance;

    /// @notice The stake of all validators with a seat, wei.
    uint128 public seatedStake;
    /// @notice The slot up to which issuance was distributed.
    uint64 public issuedSlot;
    /// @notice Validators that were ever registered; their numbers begin at 1.
    uint32 public validatorCount;

    /// @notice What one wei of stake has earned that had a seat from the beginning, in 2^-128 wei.
    uint256 public rewardPerStake;

    /// @notice What was too little to be divided by all the stake, in 2^-128 wei; it goes into the next division.
    uint128 public remainder;
    /// @notice Wei from which issuance is paid.
    uint128 public reserve;

    /// @notice Wei of rewards that were ever distributed.
    uint128 public distributed;

    uint32[] private seats;

    /// @dev The set that was sealed: validator << 128 | stake. Longer than it has members where it once had more.
    uint256[] private members;

    mapping(uint32 => Validator) private validators;
    mapping(bytes32 => uint32) private validatorOfKeyNode;
    mapping(uint32 => mapping(address => Delegation)) private delegations;
    mapping(address => Unbonding[]) private unbondings;

    /// @notice There is a new validator.
    /// @param key Compressed, 48 bytes.
    event Registered(uint32 indexed validator, address indexed operator, bytes key);
    /// @notice The validator's key made another address its operator.
    event OperatorChanged(uint32 indexed validator, address indexed operator);
    /// @notice The validator is left out of the sets of later epochs.
    event Retired(uint32 indexed validator);
    /// @notice The validator that had retired may be in sets again.
    event Resumed(uint32 indexed validator);
    /// @notice The validator took a seat.
    /// @param place Which one, from 1 on.
    event Seated(uint32 indexed validator, uint256 place);
    /// @notice The validator has no seat any more.
    event Unseated(uint32 indexed validator);
    /// @notice A delegator's stake with a validator grew.
    /// @param amount Wei that were added.
    event Delegated(uint32 indexed validator, address indexed delegator, uint256 amount);
    /// @notice A delegator took stake back.
    /// @param amount Wei.
    /// @param index What `withdraw` is told.
    /// @param slot From which on it can be withdrawn.
    event Undelegated(
        uint32 indexed validator, address indexed delegator, uint256 amount, uint256 index, uint64 slot
    );
    /// @notice A delegator was paid what it took back.
    /// @param amount Wei.
    event Withdrawn(address indexed delegator, uint256 index, uint256 amount);
    /// @notice A delegator was paid its rewards from a validator.
    /// @param amount Wei.
    event Claimed(uint32 indexed validator, address indexed delegator, uint256 amount);
    /// @notice All stake with a seat earned its part of this.
    /// @param amount Wei.
    event Distributed(uint256 amount);
    /// @notice Somebody added to the reserve that issuance is paid from.
    /// @param amount Wei.
    event ReserveFunded(address indexed by, uint256 amount);
    /// @notice The set of validators of an epoch is known.
    /// @param root Of the set.
    /// @param members How many it has.
    /// @param stake All of theirs, wei.
    event EpochSealed(uint64 indexed epoch, bytes32 root, uint256 members, uint256 stake);
    /// @notice The parameters are these now.
    event ParametersChanged(uint32 unbondingSlots, uint32 seatLimit, uint128 issuance);

    /// @notice Somebody registered this key before.
    error KeyTaken(uint32 validator);
    /// @notice The signature does not prove that the key's owner agrees.
    error NotSignedByKey();
    /// @notice There is no validator of this number.
    error UnknownValidator(uint32 validator);
    /// @notice The validator has retired: nothing new is delegated to it and it takes no seat.
    error ValidatorRetired(uint32 validator);
    /// @notice Only a validator that has retired resumes.
    error ValidatorNotRetired(uint32 validator);
    /// @notice Only the validator's operator may do this.
    error OnlyOperator(address caller);
    /// @notice Only the owner of ZoneRegistry may do this.
    error OnlyOwner(address caller);
    /// @notice The validator has a seat already.
    error SeatedAlready(uint32 validator);
    /// @notice A validator without stake takes no seat.
    error NoStake(uint32 validator);
    /// @notice There is no such place among the seats.
    error UnknownPlace(uint256 place);
    /// @notice The seat's validator has as much stake or more.
    error SeatHeldByMore(uint32 holder, uint256 stake);
    /// @notice The amount is zero.
    error NothingGiven();
    /// @notice The amount is more than the contract can account for.
    error TooMuch(uint256 amount);
    /// @notice More than the stake that was delegated.
    error MoreThanDelegated(uint256 stake, uint256 amount);
    /// @notice There is nothing of that index to withdraw, or it was withdrawn.
    error NothingToWithdraw(uint256 index);
    /// @notice The unbonding ends at a later slot.
    error StillUnbonding(uint64 slot, uint64 current);
    /// @notice No reward is owed.
    error NothingToClaim();
    /// @notice The receiver refused the payment.
    error PaymentRefused(address receiver);
    /// @notice The epoch was sealed already.
    error EpochAlreadySealed(uint64 epoch);
    /// @notice Nobody has a seat: the last set stays.
    error NobodySeated();
    /// @notice A number of seats is between 1 and MOST_SEATS.
    error SeatLimitOutOfRange(uint256 limit);

    // ------------------------------------------------------------ validators

    /// @notice Registers a validator; the sender becomes its operator, and what is sent along its first delegator's stake.
    /// @param key 128 bytes: a point of G1 as EIP-2537 takes it.
    /// @param possession 256 bytes: the key's signature over its own compressed form under POSSESSION_TAG.
    /// @return validator Its number.
    function register(bytes calldata key, bytes calldata possession) external payable returns (uint32 validator) {
        (bytes32 head, bytes16 tail) = Bls12381.compress(key);
        bytes32 keyNode = KeccakTree.node(head, tail);
        if (validatorOfKeyNode[keyNode] != 0) revert KeyTaken(validatorOfKeyNode[keyNode]);
        bytes memory compressed = abi.encodePacked(head, tail);
        bytes memory point = Bls12381.hashToG2(compressed, Bls12381.POSSESSION_TAG);
        if (!Bls12381.isSigned(key, point, possession)) revert NotSignedByKey();

        validator = ++validatorCount;
        validatorOfKeyNode[keyNode] = validator;
        Validator storage v = validators[validator];
        (v.keyHead, v.keyTail, v.keyNode, v.operator) = (head, tail, keyNode, msg.sender);
        emit Registered(validator, msg.sender, compressed);
        if (msg.value != 0) delegate(validator);
    }

    /// @notice Makes another address the operator, by a signature of the validator's key: whoever holds the key has the
    /// last word, also where somebody else registered it first.
    /// @param key 128 bytes, as in `register`.
    /// @param signature 256 bytes: the key's over `operatorMessage` under SIGNATURE_TAG.
    function changeOperator(uint32 validator, address operator, bytes calldata key, bytes calldata signature)
        external
    {
        Validator storage v = known(validator);
        (bytes32 head, bytes16 tail) = Bls12381.compress(key);
        if (head != v.keyHead || tail != v.keyTail) revert NotSignedByKey();
        bytes memory message = abi.encodePacked(operatorMessage(validator, operator));
        bytes memory point = Bls12381.hashToG2(message, Bls12381.SIGNATURE_TAG);
        if (!Bls12381.isSigned(key, point, signature)) revert NotSignedByKey();
        ++v.changes;
        v.operator = operator;
        emit OperatorChanged(validator, operator);
    }

    /// @notice What a validator's key signs to make `operator` its operator; another one after each change.
    function operatorMessage(uint32 validator, address operator) public view returns (bytes32) {
        return keccak256(
            abi.encode("Zero staking operator", block.chainid, this, validator, operator, validators[validator].changes)
        );
    }

    /// @notice Takes the validator out of the sets of later epochs. Its delegators undelegate when they like.
    function retire(uint32 validator) external {
        Validator storage v = operated(validator);
        if (v.isRetired) revert ValidatorRetired(validator);
        accrue();
        v.isRetired = true;
        emit Retired(validator);
        if (v.place != 0) vacate(v, validator);
    }

    /// @notice Makes a validator that has retired one like the others.
    function resume(uint32 validator) external {
        Validator storage v = operated(validator);
        if (!v.isRetired) revert ValidatorNotRetired(validator);
        accrue();
        v.isRetired = false;
        emit Resumed(validator);
        if (v.stake != 0 && seats.length < seatLimit) sit(v, validator);
    }

    /// @notice Gives a validator a seat: a free one if there is, else the one at `place` (from 1 on), whose validator
    /// must have less stake and loses it. Anybody may call it.
    function takeSeat(uint32 validator, uint256 place) external {
        Validator storage v = known(validator);
        if (v.isRetired) revert ValidatorRetired(validator);
        if (v.place != 0) revert SeatedAlready(validator);
        if (v.stake == 0) revert NoStake(validator);
        accrue();
        if (seats.length >= seatLimit) {
            if (place == 0 || place > seats.length) revert UnknownPlace(place);
            uint32 holder = seats[place - 1];
            Validator storage h = validators[holder];
            if (h.stake >= v.stake) revert SeatHeldByMore(holder, h.stake);
            vacate(h, holder);
        }
        sit(v, validator);
    }

    // ------------------------------------------------------------ stake

    /// @notice Adds what is sent along to the sender's stake with a validator. It counts from the next epoch's set on,
    /// and earns at once if the validator has a seat.
    function delegate(uint32 validator) public payable {
        if (msg.value == 0) revert NothingGiven();
        Validator storage v = known(validator);
        if (v.isRetired) revert ValidatorRetired(validator);
        if (msg.value > MOST_STAKE - v.stake) revert TooMuch(msg.value);
        accrue();
        uint128 amount = uint128(msg.value);
        Delegation storage d = settled(v, delegations[validator][msg.sender]);
        d.stake += amount;
        v.stake += amount;
        emit Delegated(validator, msg.sender, amount);
        if (v.place != 0) seatedStake += amount;
        else if (seats.length < seatLimit) sit(v, validator);
    }

    /// @notice Takes stake back; it can be withdrawn `unbondingSlots` later and earns nothing meanwhile.
    /// @return index What `withdraw` is told.
    function undelegate(uint32 validator, uint128 amount) external returns (uint256 index) {
        if (amount == 0) revert NothingGiven();
        Validator storage v = known(validator);
        uint64 slot = accrue() + unbondingSlots;
        Delegation storage d = settled(v, delegations[validator][msg.sender]);
        if (amount > d.stake) revert MoreThanDelegated(d.stake, amount);
        d.stake -= amount;
        if (v.place != 0) {
            if (v.stake == amount) vacate(v, validator);
            else seatedStake -= amount;
        }
        v.stake -= amount;
        Unbonding[] storage list = unbondings[msg.sender];
        index = list.length;
        list.push(Unbonding(amount, slot));
        emit Undelegated(validator, msg.sender, amount, index, slot);
    }

    /// @notice Pays what the sender undelegated, when its slot has come.
    function withdraw(uint256 index) external {
        Unbonding[] storage list = unbondings[msg.sender];
        if (index >= list.length || list[index].amount == 0) revert NothingToWithdraw(index);
        (uint128 amount, uint64 slot) = (list[index].amount, list[index].slot);
        uint64 current = currentSlot();
        if (current < slot) revert StillUnbonding(slot, current);
        delete list[index];
        emit Withdrawn(msg.sender, index, amount);
        pay(amount);
    }

    // ------------------------------------------------------------ rewards

    /// @notice Pays the sender's rewards from a validator.
    /// @return amount Wei.
    function claim(uint32 validator) external returns (uint256 amount) {
        Validator storage v = known(validator);
        accrue();
        Delegation storage d = settled(v, delegations[validator][msg.sender]);
        amount = d.owed;
        if (amount == 0) revert NothingToClaim();
        d.owed = 0;
        emit Claimed(validator, msg.sender, amount);
        pay(amount);
    }

    /// @notice Distributes what is sent along over all stake with a seat: tips, and the fees of ForcedInbox. While there
    /// is no such stake it goes into the reserve.
    function handIn() external payable {
        checkRoom();
        accrue();
        if (seatedStake == 0) reserve += uint128(msg.value);
        else distribute(msg.value);
    }

    /// @notice Adds what is sent along to the reserve that issuance is paid from.
    function fund() external payable {
        checkRoom();
        accrue();
        reserve += uint128(msg.value);
        emit ReserveFunded(msg.sender, msg.value);
    }

    // ------------------------------------------------------------ epochs

    /// @notice Makes the validators with a seat the set of the epoch that the newest known settlement block is in.
    /// Anybody may call it, once in an epoch; until then the last set stays.
    function sealEpoch() external {
        (uint64 height,,,) = ROOTS.newest();
        uint64 current = height / epochHeights;
        if (current <= epoch) revert EpochAlreadySealed(epoch);
        uint256 count = seats.length;
        if (count == 0) revert NobodySeated();
        bytes32[] memory leaves = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint32 validator = seats[i];
            Validator storage v = validators[validator];
            uint256 stake = v.stake;
            leaves[i] = KeccakTree.validatorLeaf(v.keyNode, stake);
            uint256 member = uint256(validator) << 128 | stake;
            if (members[i] != member) members[i] = member;
        }
        bytes32 root = KeccakTree.listRoot(leaves);
        if (root != setRoot) setRoot = root;
        (epoch, memberCount, memberStake) = (current, uint32(count), seatedStake);
        emit EpochSealed(current, root, count, seatedStake);
    }

    /// @notice Changes what can be changed of the parameters. Only the owner of ZoneRegistry: the genesis key until
    /// there is governance. Validators keep their seats when there are fewer.
    function setParameters(uint32 unbondingSlots_, uint32 seatLimit_, uint128 issuance_) external {
        if (msg.sender != REGISTRY.owner()) revert OnlyOwner(msg.sender);
        if (seatLimit_ == 0 || seatLimit_ > MOST_SEATS) revert SeatLimitOutOfRange(seatLimit_);
        accrue();
        (unbondingSlots, seatLimit, issuance) = (unbondingSlots_, seatLimit_, issuance_);
        emit ParametersChanged(unbondingSlots_, seatLimit_, issuance_);
    }

    // ------------------------------------------------------------ questions

    /// @notice Everything about a validator. `place` is 0 without a seat.
    function validatorAt(uint32 validator)
        external
        view
        returns (bytes memory key, address operator, uint256 stake, uint256 place, bool isRetired)
    {
        Validator storage v = known(validator);
        return (abi.encodePacked(v.keyHead, v.keyTail), v.operator, v.stake, v.place, v.isRetired);
    }

    /// @notice The number of the validator with a key of 48 bytes, 0 where there is none.
    function validatorOf(bytes calldata key) external view returns (uint32) {
        if (key.length != 48) return 0;
        return validatorOfKeyNode[KeccakTree.node(bytes32(key[:32]), bytes16(key[32:]))];
    }

    /// @notice The member of the sealed set at an index below `memberCount`.
    function memberAt(uint256 index) external view returns (uint32 validator, bytes memory key, uint256 stake) {
        if (index >= memberCount) revert UnknownPlace(index);
        validator = uint32(members[index] >> 128);
        Validator storage v = validators[validator];
        return (validator, abi.encodePacked(v.keyHead, v.keyTail), uint128(members[index]));
    }

    /// @notice How many validators have a seat.
    function seatCount() external view returns (uint256) {
        return seats.length;
    }

    /// @notice A delegator's stake with a validator, wei.
    function stakeOf(uint32 validator, address delegator) external view returns (uint256) {
        return delegations[validator][delegator].stake;
    }

    /// @notice The wei that `claim` would pay if it distributed no issuance.
    function owedTo(uint32 validator, address delegator) external view returns (uint256) {
        Delegation storage d = delegations[validator][delegator];
        return d.owed + ((uint256(d.stake) * (earnedBy(validators[validator]) - d.earned) + d.fraction) >> 128);
    }

    /// @notice What a delegator undelegated under an index: wei, 0 when withdrawn, and the slot it is free from.
    function unbondingOf(address delegator, uint256 index) external view returns (uint256 amount, uint64 slot) {
        Unbonding[] storage list = unbondings[delegator];
        if (index >= list.length) revert NothingToWithdraw(index);
        return (list[index].amount, list[index].slot);
    }

    /// @notice How often a delegator undelegated.
    function unbondingCount(address delegator) external view returns (uint256) {
        return unbondings[delegator].length;
    }

    // ------------------------------------------------------------ inside

    function known(uint32 validator) private view returns (Validator storage v) {
        v = validators[validator];
        if (v.keyNode == 0) revert UnknownValidator(validator);
    }

    function operated(uint32 validator) private view returns (Validator storage v) {
        v = known(validator);
        if (msg.sender != v.operator) revert OnlyOperator(msg.sender);
    }

    function currentSlot() private view returns (uint64 slot) {
        (,, slot,) = ROOTS.newest();
    }

    /// @dev Distributes the issuance of the slots that have passed. Slots in which nobody has a seat issue nothing.
    function accrue() private returns (uint64 slot) {
        slot = currentSlot();
        if (slot <= issuedSlot) return slot;
        uint256 passed = slot - issuedSlot;
        issuedSlot = slot;
        if (seatedStake == 0) return slot;
        uint256 amount = passed * issuance;
        if (amount > reserve) amount = reserve;
        reserve -= uint128(amount);
        distribute(amount);
    }

    /// @dev In 2^-128 wei, so that the division loses nothing: what is left over waits in `remainder`.
    function distribute(uint256 amount) private {
        if (amount == 0) return;
        uint256 parts = (amount << 128) + remainder;
        rewardPerStake += parts / seatedStake;
        remainder = uint128(parts % seatedStake);
        distributed += uint128(amount);
        emit Distributed(amount);
    }

    /// @dev What one wei of the validator's stake has earned, in 2^-128 wei.
    function earnedBy(Validator storage v) private view returns (uint256) {
        return v.place == 0 ? v.mark : rewardPerStake - v.mark;
    }

    /// @dev Brings a delegation's reward up to date. The product fits: stake times what it has earned is no more than
    /// all rewards, which are below 2^127 wei.
    function settled(Validator storage v, Delegation storage d) private returns (Delegation storage) {
        uint256 earned = earnedBy(v);
        if (d.stake != 0) {
            uint256 parts = uint256(d.stake) * (earned - d.earned) + d.fraction;
            if (parts >> 128 != 0) d.owed += parts >> 128;
            d.fraction = uint128(parts);
        }
        d.earned = earned;
        return d;
    }

    function sit(Validator storage v, uint32 validator) private {
        seats.push(validator);
        uint256 place = seats.length;
        // Who first takes a place pays for the storage that sealing will write.
        if (members.length < place) members.push(1);
        v.mark = rewardPerStake - v.mark;
        v.place = uint32(place);
        seatedStake += v.stake;
        emit Seated(validator, place);
    }

    /// @dev The last seat's validator moves to the place that becomes free.
    function vacate(Validator storage v, uint32 validator) private {
        uint256 place = v.place;
        uint32 moved = seats[seats.length - 1];
        seats[place - 1] = moved;
        validators[moved].place = uint32(place);
        seats.pop();
        v.mark = rewardPerStake - v.mark;
        v.place = 0;
        seatedStake -= v.stake;
        emit Unseated(validator);
    }

    function checkRoom() private view {
        if (msg.value == 0) revert NothingGiven();
        if (msg.value >= MOST_REWARDS || msg.value + distributed + reserve >= MOST_REWARDS) revert TooMuch(msg.value);
    }

    function pay(uint256 amount) private {
        (bool ok,) = msg.sender.call{value: amount}("");
        if (!ok) revert PaymentRefused(msg.sender);
    }
}
