"""The customer's own page: what it shows, what it never shows, and writing on it."""

import re
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conversations import delivery
from conversations.assignment import assign, resolve
from conversations.models import Conversation, Message
from core import limits
from core.context import Actor, acting_as
from core.models import Job
from intake import nonces
from intake.links import conversation_token
from intake.models import Receipt
from tests.build import RETURNS, arrives, article, draft_of, run_jobs
from tests.cast import SYSTEM, Cast, conversation, inbound
from tests.house.world import owner_sql
from tests.intake.harmless import assert_harmless, hostile, read
from tests.intake.web_customers import answered, now

HX = {"HTTP_HX_REQUEST": "true", "HTTP_HX_REQUEST_TYPE": "partial"}
QUESTION = "How many days do I have to return something?"


@pytest.fixture(autouse=True)
def _nobody_has_written_yet(cast: Cast) -> None:
    limits.forget()
    caches["redis"].clear()
    caches["process"].clear()


@pytest.fixture
def cara(cast: Cast) -> Client:
    return Client()


def url_of(matter: Conversation) -> str:
    return f"/c/{conversation_token(matter.pk)}/"


def page_of(client: Client, matter: Conversation) -> str:
    answer = client.get(url_of(matter))
    assert answer.status_code == 200
    return answer.content.decode()


def told(page: str) -> str:
    return " ".join("".join(read(page).text).split())


def outlook_of(page: str) -> str:
    return re.search(r'data-outlook="(\w+)"', page)[1]


def assistant_says(
    matter: Conversation, to: Message, *, published: bool = True, reviewer: Any = None, **fields: Any
) -> Message:
    given = {"text": "You have 30 days.", "confidence": 0.93} | fields
    author = SYSTEM if reviewer is None else Actor.of(reviewer)
    with acting_as(author):
        message = Message.objects.create(
            conversation=matter, inbox_id=matter.inbox_id, customer_id=matter.customer_id, direction="out", author="assistant",
            in_reply_to=to, reviewed_by=reviewer, **given,
        )  # fmt: skip
    if published:
        owner_sql(f"UPDATE conversations_message SET published_at = now() WHERE id = {message.pk}")
    return message


def test_the_page_shows_what_was_said_and_who_said_it(cara: Client, cast: Cast) -> None:
    matter, first = conversation(cast.orders, cast.cara, QUESTION)
    assistant_says(matter, first, citations=[{"number": 1, "title": "Returns, 30 days", "url": "https://help.example/returns"}])
    answered(matter, cast.ana, "Hello Cara, I have looked into it.")
    page = page_of(cara, matter)
    text = told(page)
    assert QUESTION in text and "You have 30 days." in text and "Hello Cara" in text
    assert text.index(QUESTION) < text.index("You have 30 days.") < text.index("Hello Cara")
    assert "Answered by AI, " in text and "Ana from" in text and "joined" in text and "Ana, " in text
    assert '<a href="https://help.example/returns" target="_blank" rel="noopener noreferrer">' in page
    assert "You’re chatting with an AI." in text


def test_an_answer_that_a_person_checked_says_so(cara: Client, cast: Cast) -> None:
    matter, first = conversation(cast.orders, cast.cara, QUESTION)
    assistant_says(matter, first, reviewer=cast.ana, confidence=0.5)
    assert "Answered by AI, checked by Ana, " in told(page_of(cara, matter))


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//evil.example/", "/kb/1", "https:", "http://[", "", None]
)
def test_only_an_address_of_the_web_becomes_a_link(cara: Client, cast: Cast, url: str | None) -> None:
    matter, first = conversation(cast.orders, cast.cara, QUESTION)
    assistant_says(
        matter, first, citations=[{"number": 1, "title": "Returns", "url": url}, {"title": "Returns"}, {"url": "x"}, "odd"]
    )
    page = page_of(cara, matter)
    assert told(page).count("From: Returns") == 1 and 'target="_blank"' not in page


