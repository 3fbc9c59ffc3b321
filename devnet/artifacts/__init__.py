"""What compilers leave behind, put to use: ABIs, console.log, reverts, labels, contracts known by their code.

Other parts may import `abi`, `items`, `console`, `reverts`, `artifact`, `registry`, `folder` and `describe`.
Nothing here knows zones or engines, nothing raises on hostile chain data, and nothing imports eth_abi: these
modules are on the start path.
"""
