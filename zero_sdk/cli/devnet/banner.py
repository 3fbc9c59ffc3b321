"""What is printed when the network is ready."""

from __future__ import annotations

import platform
from collections.abc import Iterator

from zero_sdk.cli.devnet.description import Description, ShownZone
from zero_sdk.cli.devnet.settings import DEFAULT_MNEMONIC, Settings
from zero_sdk.cli.output import BOLD, CYAN, DIM, GREEN, YELLOW, Paint

MAX_ACCOUNTS = 100
"""More are not printed; `zero accounts` does."""


def banner(description: Description, settings: Settings, paint: Paint) -> Iterator[str]:
    """The lines of the banner."""
    words = (
        f"engine {description.engine}",
        f"hard fork {description.hardfork}",
        f"Python {platform.python_version()}",
    )
    yield ""
    yield f"{paint(BOLD, f'Zero {description.version}')}  {paint(DIM, ' · '.join(words))}"
    yield from _zones(description, paint)
    yield from _accounts(description, paint)
    yield from _words(description, settings, paint)
    yield ""


def _zones(description: Description, paint: Paint) -> Iterator[str]:
    yield ""
    yield paint(BOLD, "Zones")
    name_width = max(len(zone.name) for zone in description.zones)
    id_width = max(len(str(zone.chain_id)) for zone in description.zones)
    for zone in description.zones:
        own = f"  {zone.own_url}" if zone.own_url else ""
        default = (
            paint(DIM, f"  also {description.default_url}") if zone.name == description.default_zone else ""
        )
        yield (
            f"  {zone.index}  {paint(CYAN, f'{zone.name:<{name_width}}')}  "
            f"chain id {zone.chain_id:<{id_width}}  {zone.url}{own}{default}"
        )


def _accounts(description: Description, paint: Paint) -> Iterator[str]:
    accounts = description.keys.accounts
    if not accounts:
        return
    yield ""
    yield f"{paint(BOLD, 'Accounts')}  {paint(DIM, f'{zro(description.balance)} each, in every zone')}"
    width = len(str(min(len(accounts), MAX_ACCOUNTS) - 1))
    for index, account in enumerate(accounts[:MAX_ACCOUNTS]):
        yield f"  {index:>{width}}  {paint(GREEN, account.address)}  {account.private_key}"
    if len(accounts) > MAX_ACCOUNTS:
        yield f"  ... and {len(accounts) - MAX_ACCOUNTS} more, which `zero accounts` prints"


def _words(description: Description, settings: Settings, paint: Paint) -> Iterator[str]:
    yield ""
    facts = (
        ("Mnemonic", description.keys.mnemonic),
        ("Path", f"{description.keys.derivation_path}(index)"),
        ("Blocks", mining_in_words(settings)),
        ("History", history_in_words(settings)),
        *_loaded(description),
        *_data(description),
    )
    for name, value in facts:
        yield f"{paint(BOLD, f'{name:<8}')}  {value}"
    if description.keys.mnemonic == DEFAULT_MNEMONIC:
        yield paint(YELLOW, "These keys are public: never use the accounts on another network.")


def _loaded(description: Description) -> Iterator[tuple[str, str]]:
    if description.loaded is not None:
        yield (
            "Loaded",
            f"{description.loaded}: {', '.join(head_in_words(zone) for zone in description.zones)}",
        )


def _data(description: Description) -> Iterator[tuple[str, str]]:
    data = description.data
    if data is None:
        return
    if not data.is_restored:
        yield "Folder", f"{data.path}, a new network"
        return
    heads = ", ".join(head_in_words(zone) for zone in description.zones)
    yield "Folder", f"{data.path}, goes on: {heads}"
    if data.killed:
        yield "", f"process {data.killed} was killed in it: whatever it had reported is there"


def head_in_words(zone: ShownZone) -> str:
    """Where a zone goes on, and from where on its blocks are kept."""
    head = f"{zone.name} at block {zone.number:,}"
    if zone.oldest == zone.genesis:
        return head
    return f"{head} (kept from block {zone.oldest:,} on)"


def history_in_words(settings: Settings) -> str:
    """Which blocks are kept."""
    kept = "all blocks" if settings.history is None else newest_in_words(settings.history + 1)
    if settings.memory_limit is None:
        return kept
    return f"{kept}, in at most {settings.memory_limit:,} bytes of memory"


def newest_in_words(count: int) -> str:
    """So many of the newest blocks."""
    return "the newest block" if count == 1 else f"the newest {count:,} blocks"


def mining_in_words(settings: Settings) -> str:
    """When blocks are sealed."""
    if settings.no_mining:
        return "sealed when told to"
    if settings.block_time is None:
        return "sealed on every transaction"
    every = f"sealed every {settings.block_time:g} s"
    return f"{every} and on every transaction" if settings.mixed_mining else every


def zro(wei: int) -> str:
    """An amount without trailing zeros: `10,000 ZRO`."""
    whole, rest = divmod(wei, 10**18)
    digits = f"{rest:018d}".rstrip("0")
    return f"{whole:,}{f'.{digits}' if digits else ''} ZRO"
