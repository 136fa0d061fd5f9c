"""Why a conversation asks for a person: what `needs_person` says, and how a row of the queue shortens it."""

from django.utils.translation import gettext

from core.words import gettext_noop, known

ASKED = gettext_noop("Asked for a person")
NOT_DELIVERED = gettext_noop("A reply could not be delivered")
DOUBTFUL = gettext_noop("A reply may not have been delivered")
UNREAD = gettext_noop("A mail could not be read")
# It had an owner: such a reason ends when somebody else takes it.
GONE, AWAY = gettext_noop("Was with %(name)s"), gettext_noop("Was with %(name)s, who is away")
_WAS_WITH = "Was with "

_SHORT = {
    NOT_DELIVERED: gettext_noop("Not delivered"),
    DOUBTFUL: gettext_noop("Check delivery"),
    UNREAD: gettext_noop("Unreadable mail"),
}


# Why what may have arrived is to go out once more: what stands in the record, and what is offered to choose from.
WHY_TWICE = {
    "customer_says": gettext_noop("The customer says that it did not arrive"),
    "not_there": gettext_noop("It is not there in the channel itself"),
    "other": gettext_noop("Another reason"),
}


def short(reason: str) -> str:
    """A word or two, for a chip, in the reader's language."""
    return told(_SHORT.get(reason, reason))


def told(reason: str) -> str:
    """All of it in the reader's language. A name in it stays."""
    for asked in (AWAY, GONE):
        begin, end = asked.split("%(name)s")
        if reason.startswith(begin) and reason.endswith(end):
            return gettext(asked) % {"name": reason.removeprefix(begin).removesuffix(end)}
    return known(reason)


def ends_with_an_owner(reason: str) -> bool:
    """Whether it only said that nobody had the conversation any more."""
    return reason.startswith(_WAS_WITH)
