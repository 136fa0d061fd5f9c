"""A mail as a message that is received: who wrote it, what it says, whom else it went to, and what is to be known about it."""

from conversations.addresses import mail_address
from conversations.marks import AUTOMATIC, FORWARDED, PARTLY_READ, REPLY_TO, UNAUTHENTICATED, UNPROVEN_COLLEAGUE, WRITTEN_BY
from conversations.models import Conversation, Customer, Identity, Level
from gateways.mail import tokens
from gateways.mail.types import Address, Mail
from gateways.types import InboundMessage
from intake.mail.belonging import Place
from intake.mail.senders import Sender
from intake.mail.unread import as_it_came
from intake.models import Receipt

LONGEST_ID, LONGEST_DETAIL = 255, 200


def writer_of(mail: Mail, sender: Sender) -> Address:
    """Whose words they are: the sender's, or of whom a colleague passed them on for."""
    if passed_on(mail, sender):
        assert mail.forwarded_from is not None
        return mail.forwarded_from
    return Address(sender.address, sender.name, mail.sender.display if mail.sender else "")


def passed_on(mail: Mail, sender: Sender) -> bool:
    """Whether a colleague forwards what a customer wrote. Whoever only pretends to be a colleague is a customer himself."""
    if mail.forwarded_from is None or sender.colleague is None or sender.is_refused:
        return False
    return not sender.knows_as_ours(mail_address(mail.forwarded_from.address))


def inbound_of(receipt: Receipt, mail: Mail, sender: Sender, place: Place) -> InboundMessage:
    """Everything of the mail that is stored with its message."""
    writer = writer_of(mail, sender)
    why = why_automatic(mail, sender)
    is_whole = not mail.problem
    return InboundMessage(
        text=mail.text,
        provider_id=receipt.provider_id[:LONGEST_DETAIL],
        sender_name=writer.name,
        sender_email=writer.display or writer.address,
        subject=mail.subject,
        conversation_id=place.conversation.pk if place.conversation else None,
        attachments=mail.files if is_whole else (*mail.files, as_it_came(bytes(receipt.payload))),
        html=mail.html,
        recipients=others(mail, sender) if not passed_on(mail, sender) else {},
        mail_id=mail.mail_id[:LONGEST_ID],
        mail_chain=tuple(one[:LONGEST_ID] for one in mail.references),
        is_automatic=bool(why),
        level=_level(mail, sender, place),
        marks=_marks(mail, sender, place, why),
    )


def why_automatic(mail: Mail, sender: Sender) -> str:
    """Why nobody answers it; empty when a person wrote it, as far as can be seen. What comes from ourselves is a loop."""
    return mail.automatic or ("own" if tokens.is_mark(mail.mark) or sender.is_ours else "")


def others(mail: Mail, sender: Sender) -> dict[str, list[str]]:
    """To and Cc without our own addresses and the writer's, each once."""
    seen = {sender.address}
    found: dict[str, list[str]] = {}
    for field, addresses in (("to", mail.to), ("cc", mail.cc)):
        for one in (mail_address(address.address) for address in addresses):
            if one not in seen and not sender.knows_as_ours(one):
                found.setdefault(field, []).append(one)
                seen.add(one)
    return found


def nobody_known(sender: Sender) -> Customer:
    """Somebody whose address the mail only pretends: a customer of his own, until a person knows better."""
    return Customer.objects.create(name=sender.name[:160])


def _level(mail: Mail, sender: Sender, place: Place) -> int:
    """What is proven of the customer himself: what another one in the conversation wrote proves nothing of him."""
    is_own_word = place.conversation is None or _is_customers(place.conversation, sender.address)
    return Level.CHANNEL if sender.is_proven and is_own_word and not passed_on(mail, sender) else Level.CLAIMED


def _marks(mail: Mail, sender: Sender, place: Place, why: str) -> dict[str, str]:
    marks = dict(place.marks)
    if why:
        marks[AUTOMATIC] = why
    if mail.problem:
        marks[PARTLY_READ] = mail.problem
    if sender.colleague is not None and not sender.is_proven:
        marks[UNPROVEN_COLLEAGUE] = sender.colleague.name or sender.colleague.email
    if passed_on(mail, sender):
        assert sender.colleague is not None
        return marks | {FORWARDED: sender.colleague.name or sender.colleague.email}
    if sender.is_refused:
        marks[UNAUTHENTICATED] = "dmarc"
    if sender.is_refused or (place.conversation is not None and not _is_customers(place.conversation, sender.address)):
        marks[WRITTEN_BY] = sender.address
    elsewhere = _answers_to(mail, sender)
    return {code: detail[:LONGEST_DETAIL] for code, detail in (marks | ({REPLY_TO: elsewhere} if elsewhere else {})).items()}


def _answers_to(mail: Mail, sender: Sender) -> str:
    """The address that answers are asked to go to, where it is neither the writer's nor ours."""
    asked = [mail_address(one.address) for one in mail.reply_to]
    return next((one for one in asked if not sender.knows_as_ours(one)), "") if sender.address not in asked else ""


def _is_customers(conversation: Conversation, address: str) -> bool:
    mails = Identity.objects.filter(customer=conversation.customer_id, kind=Identity.Kind.EMAIL, address=address)
    return mails.exists()
