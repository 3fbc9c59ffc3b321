"""Statements, witnesses, provers and verifiers of zone updates (protocol section 6). Knows no zones."""
