import pytest

from zero_sdk.testing import reverts


def test_a_text_goes_to_another_zone(messengers, send, texts):
    sent = send(messengers, "alpha", "beta", "Hello")
    # Not before it is settled.
    assert texts(messengers["beta"]) == []
    assert sent.message.delivered()
    assert texts(messengers["beta"]) == ["Hello"]
    assert messengers["beta"].texts(0).eid == messengers["alpha"].zone.eid
    assert texts(messengers["gamma"]) == []


def test_both_ends_tell_of_the_message(messengers, send):
    sent = send(messengers, "alpha", "gamma", "Hello")
    guid = bytes.fromhex(sent.message.guid[2:])
    assert messengers["alpha"].events.TextSent.get(guid=guid)
    sent.message.delivered()
    [received] = messengers["gamma"].events.TextReceived.get()
    assert (received.args.guid, received.args.text) == (guid, "Hello")


def test_too_little_is_refused_and_too_much_comes_back(messengers, accounts):
    alpha, eid = messengers["alpha"], messengers["beta"].zone.eid
    fee = alpha.quote(eid, "Hello")
    with reverts():
        alpha.send(eid, "Hello", value=fee - 1)
    before = alpha.zone.balance(accounts[5])
    sent = alpha.send(eid, "Hello", value=fee + 1000, sender=accounts[5])
    gas = sent.receipt.gas_used * sent.receipt.effective_gas_price
    assert alpha.zone.balance(accounts[5]) == before - fee - gas


def test_only_peers_are_heard(messengers, deploy, accounts, carry):
    endpoint = messengers["alpha"].endpoint()
    stranger = deploy("Messenger", endpoint, accounts[1], zone="alpha")
    eid = messengers["beta"].zone.eid
    peer = bytes(12) + bytes.fromhex(messengers["beta"].address[2:])
    stranger.setPeer(eid, peer, sender=accounts[1])
    fee = messengers["alpha"].quote(eid, "I am one of you")
    options = messengers["alpha"].enforcedOptions(eid, 1)
    stranger.setEnforcedOptions([(eid, 1, options)], sender=accounts[1])
    sent = stranger.send(eid, "I am one of you", value=fee)
    carry()
    assert sent.message.status == "blocked"
    assert messengers["beta"].count() == 0


@pytest.mark.parametrize("change", ["setPeer", "setEnforcedOptions", "setDelegate"])
def test_only_the_owner_changes_who_is_believed(messengers, accounts, change):
    given = {"setPeer": (50102, bytes(32)), "setEnforcedOptions": ([],), "setDelegate": (accounts[1],)}
    with reverts(error="OwnableUnauthorizedAccount"):
        messengers["alpha"][change](*given[change], sender=accounts[1])
