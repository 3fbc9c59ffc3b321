// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Staking} from "./Staking.sol";
import {ZoneRegistry} from "./ZoneRegistry.sol";

/// @title Transactions that a zone must include, whatever its producers like.
/// @notice A queue for each zone. Who posts a signed transaction pays a fee for the gas it may take there, which goes to
/// the stakers; the transaction pays its own fees in its zone besides. What is in the queue, in its order, is all that
/// this contract says: when it is due is a rule of producers and validators (docs/settlement-contracts.md).
/// @dev The storage layout is part of genesis (devnet/contracts/forced_inbox.py).
contract ForcedInbox {
    struct Entry {
        /// keccak256(chain of the entry before, or zero ‖ keccak256(transaction) ‖ gas): it stands for the queue up to
        /// here.
        bytes32 chain;
        /// What the transaction may take in its zone.
        uint64 gas;
        /// What all entries before it may take.
        uint128 gasBefore;
        /// The block of the system zone that it was posted in.
        uint64 postedIn;
    }

    Staking private constant STAKING = Staking(0x5A45524F00000000000000000000000000000002);
    ZoneRegistry private constant REGISTRY = ZoneRegistry(0x5A45524f00000000000000000000000000000003);

    /// @notice Gas that becomes due in a zone per settlement height; what is over rolls on. No entry has more.
    uint64 public dueGas;
    /// @notice An entry is due so many settlement heights after its posting settled.
    uint32 public dueHeights;
    /// @notice The most bytes that a transaction has.
    uint32 public mostBytes;
    /// @notice Wei per unit of gas that posting costs.
    uint128 public feePerGas;

    mapping(uint32 => uint64) private counts;
    mapping(uint32 => mapping(uint64 => Entry)) private entries;

    /// @notice A transaction was put into a zone's queue.
    /// @param index Its place in the queue, from 0 on.
    /// @param chain Stands for the queue up to here.
    /// @param gas What it may take in its zone.
    event Posted(
        uint32 indexed zone, uint64 indexed index, bytes32 chain, uint64 gas, address poster, bytes transaction
    );
    /// @notice Posting has another price.
    /// @param feePerGas Wei per unit of gas.
    event FeeChanged(uint128 feePerGas);

    /// @notice There is no zone of this number.
    error UnknownZone(uint32 zone);
    /// @notice A transaction has between 1 and `mostBytes` bytes.
    error TransactionLength(uint256 length);
    /// @notice A transaction takes between 21000 and `dueGas` gas.
    error GasOutOfRange(uint64 gas);
    /// @notice Not gas times `feePerGas`.
    error WrongFee(uint256 expected, uint256 given);
    /// @notice Only the owner of ZoneRegistry may do this.
    error OnlyOwner(address caller);
    /// @notice The queue is not so long.
    error UnknownEntry(uint32 zone, uint64 index);

    /// @notice Puts a signed transaction into a zone's queue. Send along gas times `feePerGas`.
    /// @param transaction As eth_sendRawTransaction takes it. One that cannot be executed when its turn comes (no
    /// transaction, another chain id, a nonce that is not next, more gas than posted, blobs) is passed over.
    /// @param gas At least the transaction's own gas limit.
    /// @return index Its place in the queue, from 0 on.
    function post(uint32 zone, bytes calldata transaction, uint64 gas) external payable returns (uint64 index) {
        if (zone >= REGISTRY.zoneCount()) revert UnknownZone(zone);
        if (transaction.length == 0 || transaction.length > mostBytes) revert TransactionLength(transaction.length);
        if (gas < 21_000 || gas > dueGas) revert GasOutOfRange(gas);
        uint256 fee = uint256(gas) * feePerGas;
        if (msg.value != fee) revert WrongFee(fee, msg.value);

        index = counts[zone];
        counts[zone] = index + 1;
        bytes32 before;
        uint128 gasBefore;
        if (index != 0) {
            Entry storage last = entries[zone][index - 1];
            (before, gasBefore) = (last.chain, last.gasBefore + last.gas);
        }
        bytes32 chain = keccak256(abi.encode(before, keccak256(transaction), gas));
        entries[zone][index] = Entry(chain, gas, gasBefore, uint64(block.number));
        emit Posted(zone, index, chain, gas, msg.sender, transaction);
        if (fee != 0) STAKING.handIn{value: fee}();
    }

    /// @notice Changes the price of posting. Only the owner of ZoneRegistry: the genesis key until there is governance.
    function setFee(uint128 feePerGas_) external {
        if (msg.sender != REGISTRY.owner()) revert OnlyOwner(msg.sender);
        feePerGas = feePerGas_;
        emit FeeChanged(feePerGas_);
    }

    /// @notice How many transactions were ever posted for a zone.
    function countOf(uint32 zone) external view returns (uint64) {
        return counts[zone];
    }

    /// @notice An entry of a zone's queue.
    function entryAt(uint32 zone, uint64 index)
        external
        view
        returns (bytes32 chain, uint64 gas, uint128 gasBefore, uint64 postedIn)
    {
        if (index >= counts[zone]) revert UnknownEntry(zone, index);
        Entry storage entry = entries[zone][index];
        return (entry.chain, entry.gas, entry.gasBefore, entry.postedIn);
    }
}
