"""Several quick messages are one question: one reply, by a run that has read them all."""

import time
import uuid

import pytest

from approvals import drafting
from approvals.drafting import open_draft, settle_draft, think
from approvals.models import Draft
from approvals.snapshots import snapshot
from approvals.withdrawal import withdraw
from contactcenter.invariants import broken
from conversations.assignment import resolve
from conversations.models import Conversation, Message
from core.context import acting_as
from tests import build
from tests.cast import Cast
from tests.house.world import owner_sql

FIVE = (
    "Hi",
    "I bought a tent from you",
    "It is too small",
    "I opened the box already",
    "How many days do I have to return it?",
)


@pytest.fixture(autouse=True)
def _library(cast: Cast) -> None:
    build.article(cast.base, "returns", "Returning something you bought", build.RETURNS)


def a_burst(cast: Cast, texts: tuple[str, ...] = FIVE, *, at_once: bool) -> list[Message]:
    """They arrive one after the other; `at_once`: the first is taken up before the second comes, as workers would."""
    first = build.arrives(cast.orders, texts[0])
    if at_once:
        build.run_jobs(early=False)
    return [
        first.message, *(build.arrives(cast.orders, text, conversation=first.conversation.pk).message for text in texts[1:])
    ]  # fmt: skip


def said() -> list[str]:
    rows = Message.objects.using("owner").filter(direction="out").exclude(delivery__state="recalled")
    return [message.text for message in rows]


def waits(message: Message) -> float:
    [(seconds,)] = owner_sql("SELECT extract(epoch FROM run_at - now()) FROM core_job WHERE key = %s", f"draft:{message.pk}")
    return float(seconds)


@pytest.mark.parametrize("at_once", [False, True])
def test_five_messages_within_a_second_get_one_reply_that_has_read_all_of_them(cast: Cast, at_once: bool) -> None:
    began = time.monotonic()
    messages = a_burst(cast, at_once=at_once)
    assert time.monotonic() - began < 2
    build.run_jobs()
    drafts = [build.draft_of(message) for message in messages]  # none is lost: each has its draft
    assert [draft.state for draft in drafts[:-1]] == ["superseded"] * 4 and drafts[-1].state in ("sent", "in_review")
    assert len(said()) <= 1 and "30 days" in drafts[-1].text
    assert not any(broken().values())


def test_the_question_is_all_that_was_said_since_the_last_answer(cast: Cast) -> None:
    messages = a_burst(cast, at_once=True)
    with acting_as(drafting.ASSISTANT):
        newest = Message.objects.select_related("conversation__inbox").get(pk=messages[-1].pk)
        thread = snapshot(Conversation.objects.get(pk=newest.conversation_id), newest)
    assert thread.question == "\n".join(FIVE) and thread.earlier == ()


def test_the_first_message_starts_at_once_and_the_next_ones_after_a_quiet_time(cast: Cast, settings) -> None:
    first, second, *_ = a_burst(cast, at_once=False)
    assert waits(first) <= 0 and 1 < waits(second) <= 2
    later = build.arrives(cast.orders, "Another matter: do you ship to Norway?")  # another conversation waits for nobody
    assert waits(later.message) <= 0
    settings.BURST_SECONDS = 0
    third = build.arrives(cast.orders, "And?", conversation=first.conversation_id).message
    assert waits(third) <= 0


def test_a_message_after_the_quiet_time_starts_at_once(cast: Cast) -> None:
    first = build.arrives(cast.orders, FIVE[-1])
    owner_sql("UPDATE conversations_message SET published_at = now() - interval '3 seconds'")
    again = build.arrives(cast.orders, "Hello?", conversation=first.conversation.pk)
    assert waits(again.message) <= 0


def test_a_message_in_the_middle_of_a_run_restarts_it_and_what_the_run_cost_is_kept(cast: Cast) -> None:
    first = build.arrives(cast.orders, FIVE[-1])
    opened = open_draft(first.message.pk)
    assert opened is not None
    reply = think(opened)
    second = build.arrives(cast.orders, "I mean the tent", conversation=first.conversation.pk)
    owner_sql("UPDATE approvals_draft SET tokens_in = 7")
    settle_draft(opened, reply, latency_ms=1)
    assert build.draft_of(first.message).state == "superseded" and build.draft_of(first.message).tokens_in == 7
    build.run_jobs()
    assert build.draft_of(second.message).state in ("sent", "in_review") and len(said()) <= 1


def test_a_grave_message_in_the_middle_of_a_burst_is_heard(cast: Cast) -> None:
    messages = a_burst(cast, ("all is well " * 900, "I want to kill myself", "all is well " * 900, "bye"), at_once=False)
    build.run_jobs()
    rules = [rule["code"] for rule in build.draft_of(messages[-1]).rules]
    assert rules[0] == "self_harm" and not said()


def test_whoever_writes_the_same_again_and_again_is_counted_until_it_is_solved(cast: Cast) -> None:
    asked = "How many days do I have to return a tent?"
    first = build.arrives(cast.orders, asked)
    matter = first.conversation.pk

    def answered() -> None:
        build.run_jobs()
        with cast.acting(cast.ana):
            found = Conversation.objects.get(pk=matter)
            message = drafting.delivery.reply(found, "Please see our page.", by=cast.ana, client_key=uuid.uuid4())
            withdraw(found)
        owner_sql("UPDATE conversations_message SET published_at = now() WHERE id = %s", message.pk)

    answered()
    again = build.arrives(cast.orders, f"{asked} That did not help", conversation=matter)
    answered()
    third = build.arrives(cast.orders, f"Still not clear. {asked}", conversation=matter)
    build.run_jobs()
    codes = [{rule["code"] for rule in build.draft_of(one.message).rules} for one in (first, again, third)]
    assert ["repeat_contact" in found for found in codes] == [False, False, True]
    with cast.acting(cast.ana):
        resolve(Conversation.objects.get(pk=matter), by=cast.ana)
    fourth = build.arrives(cast.orders, asked, conversation=matter)
    build.run_jobs()
    assert "repeat_contact" not in {rule["code"] for rule in build.draft_of(fourth.message).rules}


def test_no_draft_is_left_composing(cast: Cast) -> None:
    a_burst(cast, at_once=True)
    build.run_jobs()
    assert not Draft.objects.using("owner").filter(state="composing").exists()


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (4, 3, 2, 1, 0), (2, 4, 0, 3, 1)])
def test_in_whatever_order_the_workers_take_them_the_newest_has_the_draft(cast: Cast, order: tuple[int, ...]) -> None:
    owner_sql("UPDATE conversations_inbox SET auto_send = false")
    messages = a_burst(cast, at_once=False)
    for place in order:
        drafting.draft_reply(messages[place].pk)
    states = [build.draft_of(message).state for message in messages]
    assert states == ["superseded"] * 4 + ["in_review"]
    assert Conversation.objects.using("owner").get(pk=messages[0].conversation_id).draft_state in ("review", "held")
    assert not {code: rows for code, rows in broken().items() if rows and code not in ("INV-03",)}
