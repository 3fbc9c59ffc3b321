"""Whatever happens to messages on their way: each text comes once, and none that was not sent."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

FAULTS = [("drop", {}), ("delay", {"slots": 2}), ("duplicate", {}), ("reorder", {}), ("corrupt", {})]
ZONES = ("alpha", "beta", "gamma")
WAYS = [(source, target) for source in ZONES for target in ZONES if source != target]


@pytest.mark.parametrize(("kind", "fields"), FAULTS, ids=[kind for kind, _ in FAULTS])
def test_each_text_comes_once(messengers, send, texts, faulty_turn, carry, kind, fields):
    sent = {zone: [] for zone in ZONES}
    for number, (source, target) in enumerate([*WAYS[:3], *WAYS[:3]]):
        send(messengers, source, target, str(number))
        sent[target].append(str(number))
    faulty_turn(kind, **fields)
    for zone, messenger in messengers.items():
        came = texts(messenger)
        assert len(came) == len(set(came))
        assert set(came) <= set(sent[zone])
        if kind in ("drop", "delay"):
            assert came == []
    carry()
    for zone, messenger in messengers.items():
        assert sorted(texts(messenger)) == sorted(sent[zone])


STEPS = st.one_of(
    st.tuples(st.just("send"), st.sampled_from(WAYS)),
    st.tuples(st.just("fault"), st.sampled_from(FAULTS)),
    st.tuples(st.sampled_from(["settle", "courier", "clear"]), st.none()),
)


@settings(max_examples=5, deadline=None)
@given(steps=st.lists(STEPS, max_size=8))
def test_in_every_order_of_events_each_text_comes_once(messengers, network, send, texts, carry, steps):
    sent = {zone: [] for zone in ZONES}
    for number, (what, how) in enumerate(steps):
        if what == "send":
            send(messengers, *how, str(number))
            sent[how[1]].append(str(number))
        elif what == "fault":
            network.courier.inject(how[0], **how[1])
        elif what == "clear":
            network.courier.clear()
        elif what == "settle":
            network.settle()
        else:
            network.courier.step()
        for zone, messenger in messengers.items():
            came = texts(messenger)
            assert len(came) == len(set(came))
            assert set(came) <= set(sent[zone])
    network.courier.clear()
    carry()
    for zone, messenger in messengers.items():
        assert sorted(texts(messenger), key=int) == sent[zone]
