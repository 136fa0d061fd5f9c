"""Merging and splitting as the screens do it: what the assistant had prepared is taken back or follows, and old addresses lead on."""

import uuid

import pytest
from django.test import Client

from approvals.drafting import ASSISTANT
from approvals.models import Draft
from approvals.snapshots import snapshot
from conversations import delivery
from conversations.models import Attachment, Conversation, Message, Split
from core.context import acting_as
from tests.build import RETURNS, arrives, article, draft_of, run_jobs
from tests.cast import SYSTEM, Cast, conversation
from tests.conversations.test_screens import HX, owned
from tests.house.world import owner_sql
from tests.sockets import signed_in

QUESTION = "How many days do I have to return something?"


@pytest.fixture
def ana(cast: Cast) -> Client:
    owner_sql("UPDATE conversations_inbox SET auto_send = false")
    article(cast.base, "returns", "Returns", RETURNS)
    return signed_in(cast.ana)


def asked(cast: Cast, text: str = QUESTION, **how) -> tuple[Conversation, Message]:
    came = arrives(cast.orders, text, **how)
    owner_sql("UPDATE core_job SET run_at = now() WHERE state = 'ready' AND kind LIKE '%%draft_reply'")
    run_jobs(early=False)
    return came.conversation, came.message


def post(client: Client, pk: int, act: str, **data):
    return client.post(f"/conversations/{pk}/{act}/", data, **HX)


def test_the_drafts_of_the_merged_one_are_superseded_and_its_address_leads_on(ana: Client, cast: Cast) -> None:
    old, _ = conversation(cast.orders, cast.cara, "Where is my tent?")
    new, question = asked(cast)
    assert draft_of(question).state == "in_review"
    said = post(ana, old.pk, "merging", other=new.pk, keep="this").content.decode()
    assert QUESTION in said and "data-undo" in said and f"/conversations/{new.pk}/unmerging/" in said
    assert draft_of(question).state == "superseded"
    assert ana.get(f"/conversations/{new.pk}/")["Location"] == f"/conversations/{old.pk}/"
    assert f'id="msg-{question.pk}"' in ana.get(f"/conversations/{new.pk}/", follow=True).content.decode()
    back = post(ana, new.pk, "unmerging")
    assert back.status_code == 200 and owned(Conversation, pk=new.pk).merged_into_id is None
    assert draft_of(question).state == "superseded", "a person saw the conversations together meanwhile"


def test_the_other_way_round_goes_on_in_the_other_one(ana: Client, cast: Cast) -> None:
    mine, _ = conversation(cast.orders, cast.cara)
    other, _ = conversation(cast.orders, cast.cara, "Other")
    said = post(ana, mine.pk, "merging", other=other.pk, keep="other").content.decode()
    assert owned(Conversation, pk=mine.pk).merged_into_id == other.pk
    assert f'hx-get="/conversations/{other.pk}/"' in said


def test_a_draft_that_has_not_read_what_was_merged_in_is_superseded(ana: Client, cast: Cast) -> None:
    mine, question = asked(cast)
    newer, _ = conversation(cast.orders, cast.cara, "And one more thing")
    post(ana, mine.pk, "merging", other=newer.pk)
    assert draft_of(question).state == "superseded"


def test_what_is_written_to_a_merged_number_gets_no_draft_and_takes_back_the_one_that_has_not_read_it(ana, cast: Cast) -> None:
    mine, _ = conversation(cast.orders, cast.cara, "Where is my tent?")
    other, _ = conversation(cast.orders, cast.cara, "Hello")
    post(ana, mine.pk, "merging", other=other.pk)
    _, question = asked(cast, conversation=mine.pk)
    waiting = draft_of(question)
    assert waiting.state == "in_review"
    _, late = asked(cast, "It is urgent now", conversation=other.pk)
    assert (draft_of(question).state, draft_of(late).state) == ("superseded", "superseded")
    assert owned(Conversation, pk=mine.pk).state == "open"


@pytest.mark.parametrize("data", [{}, {"other": "x"}, {"other": "0"}])
def test_a_merge_without_another_one_changes_nothing_and_says_so(ana: Client, cast: Cast, data) -> None:
    mine, _ = conversation(cast.orders, cast.cara)
    answer = post(ana, mine.pk, "merging", **data)
    assert answer.status_code == 422 and "#joining-error" in answer.content.decode()
    assert owned(Conversation, pk=mine.pk).merged_into_id is None


def test_what_a_colleague_cannot_see_cannot_be_merged(ana: Client, cast: Cast) -> None:
    mine, _ = conversation(cast.orders, cast.cara)
    hidden, _ = conversation(cast.app, cast.cara, "App words")
    assert post(ana, mine.pk, "merging", other=hidden.pk).status_code == 404
    assert "App words" not in ana.get(f"/conversations/{mine.pk}/merge-choices/?q=", **HX).content.decode()
    assert owned(Conversation, pk=hidden.pk).merged_into_id is None


