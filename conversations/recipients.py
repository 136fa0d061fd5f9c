"""To whom an e-mail goes: whom it is offered to, and which addresses are refused."""

import re
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import F
from django.utils.translation import gettext as _

from conversations import families
from conversations.marks import REPLY_TO, UNAUTHENTICATED, WRITTEN_BY
from conversations.models import Channel, Conversation, Delivery, Identity, Inbox, Level, Message
from core.context import Actor, acting_as

Recipients = dict[str, list[str]]
FIELDS = ("to", "cc")
MOST = 30
LONGEST_ADDRESS = 254
INBOXES = Actor.system("recipients")
_SEPARATORS = re.compile(r"[,;\s]+")


def offered(conversation: Conversation) -> Recipients:
    """Whom the next reply is for, as its writer sees and changes it. Empty but for e-mail."""
    return due(conversation) if conversation.channel == Channel.EMAIL else {}


def due(conversation: Conversation, *, before: Message | None = None, by_machine: bool = False) -> Recipients:
    """To the last sender, and in copy to whoever else took part in his last mail; after a reply of ours to the same people again.

    What no person looks at goes to the last sender alone, and elsewhere than to his own address only if the channel vouches for it.
    """
    said = families.public_in(conversation.pk).exclude(author=Message.Author.SYSTEM).exclude(is_automatic=True)
    said = said.exclude(delivery__state=Delivery.State.RECALLED)
    latest = (said.filter(pk__lt=before.pk) if before else said).order_by("-pk")
    theirs = latest.filter(direction=Message.Direction.IN).first()
    to = _last_sender(conversation, theirs, by_machine=by_machine)
    ours = latest.filter(direction=Message.Direction.OUT, pk__gt=theirs.pk if theirs else 0).exclude(recipients={}).first()
    if by_machine:
        return {"to": [to] if to else [], "cc": []}
    if ours is not None:
        return {field: split(ours.recipients.get(field, [])) for field in FIELDS}
    others = [one for field in FIELDS for one in split(theirs.recipients.get(field, []))] if theirs else []
    if theirs is not None and WRITTEN_BY in theirs.marks and UNAUTHENTICATED not in theirs.marks:
        # Somebody else answered in the customer's matter: it stays the customer's.
        others.append(_customers_address(conversation))
    ours_too = our_addresses()
    cc = [one for one in others if one and one != to and not _is_ours(one, ours_too)]
    return {"to": [to] if to else [], "cc": list(dict.fromkeys(cc))}


def split(typed: Iterable[object]) -> list[str]:
    """Addresses as they were typed or pasted, several in one, in small letters, each once."""
    parts = (part.strip("<>\"'").lower() for one in typed for part in _SEPARATORS.split(str(one)))
    return list(dict.fromkeys(part for part in parts if part))


def typed_so_far(to: Iterable[object], cc: Iterable[object]) -> Recipients:
    """What stands in the chips, right or wrong, to be kept; empty when nothing does."""
    found = {
        "to": [one[:LONGEST_ADDRESS] for one in split(to)[: 2 * MOST]],
        "cc": [one[:LONGEST_ADDRESS] for one in split(cc)[: 2 * MOST]],
    }
    return found if found["to"] or found["cc"] else {}


def checked(conversation: Conversation, to: Iterable[object], cc: Iterable[object]) -> Recipients:
    """What is kept on the message. Raises ValidationError with a reason for each address that cannot be written to."""
    if conversation.channel != Channel.EMAIL:
        return {}
    first = split(to)
    found = {"to": first, "cc": [one for one in split(cc) if one not in first]}
    reasons = [reason for one in found["to"] + found["cc"] if (reason := refusal(one))]
    if not found["to"]:
        reasons.append(_("Nobody stands in To. Add an address first."))
    if len(found["to"]) + len(found["cc"]) > MOST:
        reasons.append(_("At most %d people can get one reply.") % MOST)
    if reasons:
        raise ValidationError(reasons)
    return found


def refusal(address: str) -> str:
    """Why nothing can be sent to this address, empty when it can."""
    try:
        validate_email(address)
    except ValidationError:
        return _("%s is no e-mail address.") % address[:80]
    if len(address) > LONGEST_ADDRESS:
        return _("%s is too long for an e-mail address.") % f"{address[:80]}…"
    if _is_ours(address, our_addresses()):
        return _("%s is our own inbox: the reply would come back to us.") % address
    return ""


def our_addresses() -> frozenset[str]:
    """Every inbox's address. A loop is as bad through a colleague's inbox, which the writer may not see."""
    with acting_as(INBOXES):
        return frozenset(one.lower() for one in Inbox.objects.exclude(address="").values_list("address", flat=True))


def _is_ours(address: str, ours: frozenset[str]) -> bool:
    """With what follows a plus sign left out: that is how answers find their conversation."""
    name, _at, host = address.lower().rpartition("@")
    return f"{name.partition('+')[0]}@{host}" in ours


def _last_sender(conversation: Conversation, theirs: Message | None, *, by_machine: bool) -> str:
    """Where his last mail asks for the answer, else where it came from."""
    marks = theirs.marks if theirs else {}
    elsewhere = str(marks.get(REPLY_TO, "")).lower()
    if theirs is not None and elsewhere and not (by_machine and theirs.level < Level.CHANNEL):
        return elsewhere
    return str(marks.get(WRITTEN_BY, "")).lower() or _customers_address(conversation)


def _customers_address(conversation: Conversation) -> str:
    """The customer's own address: one that mail does not come back from, and that was proven, before any other."""
    mails = Identity.objects.filter(customer_id=conversation.customer_id, kind=Identity.Kind.EMAIL)
    works = F("undeliverable_at").desc(nulls_first=True)
    return (mails.order_by(works, "-level", "pk").values_list("address", flat=True).first() or "").lower()
