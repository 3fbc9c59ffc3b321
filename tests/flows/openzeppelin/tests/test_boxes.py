"""Proxies: ERC-1967 with the upgrade inside (UUPS), and transparent ones with an admin."""

import pytest

from zero_sdk.testing import emits, reverts

ADMIN_SLOT = 0xB53127684A568B3173AE13B9F8A6016E243E63B6E8EE1178D6A717850B5D6103


@pytest.fixture(scope="module")
def box(deploy):
    """The first code, which is no box itself."""
    return deploy("Box")


def test_a_box_exchanges_its_own_code(box, deploy, zone, accounts):
    owner, stranger, *_ = accounts
    proxy = deploy("ERC1967Proxy", box, box.begin.encode(owner, 5))
    mine = zone.contract(proxy, box)
    assert (mine.owner(), mine.number(), box.number()) == (owner, 5, 0)
    with reverts(error="InvalidInitialization"):
        mine.begin(stranger, 6)
    better = deploy("CountingBox")
    with reverts(error="NotTheOwner", who=stranger):
        mine.upgradeToAndCall(better, b"", sender=stranger)
    with emits(mine, "Upgraded", implementation=better):
        mine.upgradeToAndCall(better, better.count.encode())
    assert zone.contract(proxy, better).number() == 6
    with reverts(error="UUPSUnauthorizedCallContext"):
        better.upgradeToAndCall(box, b"")


def test_code_that_is_no_box_s_is_refused(box, deploy, coin, zone, accounts):
    mine = zone.contract(deploy("ERC1967Proxy", box, box.begin.encode(accounts[0], 5)), box)
    with reverts(error="ERC1967InvalidImplementation", implementation=coin):
        mine.upgradeToAndCall(coin, b"")


def test_a_transparent_proxy_is_upgraded_by_its_admin(box, deploy, zone, accounts):
    owner, stranger, *_ = accounts
    proxy = deploy("TransparentUpgradeableProxy", box, owner, box.begin.encode(owner, 5))
    mine = zone.contract(proxy, box)
    admin = zone.contract(zone.storage(proxy, ADMIN_SLOT)[12:], deploy.build.artifact("ProxyAdmin"))
    assert admin.owner() == owner
    better = deploy("CountingBox")
    with reverts(error="OwnableUnauthorizedAccount", account=stranger):
        admin.upgradeAndCall(proxy, better, b"", sender=stranger)
    admin.upgradeAndCall(proxy, better, b"")
    zone.contract(proxy, better).count()
    assert mine.number() == 6
