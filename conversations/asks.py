"""Why a conversation asks for a person: what `needs_person` says, and how a row of the queue shortens it."""

ASKED = "Asked for a person"
NOT_DELIVERED = "A reply could not be delivered"
DOUBTFUL = "A reply may not have been delivered"
# It had an owner: such a reason ends when somebody else takes it.
GONE, AWAY = "Was with %(name)s", "Was with %(name)s, who is away"
_WAS_WITH = "Was with "

_SHORT = {NOT_DELIVERED: "Not delivered", DOUBTFUL: "Check delivery"}


def short(reason: str) -> str:
    """A word or two, for a chip."""
    return _SHORT.get(reason, reason)


def ends_with_an_owner(reason: str) -> bool:
    """Whether it only said that nobody had the conversation any more."""
    return reason.startswith(_WAS_WITH)
