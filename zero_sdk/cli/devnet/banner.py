"""What is printed when the network is ready."""

from __future__ import annotations

import platform
from collections.abc import Iterator

from devnet.zone.messages import Mining
from zero_sdk.cli.devnet.description import Description, ShownEngine, ShownZone
from zero_sdk.cli.devnet.settings import DEFAULT_MNEMONIC
from zero_sdk.cli.output import BOLD, CYAN, DIM, GREEN, YELLOW, Paint

MAX_ACCOUNTS = 100
"""More are not printed; `zero accounts` does."""


def banner(description: Description, paint: Paint) -> Iterator[str]:
    """The lines of the banner."""
    words = (
        _engine(description.engine),
        f"hard fork {description.hardfork}",
        f"Python {platform.python_version()}",
    )
    yield ""
    yield f"{paint(BOLD, f'Zero {description.version}')}  {paint(DIM, ' · '.join(words))}"
    yield from _zones(description, paint)
    yield from _accounts(description, paint)
    yield from _words(description, paint)
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


def _words(description: Description, paint: Paint) -> Iterator[str]:
    yield ""
    facts = (
        *_absence(description.engine),
        ("Mnemonic", description.keys.mnemonic),
        ("Path", f"{description.keys.derivation_path}(index)"),
        ("Blocks", _mining(description)),
        ("Settles", settling_in_words(description.slot_time)),
        ("History", history_in_words(description.history, description.memory_limit)),
        *_loaded(description),
        *_data(description),
    )
    for name, value in facts:
        yield f"{paint(BOLD, f'{name:<8}')}  {value}"
    if description.keys.mnemonic == DEFAULT_MNEMONIC:
        yield paint(YELLOW, "These keys are public: never use the accounts on another network.")


def _absence(engine: ShownEngine) -> Iterator[tuple[str, str]]:
    if engine.absence is not None:
        yield "Engine", f"the native one is not there: {engine.absence}"


def _loaded(description: Description) -> Iterator[tuple[str, str]]:
    if description.loaded is not None:
        yield (
            "Loaded",
            f"{description.loaded}: {', '.join(head_in_words(zone) for zone in description.zones)}",
        )


def _engine(engine: ShownEngine) -> str:
    if engine.name != "native":
        return f"engine {engine.name}"
    return f"engine native on {engine.threads} {'thread' if engine.threads == 1 else 'threads'}"


def _mining(description: Description) -> str:
    """What a folder or a dump kept may be something else in each zone."""
    words = {zone.name: mining_in_words(zone.mining) for zone in description.zones}
    if len(set(words.values())) == 1:
        return words[description.default_zone]
    return "; ".join(f"{name}: {how}" for name, how in words.items())


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


def settling_in_words(slot_time: float | None) -> str:
    """How often a network settles by itself."""
    if slot_time is None:
        return "when told to (zero_settle)"
    if slot_time == 0:
        return "after every block; --settlement off: only when told to"
    often = "every second" if slot_time == 1 else f"every {slot_time:g} seconds"
    return f"{often} what is new; --settlement off: only when told to"


def history_in_words(history: int | None, memory_limit: int | None) -> str:
    """Which blocks are kept."""
    kept = "all blocks" if history is None else newest_in_words(history + 1)
    return kept if memory_limit is None else f"{kept}, in at most {memory_limit:,} bytes of memory"


def newest_in_words(count: int) -> str:
    """So many of the newest blocks."""
    return "the newest block" if count == 1 else f"the newest {count:,} blocks"


def mining_in_words(mining: Mining) -> str:
    """When blocks are sealed."""
    if mining.interval is None:
        return "sealed on every transaction" if mining.automine else "sealed when told to"
    every = f"sealed every {mining.interval:g} s"
    return f"{every} and on every transaction" if mining.automine else every


def zro(wei: int) -> str:
    """An amount without trailing zeros: `10,000 ZRO`."""
    whole, rest = divmod(wei, 10**18)
    digits = f"{rest:018d}".rstrip("0")
    return f"{whole:,}{f'.{digits}' if digits else ''} ZRO"
