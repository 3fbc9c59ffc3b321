"""What holds for all tests."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# Nothing here asserts a time: a busy machine must not fail a property.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
