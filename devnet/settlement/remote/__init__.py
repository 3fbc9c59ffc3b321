"""Validators in processes of their own, and the network as the hub between them (docs/validator.md).

    genesis_facts   what a validator has to know before its first settlement block
    attaching       what a validator signs to show whose seat it takes
    notices         what the hub tells a validator
    seats           the hub's side: who is attached, whose seat it is at a height, mail in both directions
    deliveries      what a slot's producers hand out, in pieces for those who fetch it
    package_codec   a package as bytes
    hub             both for one network
    vote_file       a validator's own votes, durable before they are sent
    following       a chain that is built from certificates
    catching_up     where that chain is to go on after being away
    patient_judge   a judge for what has to be fetched first
    fetching        fetches and asks the judge
    node            a validator without threads, sockets and clocks: the real consensus on its own chain
    process         the same with them
    attempt         a height at which such validators take part

Nothing here imports a network; the network imports `seats` and `deliveries`.
"""
