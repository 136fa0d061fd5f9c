"""What a colleague sent from a mail program of his own, where it is proven that he did. What is not proven is a customer's word.

Proof is the account's own Sent folder, or a colleague's address for which a server that we believe vouches.
"""

from conversations.models import Conversation, Delivery, Inbox
from gateways.mail import tokens
from gateways.mail.types import Mail
from intake.mail.belonging import place_of
from intake.mail.inbound import others, passed_on
from intake.mail.senders import Sender

# What the doors say of where a mail lay.
FOLDER, SENT = "folder", "sent"


def our_own(mail: Mail) -> Delivery | None:
    """The delivery that this very mail is, where it lies among the sent ones because we sent it."""
    key = tokens.send_key_in(mail.mail_id)
    return Delivery.objects.filter(send_key=key).select_related("message").first() if key else None


def speaks_for_us(mail: Mail, sender: Sender, *, is_sent: bool) -> bool:
    """Whether it is certain that it was written for us, and to others. Forms of sites send from an account to itself: a customer's."""
    if is_sent:
        return bool(others(mail, sender)) or not any(sender.knows_as_ours(one.address) for one in (*mail.to, *mail.cc))
    if passed_on(mail, sender) or mail.automatic or mail.notice:
        return False
    return sender.colleague is not None and sender.is_proven and bool(others(mail, sender))


def answers(inbox: Inbox, mail: Mail, sender: Sender) -> Conversation | None:
    """The conversation in which it answers a customer: it goes back to one of its mails, and to somebody who takes part.

    What a machine sent for us is nobody's answer.
    """
    if mail.automatic:
        return None
    for address in (one for field in others(mail, sender).values() for one in field):
        found = place_of(inbox, mail, address).conversation
        if found is not None:
            return found
    return None
