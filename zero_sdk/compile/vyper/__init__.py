"""Vyper: files and their imports, versions, compilers in processes of their own.

    plan, VyperJob        which files are compiled with what
    VyperTree             the files
    VyperChoice           which version
    run_vyper_jobs        compiles them
    obtain_vyper          gets a version (`zero install`)

`worker.py` runs in the compiler's own Python. `output.py` knows how Vyper's output differs from solc's.
"""
