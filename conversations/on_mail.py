"""What a mail needs besides the words: to whom it goes, what it goes back to, and how the answer finds its conversation."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from conversations import families, recipients
from conversations.leaving import way_of
from conversations.models import Delivery, Identity, Message
from gateways.mail.tokens import message_id, reply_address
from gateways.types import OutboundMessage


def facts_of(delivery: Delivery) -> Mapping[str, Any]:
    """The fields of an OutboundMessage that only a mail has, and the recipients."""
    message, way = delivery.message, way_of(delivery)
    to, cc = _addressed(message)
    return {
        "recipient": to[0] if to else "",
        "recipient_name": message.customer.name if to and _is_his(message, to[0]) else "",
        "also_to": tuple(to[1:]),
        "cc": tuple(cc),
        "mail_id": message_id(str(delivery.send_key), way.address),
        "mail_chain": tuple(_chain(message)),
        "reply_to": reply_address(way.address, message.conversation_id) if way.address else "",
        "is_automatic": is_automatic(message),
        "written_at": delivery.not_before.timestamp(),
    }


def is_automatic(message: Message) -> bool:
    """Whether a machine wrote it and no person looked at it before it went."""
    return message.author == Message.Author.SYSTEM or (message.is_from_assistant and message.reviewed_by_id is None)


def remember(delivery: Delivery, outbound: OutboundMessage) -> None:
    """Keep with the message under which Message-ID it goes, and what that goes back to, before it goes."""
    if outbound.mail_id:
        kept = {"mail_id": outbound.mail_id, "mail_chain": list(outbound.mail_chain)}
        Message.objects.filter(pk=delivery.message_id).update(**kept)


def _addressed(message: Message) -> tuple[list[str], list[str]]:
    """Whom the writer named. Where nobody did: the last sender, and whoever took part only if a person has seen what is said."""
    given = message.recipients or recipients.due(message.conversation, before=message, by_machine=is_automatic(message))
    to, cc = list(given.get("to", [])), list(given.get("cc", []))
    return (to, cc) if to else (cc[:1], cc[1:])


def _is_his(message: Message, address: str) -> bool:
    mine = Identity.objects.filter(customer=message.customer_id, kind=Identity.Kind.EMAIL)
    return mine.filter(address__iexact=address).exists()


def _chain(message: Message) -> list[str]:
    """Every mail that this one goes back to, oldest first; the last is the customer's newest, which it answers."""
    mails = families.public_in(message.conversation_id).exclude(mail_id="").exclude(pk=message.pk).order_by("pk")
    newest = mails.filter(direction=Message.Direction.IN).last()
    ours = list(mails.filter(direction=Message.Direction.OUT).values_list("mail_id", flat=True))
    if newest is None:
        return ours
    return [one for one in dict.fromkeys([*newest.mail_chain, *ours]) if one != newest.mail_id] + [newest.mail_id]


def outbound_mail(built: OutboundMessage, delivery: Delivery) -> OutboundMessage:
    """The same message as a mail by the inbox that carries it."""
    way = way_of(delivery)
    return replace(built, channel=way.channel, inbox=way.slug, **facts_of(delivery))
