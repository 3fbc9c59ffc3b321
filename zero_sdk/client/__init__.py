"""Networks, zones, contracts and accounts as Python objects: what `zero_sdk` gives to its users.

    connecting      connect: what is behind a URL
    local           a network in this process
    network, zone   Network, Snapshot, Clock; Zone
    contract        Contract and its methods and events
    transaction     Transaction, Receipt, Log, Event
    message         Message; message_state what became of it; packets what receipts say was sent
    courier         Courier; courier_state
    accounts        Account, and where keys come from
    interface       an ABI as functions, events and errors that encode and decode
    errors          what is raised
    flows/          what a zone does, as steps that either a blocking or an asynchronous driver takes
    transports/     how a request reaches a node: HTTP, or a network in this process
    asynchronous/   AsyncNetwork, AsyncZone, AsyncContract

Others import these names from `zero_sdk`. Nothing here imports web3, eth_abi or eth_account before it has to.
"""
