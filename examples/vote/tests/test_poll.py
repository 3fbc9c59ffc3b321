from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zero_sdk.testing import reverts

FAULTS = [("drop", {}), ("delay", {"slots": 2}), ("duplicate", {}), ("reorder", {}), ("corrupt", {})]
ZONES = ("alpha", "beta", "gamma")


def test_votes_of_all_zones_count(polls, voters, close, carry):
    for zone in ZONES:
        for place, voter in enumerate(voters[zone]):
            polls[zone].vote(place < 3, sender=voter)
    close(polls)
    carry()
    total = polls["alpha"].total()
    yes = sum(list(people.values())[place] for people in voters.values() for place in range(3))
    assert (total.yes, total.no) == (yes, sum(sum(people.values()) for people in voters.values()) - yes)
    assert polls["alpha"].isAccepted()


def test_nothing_is_decided_before_the_last_zone_has_reported(polls, voters, network, close, carry):
    for voter in voters["gamma"]:
        polls["gamma"].vote(False, sender=voter)
    fault = network.courier.inject("drop", source="gamma")
    close(polls)
    carry()
    with reverts(error="NotDecided", reported=2, zones=3):
        polls["alpha"].isAccepted()
    network.courier.clear(fault)
    carry()
    assert not polls["alpha"].isAccepted()


def test_each_votes_once_where_he_may(polls, voters, accounts):
    voter = next(iter(voters["beta"]))
    polls["beta"].vote(True, sender=voter)
    with reverts(error="NoVote", voter=voter):
        polls["beta"].vote(True, sender=voter)
    with reverts(error="NoVote"):
        polls["beta"].vote(True, sender=accounts[9])


def test_nobody_votes_late_or_reports_early(polls, voters, close):
    with reverts(error="TooEarly"):
        polls["beta"].report()
    close(polls)
    with reverts(error="TooLate"):
        polls["beta"].vote(True, sender=next(iter(voters["beta"])))
    with reverts(error="ReportedBefore"):
        polls["beta"].report(value=10**16)


@pytest.mark.parametrize("zones", list(permutations(["beta", "gamma"])), ids=" ".join)
def test_zones_report_in_any_order(polls, voters, network, close, carry, zones):
    for zone in ZONES:
        polls[zone].vote(zone != "gamma", sender=next(iter(voters[zone])))
    faults = {zone: network.courier.inject("drop", source=zone) for zone in zones}
    close(polls)
    for number, zone in enumerate(zones, 1):
        carry(1)
        assert polls["alpha"].reported() == number
        network.courier.clear(faults[zone])
    carry()
    assert list(polls["alpha"].total()) == [11, 100]


VOTES = st.lists(st.tuples(st.sampled_from(ZONES), st.integers(0, 4), st.booleans()), max_size=10)


@settings(max_examples=5, deadline=None)
@given(votes=VOTES, faults=st.lists(st.sampled_from(FAULTS), max_size=3))
# Each zone sends one message, which has no order on its path: `reorder` shows nothing here.
@pytest.mark.parametrize("kind", [kind for kind, _ in FAULTS if kind != "reorder"])
def test_the_count_is_the_same_whatever_happens_to_reports(
    polls, voters, network, close, faulty_turn, carry, votes, faults, kind
):
    wanted, done = [0, 0], set()
    for zone, place, yes in votes:
        if (zone, place) not in done:
            voter = list(voters[zone])[place]
            polls[zone].vote(yes, sender=voter)
            wanted[not yes] += voters[zone][voter]
            done.add((zone, place))
    close(polls)
    faulty_turn(kind, **dict(FAULTS)[kind])
    for name, fields in faults:
        network.courier.inject(name, **fields)
    network.settle()
    network.courier.step()
    network.courier.clear()
    carry()
    assert list(polls["alpha"].total()) == wanted
    assert polls["alpha"].reported() == 3
    assert polls["alpha"].isAccepted() == (wanted[0] > wanted[1])
