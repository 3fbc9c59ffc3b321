"""web3.py's own provider suite, from its wheel (`web3._utils.module_testing`), against a zone.

The test classes are web3.py's; here are the fixtures that they ask for, and the table of what does not pass.
"""
