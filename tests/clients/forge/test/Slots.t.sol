// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

interface Vm {
    function envString(string calldata name) external view returns (string memory);
    function createSelectFork(string calldata url) external returns (uint256);
    function rpc(string calldata method, string calldata params) external returns (bytes memory);
    function toString(bytes calldata value) external pure returns (string memory);
    function toString(address value) external pure returns (string memory);
    function sleep(uint256 milliseconds) external;
}

/// Every test goes back to one snapshot of the running network, which settles meanwhile.
contract SlotsTest {
    Vm constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    address constant SENDER = 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266;
    address constant RECEIVER = 0x00000000000000000000000000000000000A11cE;

    function setUp() public {
        vm.createSelectFork(vm.envString("ZERO_CLIENTS_HTTP"));
    }

    function balance(string memory tag) internal returns (uint256) {
        return number(vm.rpc("eth_getBalance", string.concat('["', vm.toString(RECEIVER), '","', tag, '"]')));
    }

    function number(bytes memory value) internal pure returns (uint256 result) {
        require(value.length <= 32, "no number");
        for (uint256 i = 0; i < value.length; i++) {
            result = (result << 8) | uint8(value[i]);
        }
    }

    function pay() internal {
        string memory from = string.concat('"from":"', vm.toString(SENDER), '"');
        string memory to = string.concat('"to":"', vm.toString(RECEIVER), '"');
        vm.rpc("eth_sendTransaction", string.concat("[{", from, ",", to, ',"value":"0x1"}]'));
    }

    function run(uint256 payments, bool isFinal) internal {
        uint256 before = balance("latest");
        string memory snapshot = vm.toString(vm.rpc("evm_snapshot", "[]"));
        for (uint256 i = 0; i < payments; i++) {
            pay();
        }
        require(balance("latest") == before + payments, "not paid");
        while (isFinal && balance("finalized") < before + payments) {
            vm.sleep(20);
        }
        vm.rpc("evm_revert", string.concat('["', snapshot, '"]'));
        require(balance("latest") == before, "not as it was");
    }

    function testWhatNobodyKnowsOf() public {
        run(1, false);
    }

    function testWhatIsFinal() public {
        run(5, true);
    }

    function testAgainAndAgain() public {
        for (uint256 i = 1; i <= 4; i++) {
            run(i, i % 2 == 0);
        }
    }
}
