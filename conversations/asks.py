"""Why a conversation asks for a person: what `needs_person` says, and how a row of the queue shortens it."""

ASKED = "Asked for a person"
NOT_DELIVERED = "A reply could not be delivered"
DOUBTFUL = "A reply may not have been delivered"

_SHORT = {NOT_DELIVERED: "Not delivered", DOUBTFUL: "Check delivery"}


def short(reason: str) -> str:
    """A word or two, for a chip."""
    return _SHORT.get(reason, reason)
