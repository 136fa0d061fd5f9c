"""What the API shows, read under the rights of the token's user and put into the API's shapes."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode

from django.db.models import Q

from approvals.models import Decision, Draft
from approvals.policy import decided
from conversations.models import Channel, Conversation, Delivery, Message
from core.models import AuditEvent, StateEvent
from intake.api_errors import Problem, not_found
from intake.api_schemas import (
    BIGGEST_ID,
    ConversationOut,
    DecisionOut,
    DeliveryOut,
    DraftOut,
    EventOut,
    MessageOut,
    MessagesOut,
)

RECEIVED, PRIVATE = "received", "private"
CONVERSATION, MESSAGE, DRAFT, DELIVERY = (
    "conversations.conversation", "conversations.message", "approvals.draft", "conversations.delivery",
)  # fmt: skip


def page(*, channel: str | None, direction: str | None, limit: int, cursor: str | None) -> MessagesOut:
    """Messages of every inbox that the reader sees, newest first, from after `cursor`. Raises Problem for a damaged cursor."""
    rows = Message.objects.select_related("inbox", "delivery").order_by("-pk")
    if channel:
        rows = rows.filter(inbox__channel=channel)  # an inbox never changes its channel
    if direction:
        rows = rows.filter(direction=direction)
    if cursor:
        rows = rows.filter(pk__lt=_place(cursor))
    found = list(rows[: limit + 1])
    shown = found[:limit]
    following = _cursor(shown[-1].pk) if len(found) > limit else None
    return MessagesOut(messages=[message(one, one.inbox.channel) for one in shown], next=following)


def conversation(pk: int) -> ConversationOut:
    """Everything about one conversation, in seven queries whatever its length. Raises Problem when it cannot be seen.

    The number of one that was merged leads to the one that it is part of now, unless only the merged one may be seen.
    """
    target = Conversation.objects.filter(pk=pk).values("merged_into")
    rows = {one.pk: one for one in Conversation.objects.select_related("inbox").filter(Q(pk=pk) | Q(pk__in=target))}
    if pk not in rows:
        raise not_found("conversation")
    found = rows.get(rows[pk].merged_into_id or pk, rows[pk])
    merged = list(Conversation.objects.filter(merged_into=found).order_by("pk").values_list("pk", "channel"))
    channels = {found.pk: found.channel} | dict(merged)
    messages = list(Message.objects.filter(conversation__in=channels).select_related("delivery").order_by("pk"))
    drafts = list(Draft.objects.filter(conversation__in=channels).order_by("pk"))
    decisions = Decision.objects.filter(conversation__in=channels).select_related("by").order_by("pk")
    deliveries = sorted((one.delivery for one in messages if hasattr(one, "delivery")), key=lambda one: one.pk)
    places = {
        CONVERSATION: list(channels),
        MESSAGE: [one.pk for one in messages],
        DRAFT: [one.pk for one in drafts],
        DELIVERY: [one.pk for one in deliveries],
    }
    return ConversationOut(
        id=found.pk,
        state=found.state,
        channel=Channel(found.channel),
        inbox=found.inbox.slug,
        subject=found.subject,
        merged=[pk for pk, _ in merged],
        messages=[message(one, channels[one.conversation_id]) for one in messages],
        drafts=[draft(one) for one in drafts],
        decisions=[decision(one) for one in decisions],
        deliveries=[delivery(one) for one in deliveries],
        events=_events(places),
    )


def message(one: Message, channel: str) -> MessageOut:
    """Needs the message's delivery at hand."""
    carried = getattr(one, "delivery", None)
    state = carried.state if carried else RECEIVED if one.direction == Message.Direction.IN else PRIVATE
    return MessageOut(
        id=one.pk,
        conversation=one.conversation_id,
        direction=Message.Direction(one.direction),
        author=Message.Author(one.author),
        channel=Channel(channel),
        text=one.text,
        state=state,
        provider_id=carried.provider_id if carried else one.provider_id,
        created_at=one.created_at,
    )


def delivery(one: Delivery) -> DeliveryOut:
    return DeliveryOut(
        id=one.pk,
        message=one.message_id,
        state=one.state,
        provider_id=one.provider_id,
        reason=one.reason,
        not_before=one.not_before,
        changed_at=one.changed_at,
    )


def draft(one: Draft) -> DraftOut:
    return DraftOut(
        id=one.pk,
        in_reply_to=one.in_reply_to_id,
        state=one.state,
        version=one.version,
        confidence=one.confidence,
        threshold=one.threshold,
        decision=decided(one.verdict, one.rules),
        reasons=[*one.reasons, *one.rules],
        articles=one.articles,
        text=one.text,
    )


def decision(one: Decision) -> DecisionOut:
    """Needs the person who decided at hand."""
    return DecisionOut(
        id=one.pk,
        draft=one.draft_id,
        action=one.action,
        by=one.by_id,
        by_name=one.by.name,
        reason=one.reason,
        comment=one.comment,
        edit_distance=one.edit_distance,
        created_at=one.created_at,
    )


def _events(places: dict[str, list[int]]) -> list[EventOut]:
    """The steps of the rows in `places` and what the reader may see of their audit, in the order in which they happened."""
    about = Q()
    for subject, ids in places.items():
        about |= Q(subject=subject, subject_id__in=ids)
    steps = [(one.at, 0, one.pk, _step(one)) for one in StateEvent.objects.filter(about)]
    audited = [(one.at, 1, one.pk, _audited(one)) for one in AuditEvent.objects.filter(about)]
    return [event for _, _, _, event in sorted(steps + audited, key=lambda entry: entry[:3])]


def _step(one: StateEvent) -> EventOut:
    return EventOut(
        at=one.at,
        event="state",
        subject=_noun(one.subject),
        subject_id=one.subject_id,
        from_state=one.from_state or None,
        to_state=one.to_state,
        actor=one.actor,
    )


def _audited(one: AuditEvent) -> EventOut:
    actor = f"{one.actor_kind}:{one.actor_id}"
    return EventOut(
        at=one.at, event=one.event, subject=_noun(one.subject), subject_id=one.subject_id, actor=actor, facts=one.facts
    )


def _noun(subject: str) -> str:
    """`draft` of `approvals.draft`."""
    return subject.rpartition(".")[2]


def _cursor(pk: int) -> str:
    return urlsafe_b64encode(str(pk).encode()).decode().rstrip("=")


def _place(cursor: str) -> int:
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        if not text.isdigit() or not 0 < int(text) <= BIGGEST_ID:
            raise ValueError(text)
        return int(text)
    except (ValueError, binascii.Error) as error:
        raise Problem(422, "invalid", "The cursor is damaged. Start without one.") from error
