"""The network's own keys: BIP-39 mnemonics, BIP-32 derivation, signing of messages and typed data.

Parts import `devnet.accounts.keyring` and `devnet.accounts.mnemonic`.
"""
