"""Sending one of the messages that WhatsApp has approved: the only kind that goes out after its window has closed."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Case, QuerySet, Value, When
from django.utils.translation import gettext as _

from accounts.models import User
from conversations import delivery
from conversations.models import Conversation, Message, Template
from gateways.whatsapp.template_words import LONGEST_VALUE, filled, variables_in


@dataclass(frozen=True)
class Place:
    """A variable of a template: what it is called there and on the page, and what was typed for it."""

    name: str
    label: str
    value: str


def offered(conversation: Conversation) -> QuerySet[Template]:
    """The approved templates of the conversation's inbox, those in the customer's language first."""
    language = (conversation.language or conversation.customer.language)[:2]
    own = Case(When(language__startswith=language or "-", then=Value(0)), default=Value(1))
    approved = Template.objects.filter(inbox=conversation.inbox_id, status=Template.Status.APPROVED)
    return approved.order_by(own, "name", "language")


def places(template: Template, given: Mapping[str, str]) -> list[Place]:
    """Its variables in the order in which they are read: header, body, the addresses of its buttons."""
    found = [(f"header.{name}", _("Header: %s") % name) for name in variables_in(template.header)]
    found += [(name, _("Text: %s") % name) for name in variables_in(template.body)]
    found += [(f"button.{number}", _("Button: %s") % text) for number, text in _buttons(template)]
    return [Place(name, label, given.get(name, "")) for name, label in found]


def rendered(template: Template, given: Mapping[str, str]) -> str:
    """What the customer will read; variables that are still empty stay as they are."""
    typed = {name: value for name, value in given.items() if value.strip()}
    parts = (filled(template.header, typed, "header."), filled(template.body, typed), template.footer)
    return "\n\n".join(part for part in parts if part)


def post(
    conversation: Conversation, template: Template, given: Mapping[str, str], *, by: User, client_key: uuid.UUID, **looked_at: Any
) -> Message:  # fmt: skip
    """Send the template with these variables. Raises ValidationError for an empty or overlong one, StaleReply as delivery.reply does."""
    wanted = places(template, given)
    empty = [place.label for place in wanted if not place.value.strip()]
    if empty:
        raise ValidationError(_("Fill in: %s.") % ", ".join(empty))
    if any(len(place.value) > LONGEST_VALUE for place in wanted):
        raise ValidationError(_("A variable holds at most %d characters.") % LONGEST_VALUE)
    variables = {place.name: " ".join(place.value.split()) for place in wanted}
    named = {"name": template.name, "language": template.language, "variables": variables}
    text = rendered(template, variables)
    return delivery.reply(
        conversation, text, by=by, client_key=client_key, how=delivery.Sending(template=named), **looked_at
    )  # fmt: skip


def _buttons(template: Template) -> list[tuple[int, str]]:
    """The buttons whose address ends with a variable, by their place among the buttons."""
    found = []
    for block in template.components:
        buttons = block.get("buttons") if isinstance(block, dict) else None
        for number, button in enumerate(buttons if isinstance(buttons, list) else []):
            if isinstance(button, dict) and variables_in(str(button.get("url", ""))):
                found.append((number, str(button.get("text", ""))[:60]))
    return found
