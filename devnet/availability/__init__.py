"""SVID: a batch of blocks encoded, committed to, sampled and put together again (protocol section 5).
Knows nothing of zones."""
