"""Networks checked by one who believes nothing."""
