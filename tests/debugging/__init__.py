"""Tests of zero_sdk.debugging."""