def test_conversations_are_found_by_number_and_words(ana: Client, cast: Cast) -> None:
    mine, _ = conversation(cast.orders, cast.cara)
    poles, _ = conversation(cast.orders, cast.cara, "The poles are missing")
    boots, _ = conversation(cast.orders, cast.cara, "Boot size advice")
    conversation(cast.orders, cast.dan, "Poles of somebody else")

    def found(words: str) -> list[int]:
        page = ana.get(f"/conversations/{mine.pk}/merge-choices/", {"q": words}, **HX).content.decode()
        return sorted(int(part.split('"')[0]) for part in page.split('name="other" value="')[1:])

    assert (found("poles"), found(f"#{boots.pk}"), found("")) == ([poles.pk], [boots.pk], [poles.pk, boots.pk])
    assert found("nothing like it") == []


def test_a_draft_goes_along_when_its_message_is_split_off_and_comes_back(ana: Client, cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara, "Where is my tent?")
    _, question = asked(cast, conversation=matter.pk)
    choices = ana.get(f"/conversations/{matter.pk}/split-choices/", **HX).content.decode()
    assert f'value="{question.pk}" checked' in choices
    said = post(ana, matter.pk, "splitting", first=question.pk).content.decode()
    made = owned(Split)
    assert f'hx-get="/conversations/{made.target_id}/"' in said
    draft = Draft.objects.using("owner").get(in_reply_to=question.pk)
    assert (draft.conversation_id, draft.state) == (made.target_id, "in_review")
    source, target = owned(Conversation, pk=matter.pk), owned(Conversation, pk=made.target_id)
    assert (source.draft_state, target.draft_state) == ("", "review")
    slot = ana.get(f"/conversations/{target.pk}/draft/", **HX).content.decode()
    assert f"/drafts/{draft.pk}/decisions/" in slot
    assert post(ana, target.pk, "rejoining").status_code == 200
    assert owned(Conversation, pk=matter.pk).draft_state == "review"
    assert ana.get(f"/conversations/{target.pk}/")["Location"] == f"/conversations/{matter.pk}/"
    assert post(ana, target.pk, "rejoining").status_code == 404


def test_the_assistant_reads_both_of_one_customer_and_never_what_another_row_wrote(ana: Client, cast: Cast) -> None:
    mine, first = conversation(cast.orders, cast.cara, "Where is my tent?")
    hers, _ = conversation(cast.orders, cast.cara, "And the poles?")
    his, _ = conversation(cast.orders, cast.dan, "Dan's secret")
    post(ana, mine.pk, "same-person", customer=cast.dan.pk)
    for other in (hers, his):
        assert post(ana, mine.pk, "merging", other=other.pk).status_code == 200
    with acting_as(ASSISTANT):
        thread = snapshot(Conversation.objects.get(pk=mine.pk), Message.objects.get(pk=first.pk))
    assert [turn.text for turn in thread.turns] == ["Where is my tent?", "And the poles?"]


def test_notes_and_files_of_the_merged_one_are_in_the_thread(ana: Client, cast: Cast) -> None:
    mine, _ = conversation(cast.orders, cast.cara)
    other, theirs = conversation(cast.orders, cast.cara, "Photos of the seam")
    with cast.acting(cast.ana):
        delivery.note(Conversation.objects.get(pk=other.pk), "Seam is under guarantee", by=cast.ana, client_key=uuid.uuid4())
    with acting_as(SYSTEM):
        file = {"name": "seam.jpg", "content_type": "image/jpeg", "size": 9, "sha256": "0", "key": "k"}
        Attachment.objects.create(conversation=other, inbox=cast.orders, message=theirs, **file)
    post(ana, mine.pk, "merging", other=other.pk)
    page = ana.get(f"/conversations/{mine.pk}/").content.decode()
    assert "Seam is under guarantee" in page and "seam.jpg" in page and "Photos of the seam" in page


def test_without_a_script_each_act_leads_to_the_conversation(ana: Client, cast: Cast) -> None:
    mine, _ = conversation(cast.orders, cast.cara)
    other, _ = conversation(cast.orders, cast.cara, "Other")
    answer = ana.post(f"/conversations/{mine.pk}/merging/", {"other": other.pk})
    assert (answer.status_code, answer["Location"]) == (302, f"/conversations/{mine.pk}/")


@pytest.mark.parametrize("act", ["merging", "unmerging", "splitting", "rejoining"])
def test_joining_is_for_staff_who_post(cast: Cast, act: str) -> None:
    mine, _ = conversation(cast.orders, cast.cara)
    path = f"/conversations/{mine.pk}/{act}/"
    assert signed_in(cast.ana).get(path).status_code == 405
    assert signed_in(cast.ada).post(path).status_code == 403
    assert signed_in(cast.ben).post(path, {"other": mine.pk, "first": 1}).status_code == 404
