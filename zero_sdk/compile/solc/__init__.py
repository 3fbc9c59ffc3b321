"""solc: which one, where it comes from, and how it is run.

Solc           a compiler that can be asked: `NativeSolc` (a program), `NodeSolc` (npm's, in a worker)
installed      what is on this machine
obtain         gets a version that is not: py-solc-x, then npm
"""