def test_nothing_but_what_was_published_is_shown(cara: Client, cast: Cast) -> None:
    """Notes, drafts, replies inside their undo window, what was taken back, figures, surnames, addresses, other conversations."""
    article(cast.base, "returns", "Returns", RETURNS)
    owner_sql("UPDATE conversations_inbox SET auto_send = false")
    made = arrives(cast.orders, QUESTION)
    run_jobs()
    matter, draft = made.conversation, draft_of(made.message)
    assert draft.state == "in_review" and draft.text
    other, _ = conversation(cast.orders, cast.cara, "My other matter")
    with cast.acting(cast.ana):
        mine = Conversation.objects.get(pk=matter.pk)
        delivery.note(mine, "She is a difficult one", by=cast.ana, client_key=uuid.uuid4())
        back = delivery.reply(mine, "Not thought through", by=cast.ana, client_key=uuid.uuid4())
        delivery.recall(back)
        delivery.reply(mine, "Still thinking", by=cast.ana, client_key=uuid.uuid4())
        assign(mine, to=cast.ana, by=cast.ana)
    page = page_of(cara, matter)
    hidden = [
        "difficult",
        "Not thought through",
        "Still thinking",
        "My other matter",
        draft.text[:20],
        "Ana Cast",
        "cast.example",
    ]
    hidden += [cast.orders.slug + '"', f"conv-{other.pk}", "confidence", f"{draft.percent} %", cast.orders_team.name + " team"]
    assert not [one for one in hidden if one in page]
    assert outlook_of(page) == "person" and "Ana is answering you." in told(page)


def test_a_person_without_a_name_is_a_colleague(cara: Client, cast: Cast) -> None:
    owner_sql(f"UPDATE accounts_user SET name = '  ' WHERE id = {cast.ana.pk}")
    matter, _ = conversation(cast.orders, cast.cara)
    answered(matter, cast.fresh(cast.ana), "Hello")
    page = page_of(cara, matter)
    assert "A colleague, " in told(page) and "ana@" not in page


@pytest.mark.parametrize("change", ["sig", "id", "empty", "nul", "long", "cut", "other"])
def test_a_forged_and_an_erased_conversation_look_the_same(cara: Client, cast: Cast, change: str) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    token = conversation_token(matter.pk)
    forged = {
        "sig": token[:-1] + ("A" if token[-1] != "A" else "B"),
        "id": f"{matter.pk + 1}~{token.partition('~')[2]}",
        "empty": "~",
        "nul": "%00",
        "long": "9" * 3000,
        "cut": token[:8],
        "other": "1~1~1",
    }[change]
    erased = conversation_token(matter.pk + 1000)
    for tail in ("", "sync/"):
        answers = [cara.get(f"/c/{one}/{tail}") for one in (forged, erased)]
        assert [one.status_code for one in answers] == [404, 404]
        assert answers[0].content == answers[1].content and "No such conversation" in answers[0].content.decode()
    for tail in ("messages/", "person/"):
        assert cara.post(f"/c/{forged}/{tail}", {"text": "x"}).status_code == 404
    assert now(matter).version == matter.version and Message.objects.using("owner").count() == 1


