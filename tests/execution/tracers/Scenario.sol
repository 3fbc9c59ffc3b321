// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// What a trace can hold, one function each.
contract Scenario {
    uint256 public total;
    mapping(address => uint256) public paid;
    uint256[] public list;
    bytes public blob;
    Child public child;

    event Noted(address indexed who, uint256 amount);
    event Plain(bytes data);

    error TooLittle(uint256 have, uint256 want);

    constructor() payable {
        total = 7;
        emit Noted(msg.sender, msg.value);
    }

    receive() external payable {}

    function store(uint256 value) public {
        paid[msg.sender] = value;
        total += value;
        emit Noted(msg.sender, value);
    }

    function clear() external {
        total = 0;
        total = 5;
        total = 0;
        delete paid[msg.sender];
    }

    function grow(uint256 count) external {
        for (uint256 i = 0; i < count; i++) list.push(i);
        blob = abi.encode(list);
    }

    function fail() external pure {
        require(false, "not today");
    }

    function panic(uint256 x) external pure returns (uint256) {
        return 1 - x;
    }

    function custom() external view {
        revert TooLittle(total, 99);
    }

    function silent() external pure {
        revert();
    }

    function burn() external pure {
        assembly { invalid() }
    }

    function loop() external pure {
        while (true) {}
    }

    function nest(uint256 depth) public returns (uint256) {
        emit Plain(abi.encode(depth));
        if (depth == 0) return total;
        uint256 inner = this.nest(depth - 1);
        emit Noted(address(this), inner);
        return inner + 1;
    }

    /// Calls everything that fails, catches it, goes on.
    function survive() external {
        try this.storeAndFail(5) {} catch {}
        try this.panic(2) {} catch {}
        try this.custom() {} catch {}
        try this.burn{gas: 5000}() {} catch {}
        try this.loop{gas: 3000}() {} catch {}
        (bool ok, ) = address(0xdead).call{value: 1 ether * 1 ether}("");
        require(!ok);
        store(3);
    }

    function storeAndFail(uint256 value) external {
        store(value);
        this.store(value);
        revert("undone");
    }

    function kinds(address other) external payable {
        (bool a, ) = other.delegatecall(abi.encodeCall(this.store, (11)));
        (bool b, bytes memory data) = other.staticcall(abi.encodeWithSignature("total()"));
        (bool c, ) = other.staticcall{gas: 30000}(abi.encodeCall(this.store, (12)));
        (bool d, ) = other.call{value: 3}("");
        require(a && b && !c && d && data.length == 32);
        (bool e, ) = address(0xbeef).call{value: 1}("");
        require(e);
    }

    function precompiles() external view returns (address who, bytes32 hash, bytes memory copy) {
        who = ecrecover(bytes32(uint256(1)), 27, bytes32(uint256(2)), bytes32(uint256(3)));
        hash = sha256("abc");
        (, copy) = address(4).staticcall("copied");
        (bool ok, ) = address(8).staticcall{gas: 100000}("bad pairing");
        require(!ok);
    }

    function look(address other) external view returns (uint256 sum) {
        sum = other.balance + other.code.length + uint256(other.codehash) % 7;
        sum += uint256(blockhash(block.number - 1)) % 5 + block.timestamp % 3;
        bytes memory code = other.code;
        sum += code.length;
    }

    function create(uint256 value) external payable {
        child = new Child{value: value}();
        child.ping();
        new Child{salt: bytes32(uint256(1))}();
        try new Broken() {} catch {}
        try new Child{salt: bytes32(uint256(1))}() {} catch {}
    }

    function destroyOld() external {
        child.end(payable(address(0xcafe)));
    }

    function destroyNew() external payable {
        Child fresh = new Child{value: msg.value}();
        fresh.ping();
        fresh.end(payable(address(this)));
    }

    function transientStorage() external returns (uint256 x) {
        assembly {
            tstore(1, 5)
            x := tload(1)
            mstore(0, x)
            mcopy(32, 0, 32)
            log1(0, 64, 0xabc)
        }
    }
}

contract Child {
    uint256 public pings = 1;

    constructor() payable {}

    function ping() external {
        pings++;
    }

    function end(address payable to) external {
        selfdestruct(to);
    }
}

contract Broken {
    constructor() {
        revert("born broken");
    }
}
