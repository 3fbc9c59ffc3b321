"""What a zone does, written once for blocking and asynchronous callers.

A flow is a generator: it yields what it wants of the node (or a pause) and is sent the answer. `run` takes
its steps over a Transport, `run_async` over an AsyncTransport.

    steps      the steps and the two drivers
    tours      flows through several zones, what is independent at once
    reading    calls, estimates, balances, blocks, logs
    sending    filling in, signing and sending transactions
    waiting    receipts, safe and finalized
    failing    from a node's words to Reverted
"""
