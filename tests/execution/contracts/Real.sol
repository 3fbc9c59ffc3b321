// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {ERC20 as SoladyERC20} from "solady/src/tokens/ERC20.sol";
import {ERC721 as SoladyERC721} from "solady/src/tokens/ERC721.sol";
import {WETH} from "solady/src/tokens/WETH.sol";
import {LibSort} from "solady/src/utils/LibSort.sol";
import {LibString} from "solady/src/utils/LibString.sol";
import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";
import {SSTORE2} from "solady/src/utils/SSTORE2.sol";

contract Token is ERC20, ERC20Permit {
    constructor() ERC20("Token", "TKN") ERC20Permit("Token") {
        _mint(msg.sender, 1e27);
    }
}

contract Vault is ERC4626 {
    constructor(ERC20 asset) ERC20("Vault", "VLT") ERC4626(asset) {}
}

contract Collectible is ERC721 {
    constructor() ERC721("Collectible", "COL") {}

    function mint(uint256 id) external {
        _safeMint(msg.sender, id);
    }
}

contract Items is ERC1155 {
    constructor() ERC1155("https://items/{id}") {}

    function mint(uint256 id, uint256 amount) external {
        _mint(msg.sender, id % 8, amount, "");
    }
}

contract Cloner {
    event Cloned(address clone);

    function clone(address target, bytes32 salt) external returns (address made) {
        made = Clones.cloneDeterministic(target, salt);
        emit Cloned(made);
    }
}

contract LeanToken is SoladyERC20 {
    constructor() {
        _mint(msg.sender, 1e27);
    }

    function name() public pure override returns (string memory) {
        return "Lean";
    }

    function symbol() public pure override returns (string memory) {
        return "LEAN";
    }
}

contract LeanCollectible is SoladyERC721 {
    function name() public pure override returns (string memory) {
        return "Lean";
    }

    function symbol() public pure override returns (string memory) {
        return "LEAN";
    }

    function tokenURI(uint256 id) public pure override returns (string memory) {
        return LibString.toString(id);
    }

    function mint(uint256 id) external {
        _mint(msg.sender, id);
    }
}

contract Ether is WETH {}

contract Arithmetic {
    address public written;

    function sort(uint256[] memory numbers) external pure returns (uint256[] memory) {
        LibSort.sort(numbers);
        return numbers;
    }

    function root(uint256 x) external pure returns (uint256) {
        return FixedPointMathLib.sqrt(x);
    }

    function power(int256 x, int256 y) external pure returns (int256) {
        return FixedPointMathLib.powWad(x, y);
    }

    function mulDiv(uint256 x, uint256 y, uint256 d) external pure returns (uint256) {
        return FixedPointMathLib.fullMulDiv(x, y, d);
    }

    function write(bytes memory data) external {
        written = SSTORE2.write(data);
    }

    function read() external view returns (bytes memory) {
        return SSTORE2.read(written);
    }
}

interface IPool {
    function mint(address recipient, int24 lower, int24 upper, uint128 amount, bytes calldata data)
        external
        returns (uint256, uint256);
    function swap(address recipient, bool zeroForOne, int256 amount, uint160 limit, bytes calldata data)
        external
        returns (int256, int256);
    function token0() external view returns (address);
    function token1() external view returns (address);
}

/// Provides to and swaps with Uniswap's pools, from the tokens that it was given.
contract Trader {
    function provide(IPool pool, int24 lower, int24 upper, uint128 amount) external {
        pool.mint(address(this), lower, upper, amount, "");
    }

    function swap(IPool pool, bool zeroForOne, int256 amount) external {
        uint160 limit =
            zeroForOne ? 4295128740 : 1461446703485210103287273052203988822378723970341;
        pool.swap(address(this), zeroForOne, amount, limit, "");
    }

    function uniswapV3MintCallback(uint256 owed0, uint256 owed1, bytes calldata) external {
        pay(owed0, owed1);
    }

    function uniswapV3SwapCallback(int256 owed0, int256 owed1, bytes calldata) external {
        pay(owed0 > 0 ? uint256(owed0) : 0, owed1 > 0 ? uint256(owed1) : 0);
    }

    function pay(uint256 owed0, uint256 owed1) private {
        if (owed0 > 0) ERC20(IPool(msg.sender).token0()).transfer(msg.sender, owed0);
        if (owed1 > 0) ERC20(IPool(msg.sender).token1()).transfer(msg.sender, owed1);
    }
}
