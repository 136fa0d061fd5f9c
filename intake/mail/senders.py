"""Who wrote a mail, as far as that can be known: the address, what vouches for it, and whether it is a colleague's."""

from dataclasses import dataclass, replace

from accounts.models import User
from conversations.addresses import mail_address
from conversations.models import Account, Inbox, Transport
from conversations.recipients import our_addresses
from gateways.mail.types import Address, Mail

# Gmail writes the topmost header of every mail that it hands to us.
GMAIL = "mx.google.com"
# The setting of a connection that names the server whose word counts.
AUTHORITY = "authentication_server"


@dataclass(frozen=True)
class Sender:
    """`is_proven`: a server whose word counts in this inbox says that the domain signed it. `is_refused`: some server says it did not."""

    address: str
    name: str
    is_proven: bool
    is_refused: bool
    is_ours: bool
    colleague: User | None
    ours: frozenset[str] = frozenset()

    def knows_as_ours(self, address: str) -> bool:
        """Whether it is an inbox of ours, with or without what stands after a plus sign."""
        name, _at, host = address.lower().rpartition("@")
        return f"{name.partition('+')[0]}@{host}" in self.ours


def sender_of(inbox: Inbox, mail: Mail) -> Sender:
    """Runs as the system."""
    written = mail.sender or Address("")
    address = mail_address(written.address)
    said = mail.authentication
    ours = frozenset(mail_address(one) for one in our_addresses())
    found = Sender(
        address=address,
        name=written.name,
        is_proven=said.dmarc == "pass" and said.authority.lower() in _believed(inbox),
        is_refused=said.dmarc == "fail",
        is_ours=False,
        colleague=User.objects.filter(email__iexact=address, is_active=True).first() if address else None,
        ours=ours,
    )
    return replace(found, is_ours=found.knows_as_ours(address))


def _believed(inbox: Inbox) -> frozenset[str]:
    """Whose word about a sender counts. Without a server that is known to write it, the topmost header is the sender's own."""
    account = Account.objects.filter(inbox=inbox).first()
    if account is None:
        return frozenset()
    named = str(account.settings.get(AUTHORITY, "")).strip().lower()
    return frozenset({named} - {""}) | ({GMAIL} if account.transport == Transport.GMAIL else frozenset())
