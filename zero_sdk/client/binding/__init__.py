"""Typed Python classes out of ABIs: what `zero bind` writes.

types       ABI types as Python's
module      a module of one contract
options     the options of calls and sends, as types for what was written
"""
