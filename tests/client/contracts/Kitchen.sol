// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// What a client has to cope with: structs, overloads, every kind of failure, events, payable functions.
library Sums {
    function add(uint256 a, uint256 b) public pure returns (uint256) {
        return a + b;
    }
}

contract Kitchen {
    struct Point {
        int64 x;
        int64 y;
    }

    struct Order {
        address _owner;
        Point[] path;
        bytes4 tag;
        string note;
    }

    error Denied(address who, uint256 needed);
    error Odd(Point point);

    event Stored(address indexed from, uint256 indexed key, string note, Point point);
    event Named(string indexed name, bytes data);
    event Twice(uint256 a);
    event Twice(uint256 a, uint256 b);

    uint256 public value;
    address public immutable owner;
    mapping(uint256 => Order) private orders;

    constructor(uint256 initial) payable {
        require(initial < 1000, "too much");
        value = initial;
        owner = msg.sender;
    }

    receive() external payable {}

    function set(uint256 next) external returns (uint256 previous) {
        previous = value;
        value = next;
    }

    function pay() external payable returns (uint256) {
        return msg.value;
    }

    function store(uint256 key, Order calldata order) external returns (uint256) {
        Order storage kept = orders[key];
        kept._owner = order._owner;
        kept.tag = order.tag;
        kept.note = order.note;
        delete kept.path;
        for (uint256 i = 0; i < order.path.length; i++) kept.path.push(order.path[i]);
        emit Stored(msg.sender, key, order.note, order.path.length > 0 ? order.path[0] : Point(0, 0));
        emit Named(order.note, abi.encode(key));
        return order.path.length;
    }

    function load(uint256 key) external view returns (Order memory) {
        return orders[key];
    }

    function both() external view returns (uint256 number, address _who, Point memory) {
        return (value, owner, Point(1, -1));
    }

    function nothing() external view {}

    function matrix(uint8[2][] calldata rows) external pure returns (uint8[2][] memory) {
        return rows;
    }

    function flags(bool flag, bytes calldata data, bytes32 word) external pure returns (bool, bytes memory, bytes32) {
        return (!flag, data, word);
    }

    function pick(uint256) external pure returns (string memory) {
        return "uint256";
    }

    function pick(address) external pure returns (string memory) {
        return "address";
    }

    function pick(uint256, uint256) external pure returns (string memory) {
        return "two";
    }

    function pick(uint8) external pure returns (string memory) {
        return "uint8";
    }

    function who() external view returns (address) {
        return msg.sender;
    }

    function address_() external view returns (address) {
        return address(this);
    }

    function events() external pure returns (uint256) {
        return 5;
    }

    function name() external pure returns (string memory) {
        return "Kitchen";
    }

    function fail(uint8 how) external returns (uint256) {
        value += 1;
        if (how == 0) require(false, "no reason to go on");
        if (how == 1) revert();
        if (how == 2) revert Denied(msg.sender, 5);
        if (how == 3) assert(false);
        if (how == 4) return value / (how - 4);
        if (how == 5) revert Odd(Point(3, -4));
        if (how == 6) {
            assembly {
                invalid()
            }
        }
        if (how == 7) while (true) value += 1;
        return value;
    }

    function failing(uint8 how) external view returns (uint256) {
        if (how == 0) require(false, "seen only");
        if (how == 2) revert Denied(msg.sender, 6);
        return value;
    }
}

contract Linked {
    function sum(uint256 a, uint256 b) external pure returns (uint256) {
        return Sums.add(a, b);
    }
}

contract Relay {
    Kitchen public kitchen;

    constructor(Kitchen target) {
        kitchen = target;
    }

    function fail(uint8 how) external returns (uint256) {
        return kitchen.fail(how);
    }
}
