"""Which conversations an address of ours reaches: its own, and those of the web inboxes whose customers it writes to.

A web customer who has left the page gets the answer by mail through another inbox (`Inbox.mail_through`). What he writes back to
that mail arrives there, and belongs to the conversation on the web: it is received in the conversation's own inbox.
"""

from conversations.models import Conversation, Inbox


def reachable_through(inbox: Inbox, conversation: Conversation) -> bool:
    """Whether what arrives at `inbox` under a token of ours may go on in `conversation`.

    Never by a token alone: an inbox whose mail somebody else reads opens no conversation of another one. What is reached is then
    received in `conversation.inbox`, not in `inbox`.
    """
    return inbox.pk in (conversation.inbox_id, conversation.inbox.mail_through_id)
