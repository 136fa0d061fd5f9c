"""Setting up inboxes: what is written in them, who serves them, what they keep secret, and when one may go."""

from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from accounts.models import Team, User
from conversations.models import Account, Conversation, Event, Inbox, InboxSecret, InboxTeam
from core import audit
from core.context import Actor, acting_as

COUNTER = Actor.system("inboxes")


def keep(inbox: Inbox, *, changed: list[str], by: User) -> None:
    """Store a new inbox, or what was changed in an old one."""
    is_new = inbox.pk is None
    inbox.save()
    facts = {"threshold": inbox.threshold, "auto_send": inbox.auto_send}
    audit.record(Event.INBOX_ADDED if is_new else Event.INBOX_CHANGED, inbox, scope=inbox.pk, changed=sorted(changed), **facts)


def keep_secret(secret: InboxSecret, *, by: User) -> None:
    """Store a secret that no screen shows again."""
    audit.record(Event.INBOX_SECRET_SET, secret.inbox, scope=secret.inbox_id, name=secret.name)
    secret.save()


def connect(inbox: Inbox, transport: str, settings: dict[str, Any], *, by: User) -> None:
    """Keep by which transport the inbox is reached, and what that one has to know besides its secrets."""
    Account.objects.update_or_create(inbox=inbox, defaults={"transport": transport, "settings": settings})
    audit.record(Event.ACCOUNT_SET, inbox, scope=inbox.pk, transport=transport)


def serve(inbox: Inbox, team: Team, *, by: User) -> None:
    """The team's people see what comes into the inbox, from their next statement on."""
    audit.record(Event.INBOX_SERVED, inbox, scope=inbox.pk, team=team.pk)
    InboxTeam.objects.create(inbox=inbox, team=team)


def stop_serving(inbox: Inbox, team: Team, *, by: User) -> None:
    """The team's people no longer see it, unless another team of theirs serves it too."""
    audit.record(Event.INBOX_NOT_SERVED, inbox, scope=inbox.pk, team=team.pk)
    InboxTeam.objects.filter(inbox=inbox, team=team).delete()


def remove(inbox: Inbox, *, by: User) -> None:
    """Remove an inbox that never had a conversation, with what belongs to it alone."""
    audit.record(Event.INBOX_REMOVED, inbox, scope=inbox.pk)
    InboxSecret.objects.filter(inbox=inbox).delete()
    Account.objects.filter(inbox=inbox).delete()
    InboxTeam.objects.filter(inbox=inbox).delete()
    # Django's own delete would look into the tables of conversations first, where an admin has no business.
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM conversations_inbox WHERE id = %s", [inbox.pk])


def why_not_remove(inbox: Inbox) -> str:
    """Why the inbox may not be removed, as a sentence; empty when it may."""
    if open_work(inbox=inbox):
        return _("“%(inbox)s” has %(work)s. Resolve them first.") % {
            "inbox": inbox,
            "work": _open_conversations(open_work(inbox=inbox)),
        }
    if _all_work(inbox=inbox):
        return _(
            "“%(inbox)s” has had conversations, and they are kept. Turn automatic sending off and take its address off the channel."
        ) % {"inbox": inbox}
    return ""


def why_not_remove_team(team: Team) -> str:
    """Why the team may not be removed, as a sentence; empty when no work would be left alone."""
    alone = [inbox for inbox in team.inboxes.all() if not inbox.teams.exclude(pk=team.pk).exists()]
    left = open_work(inbox__in=alone) if alone else 0
    if not left:
        return ""
    names = ", ".join(f"“{inbox}”" for inbox in alone)
    return _("Nobody else serves %(inboxes)s, with %(work)s. Give the inbox another team first.") % {
        "inboxes": names,
        "work": _open_conversations(left),
    }


def open_work(**of: Any) -> int:
    """How many conversations are not resolved. Counts as the system: an admin sees none of them."""
    return _all_work(state__in=Conversation.UNRESOLVED, **of)


def _all_work(**of: Any) -> int:
    with acting_as(COUNTER):
        return Conversation.objects.filter(**of).count()


def _open_conversations(count: int) -> str:
    return (
        _("one conversation that is not resolved")
        if count == 1
        else _("%(number)s conversations that are not resolved") % {"number": count}
    )
