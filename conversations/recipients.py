"""To whom an e-mail goes: whom it is offered to, and which addresses are refused."""

import re
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from conversations.families import public_in
from conversations.models import Channel, Conversation, Identity, Inbox
from core.context import Actor, acting_as

Recipients = dict[str, list[str]]
FIELDS = ("to", "cc")
MOST = 30
LONGEST_ADDRESS = 254
INBOXES = Actor.system("recipients")
_SEPARATORS = re.compile(r"[,;\s]+")


def offered(conversation: Conversation) -> Recipients:
    """Whom the next reply is for: the customer, and in copy whoever else took part in his last message. Empty but for e-mail."""
    if conversation.channel != Channel.EMAIL:
        return {}
    to, ours = _customers_address(conversation), our_addresses()
    said = public_in(conversation.pk)
    known = said.exclude(recipients={}).order_by("-pk").values_list("recipients", flat=True).first() or {}
    others = [one for field in FIELDS for one in split(known.get(field, [])) if one != to and not _is_ours(one, ours)]
    return {"to": [to] if to else [], "cc": list(dict.fromkeys(others))}


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


def _customers_address(conversation: Conversation) -> str:
    mails = Identity.objects.filter(customer_id=conversation.customer_id, kind=Identity.Kind.EMAIL)
    return (mails.order_by("pk").values_list("address", flat=True).first() or "").lower()
