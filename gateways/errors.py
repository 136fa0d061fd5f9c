"""How the outside world fails, in the only words the rooms above need."""


class GatewayError(Exception):
    """Something outside failed.

    `permanent`: trying again cannot help. `ambiguous`: it may have happened all the same (a lost answer), so it must be
    looked up before it is tried again.
    """

    def __init__(self, message: str, *, permanent: bool = False, ambiguous: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.ambiguous = ambiguous


class CircuitOpen(GatewayError):
    """The circuit breaker refused the call: nothing was sent, try later."""


class DeadlinePassed(GatewayError):
    """There was no time left to ask."""
