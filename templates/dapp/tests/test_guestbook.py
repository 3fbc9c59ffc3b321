from zero_sdk.testing import emits, reverts


def test_words_stay(guestbook, accounts, zone):
    with emits(guestbook, "Signed", guest=accounts[1], number=0, words="I was here"):
        guestbook.sign("I was here", sender=accounts[1])
    [entry] = guestbook.newest(10)
    assert (entry.guest, entry.time, entry.words) == (accounts[1], zone.timestamp, "I was here")


def test_the_newest_come_first(guestbook):
    for words in ("one", "two", "three"):
        guestbook.sign(words)
    assert [entry.words for entry in guestbook.newest(2)] == ["three", "two"]
    assert guestbook.count() == 3


def test_nothing_is_no_entry(guestbook):
    with reverts(error="NothingWritten"):
        guestbook.sign("")


def test_long_words_are_refused(guestbook):
    with reverts(error="TooLong", given=81, most=80):
        guestbook.sign("a" * 81)


def test_the_script_deploys_to_every_zone(deploy):
    books = deploy.script()
    assert {name: book.count() for name, book in books.items()} == {"alpha": 0, "beta": 0}
