"""The customer says how it was: asked once a conversation is closed, answered by one click and no script, his to change for a week."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from conversations import merging, splitting
from conversations.models import Conversation, Event, Message, Rating
from core.context import Actor, acting_as
from core.models import AuditEvent
from intake.links import conversation_token
from tests.cast import SYSTEM, Cast, conversation, inbound

HX = {"HTTP_HX_REQUEST": "true", "HTTP_HX_REQUEST_TYPE": "partial"}


def answered(matter: Conversation, *, by: str, cast: Cast) -> None:
    with acting_as(SYSTEM):
        of = {"conversation": matter, "inbox_id": matter.inbox_id, "customer_id": matter.customer_id, "direction": "out"}
        if by == "assistant":
            Message.objects.create(**of, author="assistant", confidence=0.9, text="Tomorrow", published_at=Now())
    if by == "agent":
        Message.objects.using("owner").create(
            **of, author="agent", sender=cast.ana, text="Tomorrow", published_at=timezone.now()
        )


def closed(cast: Cast, *, by: str = "assistant") -> Conversation:
    matter, _ = conversation(cast.orders, cast.cara)
    answered(matter, by=by, cast=cast)
    with acting_as(SYSTEM):
        Conversation.objects.claim(matter.pk, from_state="open", to_state="resolved", resolved_at=timezone.now())
    return matter


def url(matter: Conversation) -> str:
    return f"/c/{conversation_token(matter.pk)}/"


def page(matter: Conversation) -> str:
    return Client().get(url(matter)).content.decode()


def rate(matter: Conversation, score: object, comment: str = "", **how):
    return Client().post(f"{url(matter)}rating/", {"score": score, "comment": comment}, **how)


def ratings() -> list[tuple[int, str, str]]:
    return list(Rating.objects.using("owner").values_list("score", "comment", "of"))


def test_an_open_conversation_is_not_rated(cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    assert "How was this conversation?" not in page(matter)
    assert rate(matter, 5).status_code == 409
    assert ratings() == []


def test_one_that_nobody_answered_is_not_asked_about(cast: Cast) -> None:
    matter = closed(cast, by="nobody")
    assert "How was this conversation?" not in page(matter) and rate(matter, 5).status_code == 409


@pytest.mark.parametrize(("by", "credited"), [("assistant", "assistant"), ("agent", "person")])
def test_the_answer_is_credited_to_whoever_answered_last(cast: Cast, by: str, credited: str) -> None:
    matter = closed(cast, by=by)
    assert "How was this conversation?" in page(matter)
    answer = rate(matter, 4, "Quick")
    assert (answer.status_code, answer["Location"]) == (303, f"{url(matter)}#rate")
    assert ratings() == [(4, "Quick", credited)]
    assert "Thank you for your rating" in page(matter)
    event = AuditEvent.objects.using("owner").get(event=Event.CONVERSATION_RATED)
    assert (event.facts, event.actor_kind, event.scope_id) == ({"score": 4, "of": credited}, "customer", cast.orders.pk)


def test_looking_at_the_address_is_no_vote(cast: Cast) -> None:
    matter = closed(cast)
    assert Client().get(f"{url(matter)}rating/?score=1").status_code == 405
    assert ratings() == []


def test_it_is_one_answer_and_can_be_changed_for_a_week(cast: Cast) -> None:
    matter = closed(cast)
    rate(matter, 1)
    rate(matter, 5, "After all")
    assert ratings() == [(5, "After all", "assistant")]
    Rating.objects.using("owner").update(created_at=timezone.now() - timedelta(days=8), changed_at=timezone.now())
    assert rate(matter, 2).status_code == 409
    assert ratings() == [(5, "After all", "assistant")] and "Change it" not in page(matter)


@pytest.mark.parametrize("score", ["", "0", "6", "best", "4.5"])
def test_nonsense_changes_nothing_and_says_what_to_do(cast: Cast, score: str) -> None:
    matter = closed(cast)
    refused = rate(matter, score, "words that are kept")
    assert refused.status_code == 422 and "Choose one of the five" in refused.content.decode()
    assert ratings() == []
    assert rate(matter, 3, "x" * 1001).status_code == 422 and ratings() == []


def test_with_a_script_only_the_question_is_replaced(cast: Cast) -> None:
    matter = closed(cast)
    answer = rate(matter, 3, **HX)
    assert (
        answer.status_code == 200 and 'hx-target="#rate"' in answer.content.decode() and "<html" not in answer.content.decode()
    )
    live = Client().get(f"{url(matter)}sync/", **HX).content.decode()
    assert 'hx-target="#rate"' in live


def test_what_was_merged_is_never_rated(cast: Cast) -> None:
    matter, other = closed(cast), conversation(cast.orders, cast.cara)[0]
    with cast.acting(cast.ana):
        merging.merge(Conversation.objects.get(pk=matter.pk), Conversation.objects.get(pk=other.pk), by=cast.ana)
    assert "How was this conversation?" not in page(matter)
    assert "We answer you in your other conversation with us" in page(matter)
    assert rate(matter, 5).status_code == 409 and ratings() == []


def test_a_customer_rates_nobody_else_s_conversation(cast: Cast) -> None:
    matter = closed(cast)
    with pytest.raises(Exception, match="row-level security"), acting_as(Actor.customer(cast.dan.pk)):
        Rating.objects.create(conversation=matter, inbox=cast.orders, customer=cast.cara, score=1, of="person")
    assert Client().post("/c/forged~token/rating/", {"score": 1}).status_code == 404
    assert ratings() == []


def test_what_was_split_off_is_found_from_where_it_was(cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    second = inbound(matter, "Another thing")
    with cast.acting(cast.ana):
        made = splitting.split(Conversation.objects.get(pk=matter.pk), second.pk, by=cast.ana)
    before = page(matter)
    assert "Another thing" not in before and f'href="/c/{conversation_token(made.target_id)}/"' in before
    assert "Another thing" in page(Conversation(pk=made.target_id))
