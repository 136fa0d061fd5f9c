"""Whose turn it is to answer: one number per conversation, compared in the transaction that sends.

It rises whenever somebody else may answer: a take-over, a hand-over, a hand-back, another assignee, a reply that a person sent. What
is being written (a draft, a composer) and what waits to leave (a delivery) note the number they were begun under.
"""

from typing import Any

from django.db.models import F
from django.db.models.functions import Now

from accounts.models import User
from conversations.models import Conversation, Message


def locked(pk: int) -> Conversation:
    """The conversation, held until the transaction ends: nobody passes it on between the look and the deed."""
    return Conversation.objects.select_for_update(of=("self",)).select_related("inbox").get(pk=pk)


def pass_on(conversation: Conversation, **changes: Any) -> None:
    """Somebody else may answer from here on. `changes` are written in the same step; the caller tells the screens."""
    Conversation.objects.filter(pk=conversation.pk).update(ownership=F("ownership") + 1, changed_at=Now(), **changes)
    conversation.refresh_from_db()


def may_answer(conversation: Conversation, noted: int | None, *, by: User) -> bool:
    """Whether a person who looked under the number `noted` still speaks for us: nobody else may answer since, or he has it himself."""
    return noted is None or noted == conversation.ownership or conversation.assignee_id == by.pk


def may_leave(conversation: Conversation, noted: int | None, message: Message) -> bool:
    """Whether a message written under `noted` may still go out: under another number only what a person answers for."""
    return noted is None or noted == conversation.ownership or message.reviewed_by_id is not None
