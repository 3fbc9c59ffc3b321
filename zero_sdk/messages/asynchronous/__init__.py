"""The asynchronous twins: the same tours, taken by another driver.

wiring      wire_async, plan_wiring_async
oft         AsyncOft
checking    check_async
"""
