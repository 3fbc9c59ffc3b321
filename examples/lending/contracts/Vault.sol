// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {MessagingFee, OApp, Origin} from "@layerzerolabs/oapp-evm/contracts/oapp/OApp.sol";
import {OAppOptionsType3} from "@layerzerolabs/oapp-evm/contracts/oapp/libs/OAppOptionsType3.sol";

/// @title Holds collateral for a bank in another zone.
/// @notice What is here is what the bank has credited, and what is on its way: deposits to the bank, and what it lets go.
contract Vault is OApp, OAppOptionsType3 {
    uint16 public constant TRANSFER = 1;

    /// @notice The eid of the bank's zone.
    uint32 public immutable bank;
    /// @notice What accounts have not taken when it was paid to them.
    mapping(address account => uint256) public owed;

    event Deposited(address indexed account, uint256 amount, bytes32 guid);
    event Released(address indexed account, uint256 amount, bytes32 guid);

    error TooLittle(uint256 brought, uint256 amount);
    error NothingOwed(address account);
    error Refused(address account);

    constructor(address endpoint, address owner, uint32 bank_) OApp(endpoint, owner) Ownable(owner) {
        bank = bank_;
    }

    /// @notice What the message of a deposit costs now.
    function quote() external view returns (uint256) {
        return _quote(bank, abi.encode(msg.sender, uint256(1)), enforcedOptions[bank][TRANSFER], false).nativeFee;
    }

    /// @notice Brings collateral; beside the amount the call brings the message's fee. What is too much comes back.
    function deposit(uint256 amount) external payable {
        if (msg.value < amount) revert TooLittle(msg.value, amount);
        MessagingFee memory fee = MessagingFee(msg.value - amount, 0);
        bytes memory options = enforcedOptions[bank][TRANSFER];
        bytes32 guid = _lzSend(bank, abi.encode(msg.sender, amount), options, fee, msg.sender).guid;
        emit Deposited(msg.sender, amount, guid);
    }

    /// @notice Takes what could not be paid.
    function claim(address to) external {
        uint256 amount = owed[msg.sender];
        if (amount == 0) revert NothingOwed(msg.sender);
        owed[msg.sender] = 0;
        (bool done,) = to.call{value: amount}("");
        if (!done) revert Refused(to);
    }

    /// @dev The bank lets collateral go. An account that does not take it must not make the delivery fail.
    function _lzReceive(Origin calldata, bytes32 guid, bytes calldata message, address, bytes calldata) internal override {
        (address account, uint256 amount) = abi.decode(message, (address, uint256));
        (bool done,) = account.call{value: amount, gas: 50_000}("");
        if (!done) owed[account] += amount;
        emit Released(account, amount, guid);
    }

    /// @dev The fee is what comes beside the amount.
    function _payNative(uint256 fee) internal pure override returns (uint256) {
        return fee;
    }
}
