"""Contracts for other tools: files in the layout that each of them reads.

foundry, hardhat, ape, viem    artifacts and ABI modules: (artifacts) -> {path: text}
frontend                       ABIs and addresses by zone, typed, for a page in TypeScript
addresses                      where the contracts are deployed
writing                        the files on disk; nothing of others is overwritten
"""
