"""The reference engine: py-evm's opcodes over a flat account database.

Other parts import `PyEvmEngine` and nothing further inside. py-evm itself is imported at the first `execute`.
"""

from __future__ import annotations
