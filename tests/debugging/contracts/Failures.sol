// SPDX-License-Identifier: Apache-2.0
// Ways to fail that every compiler from 0.7 on has. A comment "//" with "@ case n" marks the line that frame n (0 is the
// innermost) of that case's stack trace has to show.
pragma solidity >=0.7.0 <0.9.0;

library Maths {
    function inside(uint256 a) internal pure returns (uint256) {
        require(a > 10, "inside a library"); //@ internalLibrary
        return a;
    }

    function outside(uint256 a) external pure returns (uint256) {
        require(a > 10, "a linked library"); //@ externalLibrary
        return a;
    }

    function change(uint256[] storage list, uint256 a) external {
        list.push(a);
        require(a > 10, "library with storage"); //@ libraryWithStorage
    }
}

abstract contract Base {
    uint256 internal limit = 5;

    modifier below(uint256 a) {
        require(a < limit, "not below"); //@ modifierReason
        _;
    }

    modifier twice() {
        _;
        require(limit == 5, "changed the limit"); //@ modifierAfter
    }

    function inherited(uint256 a) internal view returns (uint256) {
        require(a < limit, "inherited"); //@ inheritedCall
        return a;
    }

    function overridden() internal virtual {
        revert("base version"); //@ superCall
    }
}

contract Bad {
    constructor(uint256 a) {
        require(a > 10, "bad construction"); //@ constructorOfAnother, constructorReason
    }
}

contract PoorBase {
    constructor(uint256 a) {
        require(a > 10, "bad base"); //@ constructorOfBase
    }
}

contract Poor is PoorBase {
    constructor(uint256 a) PoorBase(a) {}
}

contract Unpayable { //@ constructorNotPayable, noReceive, noFallback, constructorValue
    uint256 public seen;

    function free() external { //@ notPayable, notPayableThroughCall
        seen += 1;
    }

    function number() external pure returns (uint256) {
        return 1;
    }

    function take(uint256 a, address b) external { //@ shortCallData
        seen = a;
        b;
    }
}

contract Fallen {
    uint256 public count;

    fallback() external payable {
        count += 1;
        require(msg.data.length > 100, "fallback says no"); //@ fallback, fallbackInside
    }

    receive() external payable {
        revert("no money please"); //@ receive, transfer, valueRefused
    }
}

interface Strange {
    function number() external returns (uint256);

    function nothing() external;

    function text() external pure returns (string memory);
}

contract Proxy {
    address internal target;

    constructor(address to) {
        target = to;
    }

    fallback() external payable {
        address to = target;
        assembly {
            calldatacopy(0, 0, calldatasize())
            let success := delegatecall(gas(), to, 0, calldatasize(), 0, 0) //@ proxy 1
            returndatacopy(0, 0, returndatasize())
            switch success
            case 0 { revert(0, returndatasize()) }
            default { return(0, returndatasize()) }
        }
    }
}

contract Logic {
    address internal target;

    function fails(uint256 a) external pure returns (uint256) {
        require(a > 10, "behind the proxy"); //@ proxy
        return a;
    }
}

