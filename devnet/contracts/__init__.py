"""What every zone holds from genesis on: this project's contracts and the code that specifications fix.

Other parts import `devnet.contracts.genesis` (the accounts), `devnet.contracts.addresses`,
`devnet.contracts.settlement` (the calldata and storage of SettlementRoots) and `devnet.contracts.artifacts`
(what the compiler made of `solidity/`). `scripts/build-contracts` writes `compiled/`. docs/contracts.md
tabulates the addresses.
"""
