"""The asynchronous twins: the same flows, taken by another driver.

network        AsyncNetwork, connect_async
zone           AsyncZone
contract       AsyncContract
transaction    AsyncTransaction
"""
