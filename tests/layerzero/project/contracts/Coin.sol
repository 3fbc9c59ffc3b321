// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {NativeOFTAdapter} from "@layerzerolabs/oft-evm/contracts/NativeOFTAdapter.sol";
import {OFT} from "@layerzerolabs/oft-evm/contracts/OFT.sol";
import {OFTAdapter} from "@layerzerolabs/oft-evm/contracts/OFTAdapter.sol";

/// @title A token of several zones, with 18 decimals.
contract Coin is OFT {
    constructor(address endpoint, address owner, uint256 supply) OFT("Coin", "COIN", endpoint, owner) Ownable(owner) {
        _mint(owner, supply);
    }
}

/// @title The same with eight decimals.
contract SmallCoin is OFT {
    constructor(address endpoint, address owner, uint256 supply) OFT("Coin", "COIN", endpoint, owner) Ownable(owner) {
        _mint(owner, supply);
    }

    function decimals() public pure override returns (uint8) {
        return 8;
    }
}

/// @title A token that knows nothing of zones.
contract Gold is ERC20("Gold", "AU") {
    constructor(uint256 supply) {
        _mint(msg.sender, supply);
    }
}

/// @title What makes it one of several zones.
contract GoldVault is OFTAdapter {
    constructor(address token, address endpoint, address owner) OFTAdapter(token, endpoint, owner) Ownable(owner) {}
}

/// @title The zone's own currency, as a token of other zones.
contract CurrencyVault is NativeOFTAdapter {
    constructor(address endpoint, address owner) NativeOFTAdapter(18, endpoint, owner) Ownable(owner) {}
}
