"""What admins define for everybody: tags, attributes, canned replies; and what becomes of what uses them when one goes."""

from django.db import connection
from django.db.models import Model
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from conversations.models import AttributeType, CannedReply, Conversation, ConversationTag, Customer, Event, SavedView, Tag
from core import audit
from core.context import Actor, acting_as

# An admin defines things and sees no conversation: counting and untagging is done for him.
COUNTER = Actor.system("defining")
KEPT = {Tag: Event.TAG_KEPT, AttributeType: Event.ATTRIBUTE_KEPT, CannedReply: Event.CANNED_KEPT}
REMOVED = {Tag: Event.TAG_REMOVED, AttributeType: Event.ATTRIBUTE_REMOVED, CannedReply: Event.CANNED_REMOVED}


def keep(thing: Model, *, changed: list[str], by: User) -> None:
    """Store a new one, or what was changed in an old one."""
    thing.save()
    audit.record(KEPT[type(thing)], thing, changed=sorted(changed))


def remove(thing: Model, *, by: User) -> None:
    """Remove it. A tag leaves every conversation; the values of an attribute stay, unseen."""
    audit.record(REMOVED[type(thing)], thing)
    if isinstance(thing, Tag):
        with acting_as(COUNTER):
            ConversationTag.objects.filter(tag=thing).delete()
    # Django's own delete would look into the tables of conversations first, where an admin has no business.
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {thing._meta.db_table} WHERE id = %s", [thing.pk])  # noqa: S608  one of our three tables


def what_removing_does(thing: Model) -> list[str]:
    """One sentence for each kind of thing that uses it; at least one."""
    if isinstance(thing, Tag):
        return _of_tag(thing)
    if isinstance(thing, AttributeType):
        return _of_attribute(thing)
    return [_("Nobody finds it any more. Messages that were written with it stay as they are.")]


def _of_tag(tag: Tag) -> list[str]:
    with acting_as(COUNTER):
        tagged = ConversationTag.objects.filter(tag=tag).count()
        views = sum(f"tag={tag.pk}" in query.split("&") for query in SavedView.objects.values_list("query", flat=True))
        macros = sum(_does_tag(reply, tag) for reply in CannedReply.objects.exclude(actions=[]))
    said = [
        ngettext("%(number)s conversation loses this tag.", "%(number)s conversations lose this tag.", tagged)
        % {"number": tagged}
        if tagged
        else _("No conversation has this tag.")
    ]
    if views:
        told = ngettext(
            "%(number)s saved view asks for it and will say that it is gone.",
            "%(number)s saved views ask for it and will say that it is gone.",
            views,
        )
        said.append(told % {"number": views})
    if macros:
        told = ngettext(
            "%(number)s macro adds it and will leave that out.", "%(number)s macros add it and will leave that out.", macros
        )
        said.append(told % {"number": macros})
    return said


def _does_tag(reply: CannedReply, tag: Tag) -> bool:
    return any(tag.pk in act.get("tags", []) for act in reply.actions if isinstance(act, dict))


def _of_attribute(one: AttributeType) -> list[str]:
    model = Customer if one.of == AttributeType.Of.CUSTOMER else Conversation
    with acting_as(COUNTER):
        held = model.objects.filter(attributes__has_key=one.key).count()
    if not held:
        return [_("Nothing has a value for it.")]
    what = _("customers") if one.of == AttributeType.Of.CUSTOMER else _("conversations")
    return [
        _(
            "Values of %(number)s %(what)s stay stored and are not shown any more. An attribute with the same key shows them again."
        )
        % {"number": held, "what": what}
    ]
