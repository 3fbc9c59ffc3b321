"""Interfaces that everybody speaks, so that tokens are readable before any artifact is known."""

from __future__ import annotations

from functools import cache

from devnet.artifacts.items import AbiItem, parse_interface
from devnet.artifacts.messaging import messaging_items
from devnet.artifacts.settling import settlement_items

_FUNCTIONS = (
    # ERC-20
    "transfer(address to, uint256 value) returns (bool)",
    "approve(address spender, uint256 value) returns (bool)",
    "transferFrom(address from, address to, uint256 value) returns (bool)",
    "balanceOf(address account) returns (uint256)",
    "allowance(address owner, address spender) returns (uint256)",
    "totalSupply() returns (uint256)",
    "name() returns (string)",
    "symbol() returns (string)",
    "decimals() returns (uint8)",
    # ERC-721 and ERC-1155
    "ownerOf(uint256 tokenId) returns (address)",
    "safeTransferFrom(address from, address to, uint256 tokenId)",
    "safeTransferFrom(address from, address to, uint256 tokenId, bytes data)",
    "safeTransferFrom(address from, address to, uint256 id, uint256 value, bytes data)",
    "setApprovalForAll(address operator, bool approved)",
    # Ownable, ERC-165
    "owner() returns (address)",
    "transferOwnership(address newOwner)",
    "supportsInterface(bytes4 interfaceId) returns (bool)",
)

_EVENTS = (
    "Transfer(address indexed from, address indexed to, uint256 value)",
    "Transfer(address indexed from, address indexed to, uint256 indexed tokenId)",
    "Approval(address indexed owner, address indexed spender, uint256 value)",
    "Approval(address indexed owner, address indexed approved, uint256 indexed tokenId)",
    "ApprovalForAll(address indexed owner, address indexed operator, bool approved)",
    "TransferSingle(address indexed by, address indexed from, address indexed to, uint256 id, uint256 value)",
    "OwnershipTransferred(address indexed previousOwner, address indexed newOwner)",
)

_ERRORS = (
    # ERC-6093 and Ownable of OpenZeppelin 5
    "ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)",
    "ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed)",
    "ERC20InvalidSender(address sender)",
    "ERC20InvalidReceiver(address receiver)",
    "ERC721NonexistentToken(uint256 tokenId)",
    "ERC721InsufficientApproval(address operator, uint256 tokenId)",
    "OwnableUnauthorizedAccount(address account)",
    "OwnableInvalidOwner(address owner)",
)


@cache
def standard_items() -> tuple[AbiItem, ...]:
    """Functions, events and errors of ERC-20, 721, 1155, 165, 6093, Ownable, messages, settlement."""
    return (
        *parse_interface(_FUNCTIONS, _EVENTS, _ERRORS),
        *messaging_items(),
        *settlement_items(),
    )
