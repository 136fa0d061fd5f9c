"""The queue and a conversation, as an agent's browser meets them."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conversations.models import ComposerText, Conversation, Delivery, Message
from core.context import acting_as
from core.models import LiveEvent
from tests.cast import SYSTEM, Cast, conversation, inbound
from tests.sockets import signed_in

HX = {"HTTP_HX_REQUEST": "true", "HTTP_HX_REQUEST_TYPE": "partial"}


def owned(model, **of):
    return model.objects.using("owner").get(**of)


def test_a_stranger_is_sent_to_the_sign_in_page_and_back(db) -> None:
    answer = Client().get("/queue/?view=mine")
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/login/?next=%2Fqueue%2F%3Fview%3Dmine"


def test_a_stranger_s_fragment_sends_the_whole_page_to_sign_in(db) -> None:
    answer = Client().get(
        "/conversations/1/", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/queue/?view=mine"}
    )
    assert answer.status_code == 401
    assert answer["HX-Redirect"] == "/accounts/login/?next=%2Fqueue%2F"


def test_an_admin_has_no_queue(cast: Cast) -> None:
    assert signed_in(cast.ada).get("/queue/").status_code == 403


def test_an_agent_sees_her_teams_conversations_only(ana: Client, cast: Cast) -> None:
    mine, _ = conversation(cast.orders, cast.cara, "Where is my tent?")
    theirs, _ = conversation(cast.app, cast.dan, "The app crashes")
    page = ana.get("/queue/").content.decode()
    assert f'id="conv-{mine.pk}"' in page
    assert f"conv-{theirs.pk}" not in page and "The app crashes" not in page


def test_a_foreign_and_a_missing_conversation_look_the_same(ana: Client, cast: Cast) -> None:
    theirs, _ = conversation(cast.app, cast.dan)
    foreign, missing = ana.get(f"/conversations/{theirs.pk}/"), ana.get("/conversations/999999/")
    assert foreign.status_code == missing.status_code == 404
    assert foreign.content == missing.content
    assert ana.get("/conversations/99999999999999999999999/").status_code == 404


@pytest.mark.parametrize("path", ["assignment", "resolution", "reopening", "hand-back", "messages", "composer"])
def test_a_foreign_conversation_cannot_be_changed(ana: Client, cast: Cast, path: str) -> None:
    theirs, _ = conversation(cast.app, cast.dan)
    before = owned(Conversation, pk=theirs.pk)
    answer = ana.post(
        f"/conversations/{theirs.pk}/{path}/", {"me": "1", "mode": "reply", "text": "x", "client_key": uuid.uuid4()}
    )
    assert answer.status_code == 404
    after = owned(Conversation, pk=theirs.pk)
    assert (after.state, after.version, after.assignee_id) == (before.state, before.version, before.assignee_id)
    assert Message.objects.using("owner").count() == 1


@pytest.mark.parametrize("path", ["assignment", "resolution", "messages", "composer"])
def test_changes_are_posts(ana: Client, cast: Cast, path: str) -> None:
    mine, _ = conversation(cast.orders, cast.cara)
    assert ana.get(f"/conversations/{mine.pk}/{path}/").status_code == 405


def test_reading_is_reading(ana: Client) -> None:
    assert ana.post("/queue/").status_code == 405


def test_a_change_without_a_csrf_token_is_refused(cast: Cast) -> None:
    mine, _ = conversation(cast.orders, cast.cara)
    client = signed_in(cast.ana)
    client.handler.enforce_csrf_checks = True
    assert client.post(f"/conversations/{mine.pk}/resolution/").status_code == 403
    assert owned(Conversation, pk=mine.pk).state == "open"


def test_what_a_customer_wrote_is_shown_as_text(ana: Client, cast: Cast) -> None:
    mine, _ = conversation(cast.orders, cast.cara, "<script>alert(1)</script>")
    page = ana.get(f"/conversations/{mine.pk}/").content.decode()
    assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page


def test_opening_answers_with_the_panes_alone_when_the_list_is_there(ana: Client, cast: Cast) -> None:
    mine, first = conversation(cast.orders, cast.cara)
    whole = ana.get(f"/conversations/{mine.pk}/").content.decode()
    part = ana.get(f"/conversations/{mine.pk}/", **HX).content.decode()
    assert "<html" in whole and f'id="msg-{first.pk}"' in whole
    assert "<html" not in part and f'id="msg-{first.pk}"' in part and 'hx-target="#side"' in part


@pytest.mark.parametrize("rows", [3, 300])
def test_the_queue_costs_the_same_however_long_it_is(cast: Cast, rows: int) -> None:
    now = timezone.now()
    with acting_as(SYSTEM):
        many = [
            Conversation(
                inbox=cast.orders, customer=cast.cara, channel="web", subject=f"No {n}", due_at=now + timedelta(minutes=n)
            )
            for n in range(rows)
        ]
        Conversation.objects.bulk_create(many)
    client = signed_in(cast.ana)
    with CaptureQueriesContext(connection) as asked:
        page = client.get("/queue/")
    reads = [one["sql"] for one in asked if "conversations_" in one["sql"] or "accounts_team" in one["sql"]]
    assert len(reads) == 5, "counts, inboxes with their teams, mentions, saved views and the list"
    everything = [one["sql"] for one in asked if one["sql"].startswith("SELECT") and "set_config" not in one["sql"]]
    assert len(everything) <= 12, "with the session, the person and the live number"
    assert page.content.decode().count('class="conv ') == min(rows, 50)


def test_pages_follow_each_other_without_gap_or_repeat(cast: Cast) -> None:
    now = timezone.now()
    with acting_as(SYSTEM):
        same = now + timedelta(hours=1)
        many = [
            Conversation(
                inbox=cast.orders, customer=cast.cara, channel="web", due_at=[same, None, now + timedelta(minutes=n)][n % 3]
            )
            for n in range(120)
        ]
        Conversation.objects.bulk_create(many)
    client, address, seen = signed_in(cast.ana), "/queue/?view=open", []
    for _ in range(5):
        page = client.get(address, **(HX if "after" in address else {})).content.decode()
        seen += [int(part.split('"')[0]) for part in page.split('class="conv is-unread" id="conv-')[1:]]
        if 'id="conv-more"' not in page:
            break
        address = page.split('id="conv-more"')[1].split('href="')[1].split('"')[0].replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == 120


@pytest.mark.parametrize("after", ["x", "AAAA", "MjAyNi0xMS0yNHx4", "💥", "2|3"])
def test_a_damaged_cursor_starts_at_the_top(ana: Client, cast: Cast, after: str) -> None:
    mine, _ = conversation(cast.orders, cast.cara)
    assert f"conv-{mine.pk}" in ana.get("/queue/", {"after": after}, **HX).content.decode()


@pytest.mark.parametrize("words", ["tent", "Cara", "cara@customer", "TENT"])
def test_search_finds_by_subject_name_and_address(ana: Client, cast: Cast, words: str) -> None:
    mine, _ = conversation(cast.orders, cast.cara, "Where is my tent?")
    assert f"conv-{mine.pk}" in ana.get("/queue/", {"q": words}).content.decode()


def test_search_without_a_match_says_so_and_offers_the_way_back(ana: Client, cast: Cast) -> None:
    conversation(cast.orders, cast.cara)
    page = ana.get("/queue/", {"q": "<nothing>\0"}).content.decode()
    assert "No conversation matches “<bdi>&lt;nothing&gt;</bdi>”" in page and "Clear the search" in page


def test_assigning_answers_with_the_head_and_the_row(ana: Client, cast: Cast) -> None:
    mine, _ = conversation(cast.orders, cast.cara)
    answer = ana.post(f"/conversations/{mine.pk}/assignment/", {"me": "1"}, **HX)
    assert owned(Conversation, pk=mine.pk).assignee_id == cast.ana.pk
    assert f'hx-target="#thread-head-{mine.pk}"' in answer.content.decode() and "Assigned to you" in answer.content.decode()


def test_a_colleague_of_another_team_cannot_be_assigned(ana: Client, cast: Cast) -> None:
    mine, _ = conversation(cast.orders, cast.cara)
    assert ana.post(f"/conversations/{mine.pk}/assignment/", {"to": cast.ben.pk}, **HX).status_code == 404
    assert owned(Conversation, pk=mine.pk).assignee_id is None


def test_the_second_to_resolve_learns_how_it_is(ana: Client, cast: Cast) -> None:
    mine, _ = conversation(cast.orders, cast.cara)
    assert ana.post(f"/conversations/{mine.pk}/resolution/", **HX).status_code == 200
    late = ana.post(f"/conversations/{mine.pk}/resolution/", **HX)
    assert late.status_code == 409
    assert "Somebody changed this conversation just before you" in late.content.decode() and "Reopen" in late.content.decode()


def test_a_reply_is_written_once_however_often_it_is_sent(ana: Client, cast: Cast) -> None:
    mine, first = conversation(cast.orders, cast.cara)
    said = {"mode": "reply", "text": "On its way.", "client_key": uuid.uuid4(), "seen": first.pk}
    answers = [ana.post(f"/conversations/{mine.pk}/messages/", said, **HX) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200]
    assert owned(Message, direction="out").text == "On its way."
    assert "Undo" in answers[0].content.decode()


def test_a_reply_to_what_was_not_seen_is_held_and_asked_for_once(ana: Client, cast: Cast) -> None:
    mine, first = conversation(cast.orders, cast.cara)
    inbound(mine, "Found it, forget that.")
    said = {"mode": "reply", "text": "On its way.", "client_key": uuid.uuid4(), "seen": first.pk}
    held = ana.post(f"/conversations/{mine.pk}/messages/", said, **HX)
    assert held.status_code == 409
    assert "Found it, forget that." in held.content.decode() and 'name="confirm"' in held.content.decode()
    assert not Message.objects.using("owner").filter(direction="out").exists()
    assert ana.post(f"/conversations/{mine.pk}/messages/", said | {"confirm": "1"}, **HX).status_code == 200


def test_an_empty_reply_is_refused_in_words(ana: Client, cast: Cast) -> None:
    mine, _ = conversation(cast.orders, cast.cara)
    answer = ana.post(f"/conversations/{mine.pk}/messages/", {"mode": "reply", "text": "  ", "client_key": uuid.uuid4()}, **HX)
    assert answer.status_code == 422 and "Write something first." in answer.content.decode()


def test_a_note_stays_private(ana: Client, cast: Cast) -> None:
    mine, _ = conversation(cast.orders, cast.cara)
    ana.post(f"/conversations/{mine.pk}/messages/", {"mode": "note", "text": "Careful here", "client_key": uuid.uuid4()}, **HX)
    note = owned(Message, direction="note")
    assert note.published_at is None and not Delivery.objects.using("owner").exists()
    told = LiveEvent.objects.using("owner").filter(topic="message.created", ref=note.pk)
    assert [event.groups for event in told] == [[f"inbox.{cast.orders.pk}"]]


def test_a_recalled_reply_is_back_in_the_composer(ana: Client, cast: Cast) -> None:
    mine, first = conversation(cast.orders, cast.cara)
    said = {"mode": "reply", "text": "Too fast", "client_key": uuid.uuid4(), "seen": first.pk}
    ana.post(f"/conversations/{mine.pk}/messages/", said, **HX)
    answer = ana.post(f"/messages/{owned(Message, direction='out').pk}/recall/", **HX)
    assert "Taken back" in answer.content.decode() and ">Too fast</textarea>" in answer.content.decode()
    assert owned(Delivery).state == "recalled"


def test_what_is_typed_is_kept_per_person_and_mode_until_it_is_sent(ana: Client, cast: Cast) -> None:
    mine, first = conversation(cast.orders, cast.cara)
    for mode, text in (("reply", "Half a sen"), ("reply", "Half a sentence"), ("note", "Ask Ben")):
        assert ana.post(f"/conversations/{mine.pk}/composer/", {"mode": mode, "text": text}).status_code == 204
    page = ana.get(f"/conversations/{mine.pk}/").content.decode()
    assert 'data-reply="Half a sentence" data-note="Ask Ben"' in page
    assert "Half a sentence" not in signed_in(cast.sam).get(f"/conversations/{mine.pk}/").content.decode()
    said = {"mode": "reply", "text": "Done", "client_key": uuid.uuid4(), "seen": first.pk}
    ana.post(f"/conversations/{mine.pk}/messages/", said, **HX)
    assert [kept.text for kept in ComposerText.objects.using("owner").all()] == ["Ask Ben"]


def test_a_page_that_missed_nothing_gets_the_number_alone(ana: Client, cast: Cast) -> None:
    mine, _ = conversation(cast.orders, cast.cara)
    number = ana.get("/queue/sync/").content.decode().split('#seq" hx-swap="textContent">')[1].split("<")[0]
    nothing = ana.get("/queue/sync/", {"after": number}).content.decode()
    assert "conv-list" not in nothing and "#seq" in nothing
    ana.post(f"/conversations/{mine.pk}/assignment/", {"me": "1"}, **HX)
    something = ana.get("/queue/sync/", {"after": number, "open": mine.pk}).content.decode()
    assert 'hx-target="#conv-list"' in something and f'hx-target="#timeline-{mine.pk}"' in something


def test_a_person_s_theme_is_remembered(ana: Client, cast: Cast) -> None:
    assert ana.post("/preferences/", {"theme": "dark"}).status_code == 204
    assert 'data-theme="dark"' in ana.get("/queue/").content.decode()
    ana.post("/preferences/", {"theme": "<x>"})
    assert cast.fresh(cast.ana).theme == "dark" and cast.fresh(cast.ben).theme == ""
