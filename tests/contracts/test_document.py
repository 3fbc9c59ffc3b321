"""docs/contracts.md names every contract of genesis at its address."""

from __future__ import annotations

import re
from pathlib import Path

from devnet.chain.rules import Fork
from devnet.chain.settlement_head import SettlementHead
from devnet.chain.types import ZERO_HASH
from devnet.contracts.bridge import bridge_accounts
from devnet.contracts.genesis import SettlementGenesis, settlement_accounts, system_accounts
from devnet.contracts.messaging import MessagingGenesis, messaging_accounts
from devnet.contracts.tips import tips_account

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "contracts.md"


def test_the_table_lists_the_contracts_of_genesis() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    listed = map(bytes.fromhex, re.findall(r"^\| `0x([0-9a-fA-F]{40})` \|", text, re.MULTILINE))
    everywhere = system_accounts(Fork.OSAKA, SettlementHead(0, ZERO_HASH, 0, 1))
    system_zone = settlement_accounts(SettlementGenesis(ZERO_HASH, ()))
    messages = {**messaging_accounts(MessagingGenesis(1, (1,), 0)), **bridge_accounts(), **tips_account(1)}
    assert sorted(listed) == sorted((*everywhere, *system_zone, *messages))
