// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

library Prices {
    function reduced(uint256 price, uint256 percent) internal pure returns (uint256) {
        require(percent <= 100, "more than everything");
        if (percent == 0) {
            return price;
        }
        return price - (price * percent) / 100;
    }

    function unusedHelper(uint256 price) internal pure returns (uint256) {
        return price + 1;
    }
}

abstract contract Owned {
    error NotOwner(address who);

    address public owner;

    constructor() {
        owner = msg.sender;
    }

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotOwner(msg.sender);
        _;
    }
}

contract Shop is Owned {
    event Sold(uint256 indexed item, uint256 price);

    struct Item {
        uint256 price;
        uint256 stock;
    }

    mapping(uint256 => Item) internal items;
    uint256 public taken;
    bool public isOpen = true;

    constructor(uint256 first) {
        items[first] = Item(100, 2);
        taken = 0;
    }

    function stock(uint256 item, uint256 price, uint256 count) external onlyOwner {
        items[item].price = price;
        items[item].stock += count;
    }

    function close() external onlyOwner {
        isOpen = false;
    }

    function buy(uint256 item, uint256 percent) external returns (uint256 price) {
        require(isOpen, "closed");
        Item storage found = items[item];
        if (found.stock == 0) {
            revert("sold out");
        } else if (found.stock == 1) {
            percent = 50;
        }
        found.stock -= 1;
        price = Prices.reduced(found.price, percent);
        taken = taken + price;
        emit Sold(item, price);
    }

    function total(uint256[] calldata list) external view returns (uint256 sum) {
        for (uint256 i = 0; i < list.length; i++) {
            if (items[list[i]].stock == 0) continue;
            sum += items[list[i]].price;
        }
        uint256 rounds = sum > 1000 ? 2 : 1;
        while (rounds > 0) {
            rounds--;
        }
    }

    function never(uint256 a) external pure returns (uint256) {
        if (a > 5) {
            a = a * 2;
        }
        return a;
    }

    function tried(Shop other, uint256 item) external returns (bool) {
        try other.buy(item, 0) returns (uint256) {
            return true;
        } catch {
            return false;
        }
    }

    receive() external payable {
        revert("no gifts");
    }
}
