"""A signature scheme that checks nothing twice."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

from devnet.chain.types import Hash32
from devnet.settlement.recent import Recent
from devnet.settlement.signatures import SignatureScheme


class RememberingSignatures:
    """Another scheme, with what it answered lately: where several validators live in one process, each vote
    is checked once and not once for each of them, and those that were signed here not at all."""

    def __init__(self, scheme: SignatureScheme, limit: int = 4096) -> None:
        """Remembers so many answers."""
        self._scheme = scheme
        self._limit = limit
        self._answers: OrderedDict[tuple[object, ...], bool] = OrderedDict()
        self._totals: Recent[bytes] = Recent()
        self._keys: dict[bytes, bytes] = {}
        """Public keys of secrets that signed here."""

    def make_secret(self, seed: bytes) -> bytes:
        return self._scheme.make_secret(seed)

    def public_key(self, secret: bytes) -> bytes:
        return self._scheme.public_key(secret)

    def sign(self, secret: bytes, message: Hash32) -> bytes:
        signature = self._scheme.sign(secret, message)
        key = self._keys.get(secret)
        if key is None:
            if len(self._keys) >= self._limit:
                self._keys.clear()
            key = self._keys[secret] = self._scheme.public_key(secret)
        # The one signature of this secret on this message: what that means is that it holds.
        self._remember(("vote", key, message, signature), True)
        return signature

    def verify(self, public_key: bytes, message: Hash32, signature: bytes) -> bool:
        return self._answer(
            ("vote", public_key, message, signature),
            lambda: self._scheme.verify(public_key, message, signature),
        )

    def aggregate(self, signatures: Sequence[bytes]) -> bytes:
        # Every validator adds up the same votes, each in the order in which they came to it.
        question = tuple(sorted(signatures))
        return self._totals.answer(
            question, sum(map(len, question)), lambda: self._scheme.aggregate(question)
        )

    def verify_aggregate(self, public_keys: Sequence[bytes], message: Hash32, signature: bytes) -> bool:
        keys = tuple(public_keys)
        return self._answer(
            ("aggregate", keys, message, signature),
            lambda: self._scheme.verify_aggregate(keys, message, signature),
        )

    def prove_possession(self, secret: bytes) -> bytes:
        return self._scheme.prove_possession(secret)

    def verify_possession(self, public_key: bytes, proof: bytes) -> bool:
        return self._answer(
            ("possession", public_key, proof), lambda: self._scheme.verify_possession(public_key, proof)
        )

    def _answer(self, question: tuple[object, ...], ask: Callable[[], bool]) -> bool:
        answer = self._answers.get(question)
        if answer is None:
            answer = ask()
            self._remember(question, answer)
        return answer

    def _remember(self, question: tuple[object, ...], answer: bool) -> None:
        self._answers[question] = answer
        if len(self._answers) > self._limit:
            self._answers.popitem(last=False)
