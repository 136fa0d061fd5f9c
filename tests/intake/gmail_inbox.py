"""An inbox that is read from a Gmail on loopback."""

import pytest

from conversations.models import Account, Inbox, InboxSecret
from gateways import breaker
from gateways.mail.gmail_push import forget_keys
from gateways.mail.gmail_token import forget_tokens
from intake.models import Receipt
from tests.peers.gmail import gmail

ADDRESS = "support@shop.example"
SECRETS = {"client_id": "client-1", "client_secret": "secret-1", "refresh_token": "refresh-1"}


def gmail_inbox(cast, *, cursor=None, secrets=SECRETS, **settings) -> Inbox:
    """Ana's team serves it. `cursor` is how far it has been read, `settings` what its account knows besides."""
    forget_tokens()
    forget_keys()
    breaker.reset()
    inbox = Inbox.objects.using("owner").create(
        name="Support", slug="support", channel="email", address=ADDRESS, knowledge_base=cast.base
    )
    inbox.teams.through.objects.using("owner").create(inbox=inbox, team=cast.orders_team)
    Account.objects.using("owner").create(inbox=inbox, transport="gmail", settings=settings, cursor=cursor or {})
    for name, value in secrets.items():
        InboxSecret.objects.using("owner").create(inbox=inbox, name=name, value=value)
    return inbox


@pytest.fixture
def peer(settings):
    with gmail() as found:
        settings.GMAIL_BASE_URL = found.url
        yield found


@pytest.fixture
def inbox(cast, peer):
    return gmail_inbox(cast, cursor={"history_id": str(peer.mailbox.number)})


def account(inbox: Inbox) -> Account:
    return Account.objects.using("owner").get(inbox=inbox)


def receipts(inbox: Inbox, **of) -> list[str]:
    """Gmail's ids of what we have, in the order in which it was kept."""
    found = Receipt.objects.using("owner").filter(inbox=inbox, **of).order_by("pk")
    return [one.provider_id.removeprefix("gmail:") for one in found]


def mail(number: int, **headers: str) -> bytes:
    lines = {"From": "Cara <cara@customer.example>", "To": ADDRESS, "Subject": f"Question {number}"}
    lines |= {"Message-ID": f"<q{number}@customer.example>"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    return "\r\n".join(f"{name}: {value}" for name, value in lines.items()).encode() + b"\r\n\r\nWhere is my order?\r\n"
