"""Questions that run transactions on a view and change nothing: calls, estimates, access lists, simulations,
and what fees were paid.

They know the Engine interface and state views only; the zone builds a `CallSite` for the block that a caller
names and passes it in. The modules: `site`, `overlay`, `call`, `estimate`, `access_list`, `simulate`,
`fee_history`.
"""
