// SPDX-License-Identifier: UNLICENSED
pragma solidity ^0.8.24;

/// @title A book that anyone may write a line into.
contract Guestbook {
    struct Entry {
        address guest;
        uint64 time;
        string words;
    }

    uint256 public constant MOST_BYTES = 80;

    Entry[] private _entries;

    event Signed(address indexed guest, uint256 indexed number, string words);

    error NothingWritten();
    error TooLong(uint256 given, uint256 most);

    function sign(string calldata words) external {
        uint256 given = bytes(words).length;
        if (given == 0) revert NothingWritten();
        if (given > MOST_BYTES) revert TooLong(given, MOST_BYTES);
        emit Signed(msg.sender, _entries.length, words);
        _entries.push(Entry(msg.sender, uint64(block.timestamp), words));
    }

    function count() external view returns (uint256) {
        return _entries.length;
    }

    /// @notice The newest entries first, at most `most` of them.
    function newest(uint256 most) external view returns (Entry[] memory found) {
        uint256 length = _entries.length;
        found = new Entry[](most < length ? most : length);
        for (uint256 i = 0; i < found.length; i++) {
            found[i] = _entries[length - 1 - i];
        }
    }
}
