"""Checks a network as an outsider: from headers, proofs, certificates and samples, believing nothing else.

    verify       `verify`: all of it, of whatever answers JSON-RPC
    asking       how a network is asked, over whatever there is between; a network in this process
    kept         folders and dumps
    report       what was checked, what is a lie, and what was not checked and why

`zero verify` (`zero_sdk/cli/verify.py`) is the command line of this. docs/verifying.md says what each check
shows. The others are the checks:

    reading      answers as records; what is none is a lie
    genesis      what the network's configuration says that it begins with
    settled      the settlement chain: roots, certificates, sets, updates, producers
    zone_blocks  headers, transactions and receipts under what was settled
    system_state what contracts of the system zone stored, slot by slot with proofs
    inbox        forced transactions that were due
    data         proofs, and samples of what was dispersed
"""
