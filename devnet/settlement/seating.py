"""Who of a set of validators holds which columns of what is dispersed while the set is in force."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from devnet.availability.holdings import assign, parameters_for
from devnet.availability.parameters import Parameters
from devnet.chain.types import Hash32
from devnet.chain.validator_set import ValidatorSet


@dataclass(frozen=True, slots=True)
class Seating:
    """A set of validators with the dispersal that suits it."""

    validators: ValidatorSet
    parameters: Parameters
    held: tuple[range, ...]
    """The columns of each, by its index in the set."""

    @classmethod
    def of(cls, validators: ValidatorSet) -> Seating:
        """Follows from the stakes. Raises ValueError where there are too many, or no stake."""
        stakes = [validator.stake for validator in validators.validators]
        parameters = parameters_for(stakes)
        return cls(validators, parameters, assign(parameters.columns, stakes))


class Seatings:
    """Those of the sets met lately."""

    def __init__(self, limit: int = 8) -> None:
        self._limit = limit
        self._known: OrderedDict[Hash32, Seating] = OrderedDict()

    def of(self, root: Hash32, validators: ValidatorSet) -> Seating:
        """The seating of the set with that root. Raises as `Seating.of`."""
        known = self._known.get(root)
        if known is None:
            known = self._known[root] = Seating.of(validators)
            if len(self._known) > self._limit:
                self._known.popitem(last=False)
        return known
