// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.0;

import {Token} from "../contracts/Token.sol";

contract TokenTest {
    address private constant RECEIVER = address(0xbeef);
    Token private token;

    function setUp() public {
        address[] memory holders = new address[](1);
        holders[0] = address(this);
        token = new Token(holders, 1000);
    }

    function check(uint256 amount) private {
        token.transfer(RECEIVER, amount);
        require(token.balanceOf(address(this)) == 1000 - amount);
        require(token.balanceOf(RECEIVER) == amount);
    }

    function test_transfer_1() public { check(1); }
    function test_transfer_2() public { check(2); }
    function test_transfer_3() public { check(3); }
    function test_transfer_4() public { check(4); }
    function test_transfer_5() public { check(5); }
    function test_transfer_6() public { check(6); }
    function test_transfer_7() public { check(7); }
    function test_transfer_8() public { check(8); }
    function test_transfer_9() public { check(9); }
    function test_transfer_10() public { check(10); }
    function test_transfer_11() public { check(11); }
    function test_transfer_12() public { check(12); }
    function test_transfer_13() public { check(13); }
    function test_transfer_14() public { check(14); }
    function test_transfer_15() public { check(15); }
    function test_transfer_16() public { check(16); }
    function test_transfer_17() public { check(17); }
    function test_transfer_18() public { check(18); }
    function test_transfer_19() public { check(19); }
    function test_transfer_20() public { check(20); }
}
