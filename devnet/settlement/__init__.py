"""Settlement: slots, settlement blocks, validators, votes and certificates (protocol section 7)."""