def test_the_page_is_kept_by_nobody_found_by_nobody_and_leaks_to_nobody(cara: Client, cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    for answer in (cara.get(url_of(matter)), cara.get("/c/forged/"), cara.get(url_of(matter) + "sync/")):
        assert "no-store" in answer["Cache-Control"] and "noindex" in answer["X-Robots-Tag"]
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["X-Frame-Options"] == "DENY" and "default-src 'none'" in answer["Content-Security-Policy"]


def test_reading_costs_the_same_however_much_was_said(cara: Client, cast: Cast) -> None:
    def cost(messages: int) -> int:
        matter, first = conversation(cast.orders, cast.cara)
        for _ in range(messages):
            inbound(matter, "And another thing")
            assistant_says(matter, first)
        with CaptureQueriesContext(connection) as queries:
            page_of(cara, matter)
        return len(queries)

    assert cost(1) == cost(30) <= 23


def test_reading_is_reading_and_writing_is_a_post(cara: Client, cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    assert cara.post(url_of(matter)).status_code == 405
    assert cara.get(url_of(matter) + "messages/").status_code == 405
    assert cara.get(url_of(matter) + "person/").status_code == 405


def test_hostile_strings_are_shown_as_text(cara: Client, cast: Cast, shared_data: Path) -> None:
    strings = [text.replace("\0", "") for text in hostile(shared_data)]
    for number in range(0, len(strings), 200):
        matter, first = conversation(cast.orders, cast.cara)
        some = strings[number : number + 200]
        with acting_as(SYSTEM):
            Message.objects.bulk_create(
                Message(
                    conversation=matter, inbox_id=matter.inbox_id, customer_id=matter.customer_id, direction="in",
                    author="customer", text=text, published_at=timezone.now(), language=text[:12],
                )
                for text in some
            )  # fmt: skip
        citations = [{"number": 1, "title": text, "url": text} for text in some]
        assistant_says(matter, first, text="\n".join(some), citations=citations)
        seen = assert_harmless(page_of(cara, matter))
        shown = "".join("".join(seen.text).split())
        assert not [text for text in some if "".join(text.split()) not in shown]


# Writing


def write(client: Client, matter: Conversation, text: str, **more: Any) -> Any:
    fields = {"text": text, "nonce": nonces.issue(f"conversation {matter.pk}")} | more
    return client.post(f"{url_of(matter)}messages/", fields)


def stored() -> tuple[int, int, int]:
    return tuple(model.objects.using("owner").count() for model in (Message, Receipt, Job))  # type: ignore[return-value]


def test_a_message_is_stored_in_its_conversation_and_leads_back_to_the_page(cara: Client, cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    answer = write(cara, matter, "It is the blue one")
    assert (answer.status_code, answer["Location"]) == (303, f"{url_of(matter)}#outlook")
    message = Message.objects.using("owner").order_by("-pk").first()
    assert (message.text, message.conversation_id, message.customer_id) == ("It is the blue one", matter.pk, cast.cara.pk)
    assert Job.objects.using("owner").filter(kind="approvals.drafting.draft_reply", ref=message.pk).count() == 1
    assert "It is the blue one" in told(page_of(cara, matter))


def test_the_page_s_own_number_makes_a_second_sending_the_first(cara: Client, cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    nonce = re.search(r'name="nonce" id="write-nonce" value="([^"]+)"', page_of(cara, matter))[1]
    assert [write(cara, matter, "Twice", nonce=nonce).status_code for _ in range(2)] == [303, 303]
    assert stored() == (2, 1, 1)
    answer = write(cara, matter, "Something else", nonce=nonce)
    assert answer.status_code == 409 and "Something else</textarea>" in answer.content.decode()
    assert stored() == (2, 1, 1)


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("", "Write a message first"),
        (" \n ", "Write a message first"),
        ("a\0b", "Remove the characters that can’t be shown"),
        ("x" * 20_001, "Shorten your message to 20,000 characters"),
    ],
)
def test_what_cannot_be_taken_stays_where_it_was_typed(cara: Client, cast: Cast, text: str, mistake: str) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    before = stored()
    answer = write(cara, matter, text)
    page = answer.content.decode()
    assert answer.status_code == 422 and mistake in page and 'id="chat-log"' in page
    assert f'formaction="{url_of(matter)}person/"' in page  # the page's own address, not the one that refused
    part = cara.post(f"{url_of(matter)}messages/", {"text": text}, **HX)
    assert part.status_code == 422 and mistake in part.content.decode() and "<textarea" not in part.content.decode()
    assert stored() == before


@pytest.mark.parametrize("place", ["", "conversation 0", "inbox 1"])
def test_a_number_of_another_page_brings_the_page_again_with_the_words(cara: Client, cast: Cast, place: str) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    before = stored()
    answer = write(cara, matter, "Kept", nonce=nonces.issue(place) if place else "")
    assert answer.status_code == 422 and "Kept</textarea>" in answer.content.decode()
    assert stored() == before


def test_a_conversation_takes_thirty_messages_in_five_minutes(cara: Client, cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    assert {write(cara, matter, f"Number {n}").status_code for n in range(30)} == {303}
    before = stored()
    answer = write(cara, matter, "Number thirty-one")
    assert answer.status_code == 429 and 0 < int(answer["Retry-After"]) <= 300
    assert "Number thirty-one</textarea>" in answer.content.decode()
    assert stored() == before
    other, _ = conversation(cast.orders, cast.cara)
    assert write(cara, other, "Somewhere else").status_code == 303


def test_without_our_cookie_the_words_are_kept_and_nothing_is_stored(cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    client = Client(enforce_csrf_checks=True)
    before = stored()
    answer = write(client, matter, "Kept")
    assert answer.status_code == 403 and "Kept</textarea>" in answer.content.decode()
    assert client.post("/c/forged/messages/", {"text": "x"}).status_code == 404
    assert stored() == before


def test_with_a_script_the_answer_is_the_regions_and_a_new_number(cara: Client, cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    fields = {"text": "It is the blue one", "nonce": nonces.issue(f"conversation {matter.pk}")}
    answer = cara.post(f"{url_of(matter)}messages/", fields, **HX)
    part = answer.content.decode()
    assert answer.status_code == 200 and "<html" not in part and "It is the blue one" in part
    assert {"#chat-log", "#write-nonce", "#ask"} <= set(re.findall(r'hx-target="(#[\w-]+)"', part))


def test_writing_opens_a_closed_conversation_again(cara: Client, cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    with cast.acting(cast.ana):
        resolve(Conversation.objects.get(pk=matter.pk), by=cast.ana)
    assert outlook_of(page_of(cara, matter)) == "closed"
    write(cara, matter, "One more thing")
    assert now(matter).state == "open" and outlook_of(page_of(cara, matter)) == "assistant"


def test_somebody_signed_in_reads_and_writes_there_as_the_customer(cast: Cast) -> None:
    """Ben does not serve this inbox; the link alone opens the page, and his own rights change nothing about it."""
    matter, _ = conversation(cast.orders, cast.cara, QUESTION)
    client = Client()
    with acting_as(Actor.door(cast.ben.pk)):
        client.force_login(cast.ben)
    assert QUESTION in told(page_of(client, matter))
    assert write(client, matter, "From the same browser").status_code == 303
    before = stored()
    assert write(client, matter, "").status_code == 422
    assert stored() == before


# How it stands


def set_conversation(matter: Conversation, **values: Any) -> None:
    with acting_as(SYSTEM):
        Conversation.objects.filter(pk=matter.pk).update(**values)


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({}, "assistant"),
        ({"draft_state": "composing"}, "assistant"),
        ({"draft_state": "review"}, "checking"),
        ({"draft_state": "held"}, "checking"),
        ({"draft_state": "approved"}, "checked"),
        ({"draft_state": "rejected"}, "person"),
        ({"assistant_paused": True, "needs_person": "Asked for a person"}, "asked"),
        ({"needs_person": "A reply could not be delivered"}, "person"),
        ({"last_inbound_at": timezone.now() - timedelta(minutes=2)}, "person"),
    ],
)
def test_how_it_stands_is_said(cara: Client, cast: Cast, values: dict[str, Any], key: str) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    set_conversation(matter, due_at=timezone.now() + timedelta(minutes=30), **values)
    page = page_of(cara, matter)
    assert outlook_of(page) == key
    assert "A reply could not be delivered" not in page


def test_a_promise_shows_its_time_and_looks_again_when_that_has_passed(cara: Client, cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    due = timezone.now() + timedelta(minutes=30)
    set_conversation(matter, due_at=due, draft_state="review")
    page = page_of(cara, matter)
    assert f'<time datetime="{due.isoformat()}" data-moment>{due:%H:%M} UTC</time>' in page
    assert re.search(r'hx-trigger="load delay:180[01]s"', page)
    set_conversation(matter, due_at=timezone.now() - timedelta(minutes=1))
    assert "It takes longer than we promised." in told(page_of(cara, matter))


def test_a_person_has_it(cara: Client, cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    set_conversation(matter, assistant_paused=True, assignee=cast.ana)
    text = told(page_of(cara, matter))
    assert "Ana has your conversation and will answer as soon as possible." in text
    assert "You’re chatting with an AI" not in text and "The assistant says nothing here now." in text
    assert "A person answers here" in text and "Talk to a person" not in text


# Catching up


def regions(client: Client, matter: Conversation, after: object = "") -> set[str]:
    part = client.get(f"{url_of(matter)}sync/?after={after}").content.decode()
    return set(re.findall(r'hx-target="(#[\w-]+)"', part))


def test_catching_up_answers_with_what_was_missed_and_nothing_else(cara: Client, cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    seq = int(re.search(r'id="seq" hidden>(\d+)<', page_of(cara, matter))[1])
    assert regions(cara, matter, seq) == {"#seq"}
    other, _ = conversation(cast.orders, cast.dan)
    answered(other, cast.ana, "Somebody else's answer")
    assert regions(cara, matter, seq) == {"#seq"}
    answered(matter, cast.ana, "Here is your answer")
    assert regions(cara, matter, seq) == {"#seq", "#chat-head", "#chat-log", "#outlook", "#ask", "#rate"}


@pytest.mark.parametrize("after", ["", "x", "-1", "9" * 30, "%00", "1;2"])
def test_catching_up_from_nowhere_brings_everything(cara: Client, cast: Cast, after: str) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    assert "#chat-log" in regions(cara, matter, after)


def test_what_was_caught_up_equals_a_fresh_load(cara: Client, cast: Cast) -> None:
    matter, first = conversation(cast.orders, cast.cara)
    answered(matter, cast.ana, "Here is your answer")
    assistant_says(matter, first)
    page, part = page_of(cara, matter), cara.get(f"{url_of(matter)}sync/").content.decode()
    for region in ("chat-log", "chat-head", "ask"):
        sent = re.search(rf'hx-target="#{region}"[^>]*>(.*?)</hx-partial>', part, re.S)[1].strip()
        assert sent in page
