// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What gas costs in the other zones.
/// @notice All zones have one currency, so a price is a number of wei. Prices are set at genesis and change by a transaction of
/// the owner only: what a message costs can be computed from the chain alone.
contract PriceFeed {
    struct Price {
        uint64 gasPrice;
        uint32 gasPerByte;
    }

    /// @notice Who sets prices.
    address public owner;
    Price private defaultPrice;
    mapping(uint32 eid => Price) private prices;

    /// @notice A destination has another price; both zero: the default.
    /// @param gasPrice Wei for a gas.
    /// @param gasPerByte Gas for a byte of calldata.
    event PriceSet(uint32 indexed eid, uint64 gasPrice, uint32 gasPerByte);
    /// @notice Another owner sets prices.
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);

    /// @notice Only the owner may do this.
    error OnlyOwner(address caller);

    modifier onlyOwner() {
        if (msg.sender != owner) revert OnlyOwner(msg.sender);
        _;
    }

    /// @notice Sets the price of a destination; both zero for the default.
    function setPrice(uint32 eid, uint64 gasPrice, uint32 gasPerByte) external onlyOwner {
        prices[eid] = Price(gasPrice, gasPerByte);
        emit PriceSet(eid, gasPrice, gasPerByte);
    }

    /// @notice Hands the ownership on.
    function transferOwnership(address newOwner) external onlyOwner {
        emit OwnershipTransferred(owner, newOwner);
        owner = newOwner;
    }

    /// @notice Wei for a gas, gas for a byte of calldata.
    function priceOf(uint32 eid) public view returns (uint64 gasPrice, uint32 gasPerByte) {
        Price memory price = prices[eid];
        if (price.gasPrice == 0 && price.gasPerByte == 0) price = defaultPrice;
        return (price.gasPrice, price.gasPerByte);
    }

    /// @notice What so much calldata and gas cost there.
    function costOf(uint32 eid, uint256 calldataSize, uint256 gas) external view returns (uint256) {
        (uint64 gasPrice, uint32 gasPerByte) = priceOf(eid);
        return (calldataSize * gasPerByte + gas) * gasPrice;
    }
}
