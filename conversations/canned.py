"""Words written once and used often: whose they are, in which language, and how their variables are filled."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db.models import Case, IntegerField, Q, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from conversations.models import CannedReply, Conversation, Identity

SHOWN = 8
# {{ customer.first_name | there }}: what follows the bar stands where there is nothing to fill in.
VARIABLE = re.compile(r"\{\{\s{0,4}([a-z]{1,20})\.([a-z][a-z0-9_.]{0,60})\s{0,4}(?:\|([^{}|]{0,200}))?\}\}")


@dataclass(frozen=True)
class Filled:
    """A text with its variables filled in. `unresolved` are those for which there was nothing: they stand in it as they were."""

    text: str
    unresolved: tuple[str, ...] = ()


def _address(kind: str) -> Callable[[Conversation, User], str]:
    def find(conversation: Conversation, agent: User) -> str:
        found = Identity.objects.filter(customer_id=conversation.customer_id, kind=kind).order_by("pk").first()
        return str(found) if found else ""

    return find


CUSTOMER: dict[str, Callable[[Conversation, User], str]] = {
    "first_name": lambda conversation, agent: conversation.customer.first_name,
    "name": lambda conversation, agent: conversation.customer.name,
    "language": lambda conversation, agent: conversation.customer.language,
    "place": lambda conversation, agent: conversation.customer.place,
    "email": _address(Identity.Kind.EMAIL),
    "phone": _address(Identity.Kind.PHONE),
}
# The one table of variables: the page that explains them prints it too.
VARIABLES: dict[str, dict[str, Callable[[Conversation, User], str]]] = {
    "customer": CUSTOMER,
    "contact": CUSTOMER,
    "agent": {
        "first_name": lambda conversation, agent: agent.first_name,
        "name": lambda conversation, agent: agent.name,
        "email": lambda conversation, agent: agent.email,
    },
    "conversation": {
        "id": lambda conversation, agent: str(conversation.pk),
        "subject": lambda conversation, agent: conversation.subject,
        "channel": lambda conversation, agent: conversation.get_channel_display(),
    },
    "inbox": {
        "name": lambda conversation, agent: conversation.inbox.name,
        "address": lambda conversation, agent: conversation.inbox.address,
    },
}
ATTRIBUTES = "attributes."


def found(words: str) -> list[CannedReply]:
    """What `words` may mean: first what has the shortcut, then what begins with it, then what contains it in its name."""
    said = words.strip().lower()
    rank = Case(
        When(shortcut__iexact=said, then=Value(0)), When(shortcut__istartswith=said, then=Value(1)),
        default=Value(2), output_field=IntegerField(),
    )  # fmt: skip
    rows = CannedReply.objects.filter(Q(shortcut__icontains=said) | Q(name__icontains=said)) if said else CannedReply.objects
    return list(rows.order_by(rank, "name", "pk")[:SHOWN])


def text_for(reply: CannedReply, conversation: Conversation) -> str:
    """In the customer's language if there is one, else the text for the rest."""
    language = (conversation.language or conversation.customer.language).lower()
    texts = {str(name).lower(): str(text) for name, text in reply.texts.items()}
    for name in (language, language.partition("-")[0], ""):
        if name in texts:
            return texts[name]
    return next(iter(texts.values()), "")


def fill(text: str, conversation: Conversation, *, agent: User) -> Filled:
    """Put in what is known. What is not known and has no fallback stays as it stands, to be seen."""
    missing: list[str] = []

    def put_in(match: re.Match[str]) -> str:
        of, name, fallback = match.groups()
        value = _value(of, name, conversation, agent)
        if not value and fallback is None:
            missing.append(f"{of}.{name}")
            return match[0]
        # Braces in a customer's name would make a variable of it.
        return (value or (fallback or "").strip()).replace("{{", "").replace("}}", "")

    return Filled(VARIABLE.sub(put_in, text), tuple(dict.fromkeys(missing)))


def _value(of: str, name: str, conversation: Conversation, agent: User) -> str:
    if name.startswith(ATTRIBUTES) and of in ("customer", "contact", "conversation"):
        holder = conversation if of == "conversation" else conversation.customer
        value = holder.attributes.get(name.removeprefix(ATTRIBUTES))
        return "" if value is None else str(value)
    get = VARIABLES.get(of, {}).get(name)
    return get(conversation, agent).strip() if get else ""


def unresolved(text: str) -> list[str]:
    """Names of the variables that still stand in a text."""
    names = (f"{match[1]}.{match[2]}" for match in VARIABLE.finditer(text) if match[1] in VARIABLES)
    return list(dict.fromkeys(names))


def unknown(text: str) -> list[str]:
    """Names that no variable has: a slip of the pen in a canned reply."""
    return [name for name in unresolved_anywhere(text) if not _is_known(*name.split(".", 1))]


def unresolved_anywhere(text: str) -> list[str]:
    return list(dict.fromkeys(f"{match[1]}.{match[2]}" for match in VARIABLE.finditer(text)))


def _is_known(of: str, name: str) -> bool:
    return name in VARIABLES.get(of, {}) or (of in ("customer", "contact", "conversation") and name.startswith(ATTRIBUTES))


def check_filled(text: str) -> None:
    """Raises ValidationError, with the names, when a variable would reach the customer as it stands."""
    names = unresolved(text)
    if names:
        told = ngettext(
            "%(names)s is not filled in. Nothing was sent: write it out, or take it out.",
            "%(names)s are not filled in. Nothing was sent: write them out, or take them out.",
            len(names),
        )
        raise ValidationError(told % {"names": ", ".join(names)})


def check_known(text: str) -> None:
    """Raises ValidationError when a canned reply names a variable that there is not."""
    names = unknown(text)
    if names:
        raise ValidationError(_("There is no variable %(names)s.") % {"names": ", ".join(names)})
