"""Whether the code at an address is what a source compiles to."""
