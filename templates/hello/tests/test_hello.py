import pytest

from zero_sdk.testing import emits, reverts


def test_greets_with_the_first_words(hello):
    assert hello.greeting() == "Hello!"
    assert hello.changes() == 0


def test_anyone_changes_the_words(hello, accounts):
    with emits(hello, "GreetingChanged", by=accounts[1], greeting="Good morning"):
        hello.greet("Good morning", sender=accounts[1])
    assert hello.greeting() == "Good morning"
    assert hello.changes() == 1


@pytest.mark.parametrize("length", [65, 1000])
def test_long_words_are_refused(hello, length):
    with reverts(error="GreetingTooLong", given=length, most=64):
        hello.greet("a" * length)


def test_zones_share_nothing(deploy):
    here, there = deploy("Hello", "here", zone="alpha"), deploy("Hello", "there", zone="beta")
    here.greet("changed")
    assert (here.greeting(), there.greeting()) == ("changed", "there")


def test_the_script_deploys_to_every_zone(deploy):
    contracts = deploy.script()
    assert {name: hello.greeting() for name, hello in contracts.items()} == {
        "alpha": "Hello from alpha!",
        "beta": "Hello from beta!",
    }
