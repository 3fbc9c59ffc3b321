"""What a transaction did, in terms of its source: call trees, stack traces, coverage and gas.

    Sources        what compilers told about contracts: recognises code, knows the source of each instruction
    execution      one transaction or call, as the node traced it
    call_tree      its calls with names, arguments, results, events and console.log
    stack_trace    where and why it failed, for Solidity and Vyper
    rendering      both as text
    coverage       lines, statements, branches and functions that ran
    gas            what functions cost

Works on anything that has `rpc(method, *params)`: a `zero_sdk.client.Zone`, or one's own connection.
"""
