"""A customer who writes again: the same conversation for a while, then a new one that goes on from it; "thanks" opens nothing."""

import pytest

from conversations.models import Conversation, Message
from core.models import AuditEvent, Job
from intake.links import customer_url
from tests.build import arrives
from tests.cast import Cast, conversation
from tests.conversations.test_assignment import found
from tests.house.world import owner_sql


def closed(cast: Cast, *, days: int = 0, state: str = "resolved") -> Conversation:
    matter, _ = conversation(cast.orders, cast.cara)
    owner_sql(
        "UPDATE conversations_conversation SET state = %s, version = version + 1, assignee_id = %s, due_at = NULL,"
        " resolved_at = now() - make_interval(days => %s) WHERE id = %s", state, cast.ana.pk, days, matter.pk,
    )  # fmt: skip
    return matter


def test_within_the_days_of_the_inbox_it_opens_again_for_its_last_owner(cast: Cast) -> None:
    matter = closed(cast, days=13)
    accepted = arrives(cast.orders, "It broke again", conversation=matter.pk)
    back = found(matter)
    assert accepted.conversation.pk == matter.pk
    assert (back.state, back.assignee_id, back.resolved_at) == ("open", cast.ana.pk, None)
    assert back.due_at is not None


def test_where_the_last_owner_is_away_or_gone_it_opens_for_the_team(cast: Cast) -> None:
    away, gone = closed(cast), closed(cast)
    owner_sql("UPDATE accounts_user SET availability = 'away' WHERE id = %s", cast.ana.pk)
    arrives(cast.orders, "It broke again", conversation=away.pk)
    owner_sql("UPDATE accounts_user SET availability = 'available', is_active = false WHERE id = %s", cast.ana.pk)
    arrives(cast.orders, "It broke again", conversation=gone.pk)
    assert [found(one).assignee_id for one in (away, gone)] == [None, None]
    assert [found(one).state for one in (away, gone)] == ["open", "open"]


def test_after_that_a_new_one_begins_that_goes_on_from_it(cast: Cast) -> None:
    matter = closed(cast, days=15)
    first = arrives(cast.orders, "It broke again", conversation=matter.pk)
    second = arrives(cast.orders, "Still waiting for you", conversation=matter.pk)
    assert found(matter).state == "resolved"
    assert first.conversation.pk == second.conversation.pk != matter.pk
    new = found(first.conversation)
    assert (new.follows_id, new.customer_id, new.state, new.assignee_id) == (matter.pk, cast.cara.pk, "open", None)
    assert Message.objects.using("owner").filter(conversation=matter.pk).count() == 1


def test_the_customer_s_old_page_leads_on_to_the_new_conversation(cast: Cast, client) -> None:
    matter = closed(cast, days=15)
    old = customer_url(matter.pk).removeprefix("http://testserver")
    page = client.get(old[old.index("/c/") :])
    nonce = page.content.decode().split('id="write-nonce" value="')[1].split('"')[0]
    answer = client.post(f"{old[old.index('/c/') :]}messages/", {"text": "It broke again", "nonce": nonce})
    new = Conversation.objects.using("owner").get(follows=matter.pk)
    assert answer.status_code == 303
    assert customer_url(new.pk).endswith(answer["Location"].split("#")[0])
    assert b"It broke again" in client.get(answer["Location"].split("#")[0]).content


@pytest.mark.parametrize("state", ["resolved", "waiting"])
def test_thanks_alone_opens_nothing_and_owes_no_reply(cast: Cast, state: str) -> None:
    matter = closed(cast, days=15, state=state)
    accepted = arrives(cast.orders, "Great, thank you so much!", conversation=matter.pk)
    still = found(matter)
    assert accepted.conversation.pk == matter.pk
    assert (still.state, still.due_at, still.preview) == (state, None, "Great, thank you so much!")
    assert not Job.objects.using("owner").filter(kind__endswith="draft_reply").exists()
    [why] = AuditEvent.objects.using("owner").filter(event="conversation.left_closed")
    assert why.facts == {"message": accepted.message.pk, "why": "no_question"}


@pytest.mark.parametrize("asked", ["Shall we send it again?", "もう一度お送りしましょうか？"])
def test_ok_is_an_answer_where_we_asked_something(cast: Cast, asked: str) -> None:
    matter = closed(cast, state="waiting")
    owner_sql(
        """INSERT INTO conversations_message (conversation_id, inbox_id, customer_id, direction, author, sender_id, text, language,
             citations, provider_id, client_key, published_at)
           SELECT id, inbox_id, customer_id, 'out', 'agent', %s, %s, '', '[]', '', gen_random_uuid(), now()
             FROM conversations_conversation WHERE id = %s""", cast.ana.pk, asked, matter.pk,
    )  # fmt: skip
    arrives(cast.orders, "ok, thanks", conversation=matter.pk)
    assert found(matter).state == "open"


def test_thanks_with_a_question_opens_it(cast: Cast) -> None:
    matter = closed(cast)
    arrives(cast.orders, "Thanks! But where is the other parcel?", conversation=matter.pk)
    assert found(matter).state == "open"


def test_a_message_to_a_merged_conversation_wakes_the_one_that_shows_it(cast: Cast) -> None:
    merged, target = closed(cast), closed(cast)
    owner_sql("UPDATE conversations_conversation SET merged_into_id = %s WHERE id = %s", target.pk, merged.pk)
    arrives(cast.orders, "It broke again", conversation=merged.pk)
    assert (found(merged).state, found(target).state) == ("resolved", "open")
