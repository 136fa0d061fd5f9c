"""The review screens, as a reviewer's browser meets them."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals.cards import paragraphs, passages
from approvals.citations import public_citations
from approvals.models import Decision, Draft
from conversations.models import Conversation, Delivery, Message
from core.context import acting_as
from tests.cast import SYSTEM, Cast, conversation, inbound
from tests.sockets import signed_in

HX = {"HTTP_HX_REQUEST": "true", "HTTP_HX_REQUEST_TYPE": "partial"}
TEXT = "You can return it within 30 days.\n\nWe have sent a label."
SENTENCES = [
    {"text": "You can return it within 30 days.", "citations": [1], "supported": True},
    {"text": "We have sent a label.", "citations": [], "supported": False},
]
REASONS = [
    {"code": "base", "label": "Usual for returns", "points": 80.4},
    {"code": "agree", "label": "Passages agree", "points": 5.3},
    {"code": "claim", "label": "Claims something done", "points": -14.2},
]


def waiting_draft(message: Message, **facts: Any) -> Draft:
    """A draft that waits for a person."""
    given = {"text": TEXT, "sentences": SENTENCES, "reasons": REASONS, "confidence": 0.715, "threshold": 0.8} | facts
    with acting_as(SYSTEM):
        draft = Draft.objects.create(
            conversation_id=message.conversation_id, inbox_id=message.inbox_id, in_reply_to=message, deadline=timezone.now()
        )
        rules = [{"code": "refund", "label": "Refunds are always reviewed"}]
        Draft.objects.claim(draft.pk, from_state="composing", to_state="in_review", verdict="hold", rules=rules, **given)
        Conversation.objects.filter(pk=message.conversation_id).update(draft_state="held", draft_percent=71)
    return Draft.objects.using("owner").get(pk=draft.pk)


def decision(draft: Draft, action: str, **more: Any) -> dict[str, Any]:
    return {"action": action, "version": draft.version, "request_key": uuid.uuid4()} | more


def now(draft: Draft) -> Draft:
    return Draft.objects.using("owner").get(pk=draft.pk)


@pytest.fixture
def draft(cast: Cast) -> Draft:
    return waiting_draft(conversation(cast.orders, cast.cara)[1])


@pytest.fixture
def foreign(cast: Cast) -> Draft:
    return waiting_draft(conversation(cast.app, cast.dan)[1])


def test_the_draft_stands_beside_the_question_with_its_reasons(ana: Client, draft: Draft) -> None:
    page = ana.get("/approvals/").content.decode()
    assert "Where is my order?" in page and "You can return it within 30 days." in page
    assert "Refunds are always reviewed" in page and "Confidence 71 percent" in page
    assert '<span class="unsourced" title="No source supports this">We have sent a label.</span>' in page


def test_the_points_shown_add_up_to_the_figure(ana: Client, draft: Draft) -> None:
    page = ana.get("/approvals/").content.decode()
    assert (
        "<b>80</b>Usual for returns" in page and "<b>+5</b>Passages agree" in page and "<b>−14</b>Claims something done" in page
    )


def test_paragraphs_keep_every_word_and_its_marks() -> None:
    first, second = paragraphs(
        "Hi.\n\nA one. B two. Bye", [{"text": "A one.", "citations": [2]}, {"text": "B two.", "supported": False}]
    )
    assert [piece.text for piece in first] == ["Hi."]
    assert "".join(piece.text for piece in second) == "A one. B two. Bye"
    assert [piece.citations for piece in second if piece.citations] == [[2]]
    assert [piece.text for piece in second if piece.unsourced] == ["B two."]


def test_nothing_waiting_says_so(ana: Client) -> None:
    assert "No draft waits" in ana.get("/approvals/").content.decode()


def test_a_foreign_draft_is_not_there(ana: Client, foreign: Draft) -> None:
    assert "Where is my order?" not in ana.get("/approvals/").content.decode()
    answers = [ana.get("/approvals/", {"draft": foreign.pk}), ana.get("/approvals/", {"draft": 999999})]
    assert [one.status_code for one in answers] == [404, 404] and answers[0].content == answers[1].content
    assert ana.get(f"/conversations/{foreign.conversation_id}/draft/").status_code == 404


@pytest.mark.parametrize("action", ["approve", "reject", "take_over"])
def test_a_foreign_draft_cannot_be_decided(ana: Client, foreign: Draft, action: str) -> None:
    assert ana.post(f"/drafts/{foreign.pk}/decisions/", decision(foreign, action, reason="tone")).status_code == 404
    assert ana.post(f"/drafts/{foreign.pk}/undo/").status_code == 404
    assert (now(foreign).state, now(foreign).version) == (foreign.state, foreign.version)
    assert not Decision.objects.using("owner").exists()


def test_deciding_is_a_post(ana: Client, draft: Draft) -> None:
    assert ana.get(f"/drafts/{draft.pk}/decisions/").status_code == 405
    assert ana.get(f"/drafts/{draft.pk}/undo/").status_code == 405


def test_an_admin_reviews_nothing(cast: Cast, draft: Draft) -> None:
    assert signed_in(cast.ada).post(f"/drafts/{draft.pk}/decisions/", decision(draft, "approve")).status_code == 403
    assert now(draft).state == "in_review"


def test_approving_shows_the_next_draft_and_a_way_back(ana: Client, cast: Cast, draft: Draft) -> None:
    following = waiting_draft(conversation(cast.orders, cast.cara, "And the second?")[1])
    page = ana.post(f"/drafts/{draft.pk}/decisions/", decision(draft, "approve"), **HX).content.decode()
    assert f'data-decide="{following.pk}"' in page and f'id="toast-undo-{draft.pk}"' in page
    sent = Message.objects.using("owner").get(direction="out")
    assert (sent.author, sent.reviewed_by_id, sent.text) == ("assistant", cast.ana.pk, TEXT)


def test_the_last_decision_leaves_an_empty_desk(ana: Client, draft: Draft) -> None:
    page = ana.post(f"/drafts/{draft.pk}/decisions/", decision(draft, "reject", reason="tone"), **HX).content.decode()
    assert "All decided" in page and now(draft).state == "rejected"
    assert not Message.objects.using("owner").filter(direction="out").exists()


def test_a_double_click_decides_once(ana: Client, draft: Draft) -> None:
    twice = decision(draft, "approve")
    answers = [ana.post(f"/drafts/{draft.pk}/decisions/", twice, **HX) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200]
    assert Message.objects.using("owner").filter(direction="out").count() == 1


def test_the_second_reviewer_learns_who_was_first(ana: Client, cast: Cast, draft: Draft) -> None:
    signed_in(cast.sam).post(f"/drafts/{draft.pk}/decisions/", decision(draft, "approve"), **HX)
    late = ana.post(f"/drafts/{draft.pk}/decisions/", decision(draft, "reject", reason="tone"), **HX)
    assert late.status_code == 409 and "Sam approved this draft" in late.content.decode()
    assert Message.objects.using("owner").filter(direction="out").count() == 1


def test_a_draft_the_customer_has_overtaken_is_not_sent(ana: Client, draft: Draft) -> None:
    inbound(Conversation.objects.using("owner").get(pk=draft.conversation_id), "Never mind")
    late = ana.post(f"/drafts/{draft.pk}/decisions/", decision(draft, "approve", **{"from": "dock"}), **HX)
    assert late.status_code == 409 and "The customer wrote again" in late.content.decode()
    assert not Message.objects.using("owner").filter(direction="out").exists()


@pytest.mark.parametrize(
    "nonsense",
    [
        {"action": "explode"},
        {"version": "x"},
        {"request_key": "1"},
        {"action": "reject"},
        {"action": "reject", "reason": "?"},
        {"text": " "},
    ],
)
def test_nonsense_is_refused_and_changes_nothing(ana: Client, draft: Draft, nonsense: dict[str, str]) -> None:
    answer = ana.post(f"/drafts/{draft.pk}/decisions/", decision(draft, "approve") | nonsense, **HX)
    assert answer.status_code == 422
    assert now(draft).state == "in_review" and not Decision.objects.using("owner").exists()


def test_an_edited_reply_goes_out_as_edited(ana: Client, draft: Draft) -> None:
    ana.post(f"/drafts/{draft.pk}/decisions/", decision(draft, "approve", text="Our own words."), **HX)
    assert Message.objects.using("owner").get(direction="out").text == "Our own words."
    assert Decision.objects.using("owner").get().action == "edit"


def test_undo_brings_the_draft_back(ana: Client, draft: Draft) -> None:
    ana.post(f"/drafts/{draft.pk}/decisions/", decision(draft, "approve"), **HX)
    page = ana.post(f"/drafts/{draft.pk}/undo/", **HX).content.decode()
    assert "Taken back" in page and now(draft).state == "in_review"
    assert Delivery.objects.using("owner").get().state == "recalled"


def test_undo_too_late_says_so(ana: Client, draft: Draft) -> None:
    ana.post(f"/drafts/{draft.pk}/decisions/", decision(draft, "approve"), **HX)
    with acting_as(SYSTEM):
        Delivery.objects.claim(Delivery.objects.get().pk, from_state="pending", to_state="sending")
    assert "it can’t be taken back" in ana.post(f"/drafts/{draft.pk}/undo/", **HX).content.decode()
    assert now(draft).state == "sent"


def test_taking_over_opens_the_composer_and_silences_the_assistant(ana: Client, cast: Cast, draft: Draft) -> None:
    answer = ana.post(f"/drafts/{draft.pk}/decisions/", decision(draft, "take_over", **{"from": "dock"}), **HX)
    assert answer["HX-Trigger"] == "took-over" and "The AI is silent here" in answer.content.decode()
    matter = Conversation.objects.using("owner").get(pk=draft.conversation_id)
    assert matter.assistant_paused and matter.assignee_id == cast.ana.pk


def test_the_dock_shows_the_draft_with_its_own_reject_dialog(ana: Client, draft: Draft) -> None:
    part = ana.get(f"/conversations/{draft.conversation_id}/draft/").content.decode()
    assert f'id="draft-{draft.pk}"' in part and f'id="reject-{draft.pk}"' in part and part.count('name="reason"') == 6


def test_the_dock_of_a_conversation_without_a_draft_says_so(ana: Client, cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    assert "No draft for this one" in ana.get(f"/conversations/{matter.pk}/draft/").content.decode()


@pytest.mark.parametrize("drafts", [3, 30])
def test_the_stack_costs_the_same_however_high_it_is(cast: Cast, drafts: int) -> None:
    for _ in range(drafts):
        waiting_draft(conversation(cast.orders, cast.cara)[1])
    client = signed_in(cast.ana)
    with CaptureQueriesContext(connection) as asked:
        client.get("/approvals/")
    assert len([one for one in asked if "approvals_" in one["sql"]]) <= 7


def test_a_page_that_missed_a_decision_is_told(ana: Client, cast: Cast, draft: Draft) -> None:
    number = ana.get("/approvals/sync/").content.decode().split('#seq" hx-swap="textContent">')[1].split("<")[0]
    assert "#stack" not in ana.get("/approvals/sync/", {"after": number}).content.decode()
    signed_in(cast.sam).post(f"/drafts/{draft.pk}/decisions/", decision(draft, "approve"), **HX)
    page = ana.get("/approvals/sync/", {"after": number, "open": draft.pk}).content.decode()
    assert 'hx-target="#stack"' in page and "Sam: approved." in page


@pytest.mark.parametrize(("mode", "state"), [("reply", "superseded"), ("note", "in_review")])
def test_a_person_s_own_reply_takes_the_draft_back_and_a_note_does_not(
    ana: Client, draft: Draft, mode: str, state: str
) -> None:
    said = {"mode": mode, "text": "I looked it up myself.", "client_key": uuid.uuid4(), "seen": draft.in_reply_to_id}
    assert ana.post(f"/conversations/{draft.conversation_id}/messages/", said, **HX).status_code == 200
    assert now(draft).state == state


def test_a_refused_reply_leaves_the_draft_alone(ana: Client, draft: Draft) -> None:
    said = {"mode": "reply", "text": " ", "client_key": uuid.uuid4()}
    assert ana.post(f"/conversations/{draft.conversation_id}/messages/", said, **HX).status_code == 422
    assert now(draft).state == "in_review"


def test_a_draft_without_words_cannot_be_approved(ana: Client, cast: Cast) -> None:
    _, asked = conversation(cast.orders, cast.cara)
    draft = waiting_draft(asked, text="", sentences=[])
    answered = ana.post(f"/drafts/{draft.pk}/decisions/", decision(draft, "approve"), **HX)
    assert answered.status_code == 422 and "An empty reply cannot be sent" in answered.content.decode()
    assert now(draft).state == "in_review" and not Decision.objects.using("owner").exists()
    assert not Message.objects.using("owner").filter(direction="out").exists()


def test_resolving_leaves_no_draft_to_decide(ana: Client, cast: Cast) -> None:
    matter, asked = conversation(cast.orders, cast.cara)
    draft = waiting_draft(asked)
    ana.post(f"/conversations/{matter.pk}/resolution/", **HX)
    assert Conversation.objects.using("owner").get(pk=matter.pk).state == "resolved"
    assert now(draft).state == "superseded"
    assert f'id="stack-{draft.pk}"' not in ana.get("/approvals/").content.decode()


EVIDENCE = [{"number": n, "title": f"Article {(n + 1) // 2}", "quote": f"Words {n}", "score": 0.5} for n in range(1, 7)]


def test_every_passage_that_a_sentence_rests_on_is_shown_to_the_reviewer() -> None:
    def numbers(*cited: list[int]) -> list[int]:
        return [one["number"] for one in passages(EVIDENCE, [{"text": "So.", "citations": each} for each in cited])]

    assert numbers() == [1, 2, 3]
    assert numbers([5]) == [1, 2, 5]
    assert numbers([4], [2, 6], [1]) == [1, 2, 4, 6]


def test_the_customer_is_shown_what_the_reply_rests_on_each_article_once() -> None:
    sentences = [{"text": "So.", "citations": [5, 2]}, {"text": "And so.", "citations": [1, 9]}, {"text": "Hello."}]
    assert [(one["number"], one["title"]) for one in public_citations(EVIDENCE, sentences)] == [
        (5, "Article 3"),
        (2, "Article 1"),
    ]
    assert public_citations(EVIDENCE, []) == []
