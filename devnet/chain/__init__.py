"""The primitives that every part speaks: types, RLP, keccak, transactions, headers, receipts, tries, rules.

Everything here is plain frozen data and pure functions over it; nothing here knows zones, engines or state.
Other parts may import any module of this package; this package imports none of theirs.
"""
