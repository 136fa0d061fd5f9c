"""How an inbox reaches its provider, as the wall wants to be told: its account, and its secrets in the clear."""

from django.conf import settings

from conversations.models import Account, Channel, Inbox, InboxSecret, Transport
from gateways.types import Connection


def connection_of(inbox: Inbox) -> Connection:
    """The inbox's connection. Runs as the system, which alone reads secrets; raises core.sealing.CannotOpen."""
    account = account_of(inbox)
    return Connection(
        channel=inbox.channel,
        transport=transport_of(inbox, account),
        inbox=inbox.slug,
        address=inbox.address,
        name=inbox.name,
        settings=account.settings,
        secrets=dict(InboxSecret.objects.filter(inbox=inbox).values_list("name", "value")),
    )


def account_of(inbox: Inbox) -> Account:
    """What is known of its connection; an inbox that nobody has connected yet has the one it begins with, which is not stored."""
    kept = Account.objects.filter(inbox=inbox).first()
    return kept or Account(inbox=inbox, transport=Transport.WEB if inbox.channel == Channel.WEB else Transport.SANDBOX)


def transport_of(inbox: Inbox, account: Account) -> str:
    """The account's own, or the one that the environment names for inboxes that have none."""
    own: str = account.transport
    return settings.STAND_INS.get(inbox.channel, own) if own == Transport.SANDBOX else own
