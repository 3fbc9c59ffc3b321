"""Benchmarks: each module is one table, run as `python -m benchmarks.NAME`. Nothing here is a test."""