contract Failures is Base {
    uint256 internal zero;
    uint256[] internal list;
    mapping(uint256 => uint256) internal table;
    Unpayable internal unpayable = new Unpayable();
    Fallen internal fallen = new Fallen();

    constructor() payable {}

    function requireReason() external view {
        require(zero == 1, "a reason"); //@ requireReason
    }

    function requireBare() external view {
        require(zero == 1); //@ requireBare
    }

    function requireSameReasonTwice(uint256 a) external view {
        require(a != 1, "twice the same");
        require(a != 2, "twice the same"); //@ requireSameReasonTwice
        require(a != zero, "twice the same");
    }

    function requireLongReason() external view {
        require(
            zero == 1, //@ -
            "a reason that is longer than the thirty-two bytes that one word of the machine can hold"
        );
    }

    function revertReason() external pure {
        revert("plainly"); //@ revertReason
    }

    function revertBare() external pure {
        revert(); //@ revertBare
    }

    function revertWithVariable(string calldata words) external pure {
        revert(words); //@ revertWithVariable
    }

    function assertion() external view {
        assert(zero == 1); //@ assertion
    }

    function internalCall() external view returns (uint256) {
        uint256 a = zero + 3;
        return first(a); //@ internalCall 3
    }

    function first(uint256 a) internal view returns (uint256) {
        return second(a) + 1; //@ internalCall 2
    }

    function second(uint256 a) private view returns (uint256) {
        if (a > 1) {
            return third(a - 1); //@ internalCall 1
        }
        return 0;
    }

    function third(uint256 a) private view returns (uint256) {
        require(a > 10, "three deep"); //@ internalCall, pointer
        return a + zero;
    }

    function recursion(uint256 a) public view returns (uint256) {
        require(a > 0, "at the bottom"); //@ recursion
        return recursion(a - 1); //@ recursion 1, recursion 2
    }

    function publicFromInside() external view returns (uint256) {
        return recursion(zero); //@ publicFromInside 1
    }

    function modifierReason(uint256 a) external view below(a + 4) returns (uint256) { //@ modifierReason 1
        return a;
    }

    function modifierAfter() external twice { //@ modifierAfter 1
        limit = 6;
    }

    function bodyInModifier(uint256 a) external twice below(1) {
        limit = a;
        require(a == 7, "in the body"); //@ bodyInModifier
    }

    function inheritedCall() external view {
        inherited(limit + 1); //@ inheritedCall 1
    }

    function overridden() internal override {
        super.overridden(); //@ superCall 1
    }

    function superCall() external {
        overridden(); //@ superCall 2
    }

    function pointer() external view returns (uint256) {
        function(uint256) internal view returns (uint256) chosen = zero == 0 ? third : first;
        return chosen(zero); //@ pointer 1
    }

    function unsetPointer() external view returns (uint256) {
        function(uint256) internal view returns (uint256) chosen;
        return chosen(zero); //@ unsetPointer
    }

    function internalLibrary() external view returns (uint256) {
        return Maths.inside(zero + 1); //@ internalLibrary 1
    }

    function externalLibrary() external view returns (uint256) {
        return Maths.outside(zero); //@ externalLibrary 1
    }

    function libraryWithStorage() external {
        Maths.change(list, zero); //@ libraryWithStorage 1
    }

    function division(uint256 a) external view returns (uint256) {
        return a / zero; //@ division
    }

    function remainder(uint256 a) external view returns (uint256) {
        return a % zero; //@ remainder
    }

    function outOfBounds(uint256 a) external view returns (uint256) {
        return list[a]; //@ outOfBounds
    }

    function memoryOutOfBounds(uint256 a) external pure returns (uint256) {
        uint256[] memory numbers = new uint256[](2);
        numbers[0] = 1;
        return numbers[a]; //@ memoryOutOfBounds
    }

    function popEmpty() external {
        list.pop(); //@ popEmpty
    }

    function notAContract() external returns (uint256) {
        zero = 0;
        return Strange(address(0x1234567)).number(); //@ notAContract
    }

    function notAContractNoReturn() external {
        Strange(address(0x1234567)).nothing(); //@ notAContractNoReturn
    }

    function wrongReturn() external view returns (uint256 a, uint256 b) {
        (a, b) = Pairs(address(unpayable)).number(); //@ wrongReturn
    }

    function noFallback() external view {
        Strange(address(unpayable)).text(); //@ noFallback 1
    }

    function notPayableThroughCall() external {
        Payer(address(unpayable)).free{value: 1}(); //@ notPayableThroughCall 1
    }

    function callFails() external returns (uint256) {
        return this.revertsAfter(zero); //@ callFails 1
    }

    function revertsAfter(uint256 a) external returns (uint256) {
        zero = 3; //@ staticViolation
        require(a == zero, "called from outside"); //@ callFails
        return a;
    }

    function lowLevelThenRequire() external {
        (bool success, ) = address(this).call(abi.encodeWithSelector(this.revertBare.selector));
        require(success); //@ lowLevelThenRequire
    }

    function lowLevelThenReason() external {
        (bool success, ) = address(this).call(abi.encodeWithSelector(this.revertReason.selector));
        require(success, "the call failed"); //@ lowLevelThenReason
    }

    function passedOnByAssembly() external {
        (bool success, bytes memory data) = address(this).call( //@ passedOnByAssembly 1
            abi.encodeWithSelector(this.throws.selector)
        );
        if (!success) {
            assembly {
                revert(add(data, 32), mload(data))
            }
        }
    }

    function throws() external pure {
        revert("thrown"); //@ passedOnByAssembly
    }

    function assemblyRevert() external pure {
        assembly {
            mstore(0, 0x1234)
            revert(0, 32) //@ assemblyRevert
        }
    }

    function assemblyBare() external view {
        uint256 a = zero;
        assembly {
            if iszero(a) {
                revert(0, 0) //@ assemblyBare
            }
        }
    }

    function assemblyInvalid() external pure {
        assembly {
            invalid() //@ assemblyInvalid
        }
    }

    function constructorOfAnother() external {
        new Bad(zero); //@ constructorOfAnother 1
    }

    function constructorOfBase() external {
        new Poor(zero); //@ constructorOfBase 1
    }

    function transfer() external {
        payable(address(fallen)).transfer(1); //@ transfer 1
    }

    function transferTooMuch() external {
        payable(address(0x77)).transfer(1 ether); //@ transferTooMuch
    }

    function valueRefused() external {
        (bool success, bytes memory data) = address(fallen).call{value: 1}(""); //@ valueRefused 1
        if (!success) {
            assembly {
                revert(add(data, 32), mload(data))
            }
        }
    }

    function fallbackInside() external {
        Strange(address(fallen)).nothing(); //@ fallbackInside 1
    }

    function outOfGas() external {
        while (true) { //@ outOfGas, outOfGasInside
            table[zero] = 1; //@ outOfGas, outOfGasInside
            zero = zero + 1; //@ outOfGas, outOfGasInside
        }
    }

    function outOfGasInside() external {
        this.outOfGas{gas: 60000}(); //@ outOfGasInside 1
    }

    function precompile() external view {
        bytes memory point = new bytes(128);
        point[31] = 0x01;
        assembly {
            let success := staticcall(gas(), 6, add(point, 32), 128, 0, 64) //@ -
            if iszero(success) {
                revert(0, 0) //@ precompile
            }
        }
    }

    function staticViolation() external view {
        address self = address(this);
        bytes memory data = abi.encodeWithSelector(this.revertsAfter.selector, 3);
        assembly {
            let success := staticcall(gas(), self, add(data, 32), mload(data), 0, 0) //@ staticViolation 1
            if iszero(success) {
                returndatacopy(0, 0, returndatasize())
                revert(0, returndatasize())
            }
        }
    }
}

interface Pairs {
    function number() external pure returns (uint256, uint256);
}

interface Payer {
    function free() external payable;
}
