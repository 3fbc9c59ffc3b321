// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {MessagingFee, OApp, Origin} from "@layerzerolabs/oapp-evm/contracts/oapp/OApp.sol";
import {OAppOptionsType3} from "@layerzerolabs/oapp-evm/contracts/oapp/libs/OAppOptionsType3.sol";

/// @title Lends dollars on collateral that lies in another zone's vault.
/// @notice Collateral counts when the message of its deposit has arrived, and no more from the moment on in which it is let go: it
/// never counts twice, wherever messages are.
contract Bank is OApp, OAppOptionsType3, ERC20("Dollar", "USD") {
    uint16 public constant TRANSFER = 1;
    /// @notice In hundredths of the collateral's value: up to the first one borrows, beyond the second anybody may take over.
    uint256 public constant BORROW = 50;
    uint256 public constant SAFE = 75;

    /// @notice The eid of the vault's zone.
    uint32 public immutable vault;
    /// @notice Dollars for a whole coin of collateral, with 18 decimals. The owner's word, in this example.
    uint256 public price;
    mapping(address account => uint256) public collateral;
    mapping(address account => uint256) public debt;

    event PriceSet(uint256 price);
    event Credited(address indexed account, uint256 amount, bytes32 guid);
    event LetGo(address indexed account, uint256 amount, bytes32 guid);
    event TakenOver(address indexed account, address indexed by, uint256 debt, uint256 collateral);

    error TooMuch(uint256 debt, uint256 most);
    error NotEnough(uint256 collateral, uint256 wanted);
    error IsSafe(uint256 debt, uint256 most);

    constructor(address endpoint, address owner, uint32 vault_, uint256 price_) OApp(endpoint, owner) Ownable(owner) {
        (vault, price) = (vault_, price_);
    }

    function setPrice(uint256 newPrice) external onlyOwner {
        price = newPrice;
        emit PriceSet(newPrice);
    }

    function valueOf(address account) public view returns (uint256) {
        return (collateral[account] * price) / 1 ether;
    }

    function borrow(uint256 amount) external {
        debt[msg.sender] += amount;
        checkCovered(msg.sender);
        _mint(msg.sender, amount);
    }

    function repay(uint256 amount) external {
        _burn(msg.sender, amount);
        debt[msg.sender] -= amount;
    }

    /// @notice What the message of `withdraw` costs now.
    function quote() external view returns (uint256) {
        return _quote(vault, abi.encode(msg.sender, uint256(1)), enforcedOptions[vault][TRANSFER], false).nativeFee;
    }

    /// @notice Lets collateral go that no debt needs. What is sent along beyond the fee comes back.
    function withdraw(uint256 amount) external payable {
        if (amount > collateral[msg.sender]) revert NotEnough(collateral[msg.sender], amount);
        collateral[msg.sender] -= amount;
        checkCovered(msg.sender);
        bytes memory options = enforcedOptions[vault][TRANSFER];
        bytes memory message = abi.encode(msg.sender, amount);
        emit LetGo(msg.sender, amount, _lzSend(vault, message, options, MessagingFee(msg.value, 0), msg.sender).guid);
    }

    /// @notice Pays somebody's whole debt and takes the collateral, where the debt has become too much for it.
    function takeOver(address account) external {
        uint256 most = (valueOf(account) * SAFE) / 100;
        if (debt[account] <= most) revert IsSafe(debt[account], most);
        (uint256 owed, uint256 held) = (debt[account], collateral[account]);
        _burn(msg.sender, owed);
        (debt[account], collateral[account]) = (0, 0);
        collateral[msg.sender] += held;
        emit TakenOver(account, msg.sender, owed, held);
    }

    function checkCovered(address account) private view {
        uint256 most = (valueOf(account) * BORROW) / 100;
        if (debt[account] > most) revert TooMuch(debt[account], most);
    }

    /// @dev The vault has collateral more.
    function _lzReceive(Origin calldata, bytes32 guid, bytes calldata message, address, bytes calldata) internal override {
        (address account, uint256 amount) = abi.decode(message, (address, uint256));
        collateral[account] += amount;
        emit Credited(account, amount, guid);
    }
}
