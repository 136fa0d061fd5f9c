"""What a row of the list says beside the conversation's own columns."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import JSONObject

from accounts.models import User
from conversations.models import ComposerText, Conversation, ConversationTag


def with_facts(rows: QuerySet[Conversation], user: User | None = None) -> QuerySet[Conversation]:
    """With its tags as `tag_list` ([{"name", "hue"}]), and for a `user` whether he has a text there that was not sent.

    Part of the same query, and worked out for the rows that are shown alone.
    """
    tagged = ConversationTag.objects.filter(conversation=OuterRef("pk")).order_by("tag__name")
    rows = rows.annotate(tag_list=ArraySubquery(tagged.values(json=JSONObject(name="tag__name", hue="tag__hue"))))
    if user is None:
        return rows
    typed = ComposerText.objects.filter(conversation=OuterRef("pk"), user=user).exclude(text="")
    return rows.annotate(has_own_draft=Exists(typed))
