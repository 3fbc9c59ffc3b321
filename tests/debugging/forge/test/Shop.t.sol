// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import "../src/Shop.sol";

contract ShopTest {
    Shop internal shop;

    function setUp() public {
        shop = new Shop(1);
    }

    function testBuy() public {
        require(shop.buy(1, 10) == 90, "ten percent");
        require(shop.buy(1, 0) == 50, "the last one");
        require(!shop.tried(shop, 1), "sold out");
    }

    function testStock() public {
        shop.stock(7, 30, 4);
        require(shop.buy(7, 0) == 30, "price");
        uint256[] memory list = new uint256[](3);
        list[0] = 1;
        list[1] = 7;
        list[2] = 9;
        require(shop.total(list) == 130, "total");
    }

    function testClosed() public {
        shop.close();
        try shop.buy(1, 0) returns (uint256) {
            revert("it is closed");
        } catch {}
    }
}
