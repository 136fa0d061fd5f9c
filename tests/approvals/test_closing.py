"""Behaviour 11: the assistant obeys WhatsApp's 24 hours like people do, and no draft outlives them unnoticed."""

import uuid

import pytest

from approvals import queries, review
from approvals.cards import card
from approvals.models import Draft
from conversations.models import Message
from core.context import acting_as
from tests.build import RETURNS, article, draft_of, fresh_draft, run_jobs
from tests.cast import SYSTEM
from tests.house.world import owner_sql
from tests.intake.whatsapp import connect, only, receive
from tests.peers.whatsapp import message_call, said
from tests.sockets import signed_in


@pytest.fixture
def inbox(cast):
    return connect(cast)


def written(hours: float) -> None:
    """The customer wrote so long ago."""
    then = f"now() - interval '{hours} hours'"
    owner_sql(f"UPDATE conversations_message SET created_at = {then}")
    owner_sql(f"UPDATE conversations_conversation SET last_inbound_at = {then}")


def waiting(inbox, wamid: str = "wamid.1", phone: str = "447700910000") -> Draft:
    receive(message_call(said(wamid, "Do you sell blue shoes?", phone=phone)))
    run_jobs()
    with acting_as(SYSTEM):
        return draft_of(Message.objects.get(provider_id=wamid))


def decide(client, draft: Draft):
    sent = {"action": "approve", "text": "No, we do not.", "version": draft.version, "request_key": str(uuid.uuid4())}
    return client.post(f"/drafts/{draft.pk}/decisions/", sent, headers={"HX-Request": "true"})


def test_behaviour_11_what_is_thought_out_too_late_is_held_with_the_reason(inbox, cast):
    article(cast.base, "returns", "Returns", RETURNS)
    receive(message_call(said("wamid.1", "How can I return something?")))
    written(24.1)
    run_jobs()
    draft = draft_of(only(inbox))
    assert draft.state == "in_review" and "window_closed" in [rule["code"] for rule in draft.rules]
    assert any("24 hours" in rule["label"] for rule in draft.rules)


def test_behaviour_11_nobody_approves_what_whatsapp_would_refuse(inbox, cast):
    draft = waiting(inbox)
    written(24.1)
    response = decide(signed_in(cast.ana), draft)
    assert response.status_code == 422 and "24 hours" in response.content.decode()
    after = draft_of(only(inbox))
    assert (after.state, after.version, after.message_id) == ("in_review", draft.version, None)


def test_behaviour_11_within_the_window_it_goes(inbox, cast):
    draft = waiting(inbox)
    written(23.5)
    with cast.acting(cast.ana):
        review.approve(fresh_draft(draft, cast.ana), by=cast.ana, version=draft.version, request_key=uuid.uuid4(), text="No.")
    assert Draft.objects.using("owner").get(pk=draft.pk).state == "sent"


def test_behaviour_11_a_draft_whose_window_closes_soon_comes_first_and_says_so(inbox, cast):
    soon, later = waiting(inbox), waiting(inbox, "wamid.2", "447700910001")
    owner_sql("UPDATE conversations_conversation SET priority = 2 WHERE id = %s", later.conversation_id)
    owner_sql(
        "UPDATE conversations_conversation SET last_inbound_at = now() - interval '22.5 hours' WHERE id = %s",
        soon.conversation_id,
    )
    with cast.acting(cast.ana):
        assert [one.pk for one in queries.stack()] == [soon.pk, later.pk]
        first, second = (card(one, cast.ana) for one in queries.stack())
    assert first.closes_at and not first.is_closed and second.closes_at is None
    client = signed_in(cast.ana)
    assert "WhatsApp closes at" in client.get("/approvals/").content.decode()
    written(25)
    with cast.acting(cast.ana):
        assert queries.stack()[0].pk == later.pk and card(queries.stack()[0]).is_closed
    assert "WhatsApp takes no free text any more" in client.get("/approvals/").content.decode()
