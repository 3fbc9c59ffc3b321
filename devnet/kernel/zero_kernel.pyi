"""The compiled kernel's Python face. This file is its interface: its hash is built into the kernel, and a
kernel with another hash is refused."""

INTERFACE: str
"""SHA-256 of this file as it was when the kernel was built."""

class Pool:
    """The threads that native parts of one network share."""

    def __new__(cls, threads: int) -> Pool:
        """Raises ValueError below 1 and above 1024."""

    @property
    def threads(self) -> int: ...

# --- codec: transactions, receipts, tries ---

# --- engine ---

# --- schedule ---

# --- state ---
