"""How the outside world fails, in the only words the rooms above need."""

from gateways.types import NOTHING


class GatewayError(Exception):
    """Something outside failed.

    `permanent`: trying again cannot help. `ambiguous`: it may have happened all the same (a lost answer), so it must be
    looked up before it is tried again.
    """

    def __init__(self, message: str, *, permanent: bool = False, ambiguous: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.ambiguous = ambiguous
        # What the failed call cost all the same.
        self.spent = NOTHING


class CircuitOpen(GatewayError):
    """The circuit breaker refused the call: nothing was sent, try later."""


class DeadlinePassed(GatewayError):
    """There was no time left to ask, or the time that was left ran out."""


class Busy(GatewayError):
    """We ask too often. `seconds` is how long the provider wants to be left alone."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class Deferred(Busy):
    """One recipient is to be tried later, as mail servers ask of strangers; it says nothing against the provider."""


class Misconfigured(GatewayError):
    """The key, the address or the name of the model is wrong, or the account is empty: only an operator can mend it."""

    def __init__(self, message: str) -> None:
        super().__init__(message, permanent=True)


class Unusable(GatewayError):
    """A model answered, but not with what can be used. Its provider is well: this says nothing against it."""
