"""What a reviewer changed is shown word by word, and his words outlast whatever others do meanwhile."""

import pytest
from django.test import Client

from approvals.models import Draft
from conversations.models import ComposerText, Message
from tests.approvals.test_screens import HX, TEXT, decision, now, waiting_draft
from tests.cast import Cast, conversation, inbound
from tests.house.world import owner_sql
from tests.sockets import signed_in

MINE = "You can return it within 60 days."


@pytest.fixture
def draft(cast: Cast, db) -> Draft:
    return waiting_draft(conversation(cast.orders, cast.cara)[1])


def changes(client: Client, draft: Draft, text: str) -> str:
    return client.post(f"/drafts/{draft.pk}/diff/", {"text": text}, **HX).content.decode()


def approve(client: Client, draft: Draft, text: str, where: str = "approvals"):
    return client.post(f"/drafts/{draft.pk}/decisions/", decision(draft, "approve", text=text, **{"from": where}), **HX)


def rewrite(draft: Draft) -> None:
    """As a recheck does: other words, another version, still waiting."""
    owner_sql("UPDATE approvals_draft SET text = 'You can return it within 14 days.' WHERE id = %s", draft.pk)
    for state in ("composing", "in_review"):
        owner_sql("UPDATE approvals_draft SET state = %s, version = version + 1 WHERE id = %s", state, draft.pk)


def test_added_and_removed_words_are_marked(ana: Client, draft: Draft) -> None:
    html = changes(ana, draft, TEXT.replace("30 days", "60 long days"))
    assert "<del>" in html and "30</del>" in html and "<ins>" in html and "60 long</ins>" in html
    assert "You can return it within" in html and "Removed:" in html and "Added:" in html


def test_the_same_text_shows_no_change_and_script_is_shown_as_text(ana: Client, draft: Draft) -> None:
    assert "Nothing changed yet" in changes(ana, draft, TEXT)
    assert "<script>" not in changes(ana, draft, f"{TEXT} <script>alert(1)</script>")


def test_the_editor_asks_for_it_while_typing(ana: Client, draft: Draft) -> None:
    for page in (f"/approvals/?draft={draft.pk}", f"/conversations/{draft.conversation_id}/draft/"):
        assert f'hx-post="/drafts/{draft.pk}/diff/" hx-trigger="input changed' in ana.get(page).content.decode()


def test_what_was_changed_can_be_seen_beside_the_sent_message(ana: Client, cast: Cast, draft: Draft) -> None:
    approve(ana, draft, MINE)
    sent = Message.objects.using("owner").get(direction="out")
    html = ana.get(f"/messages/{sent.pk}/edits/").content.decode()
    assert f'hx-get="/messages/{sent.pk}/edits/"' in ana.get(f"/conversations/{draft.conversation_id}/").content.decode()
    assert "60</ins>" in html and "30</del>" in html
    assert signed_in(cast.ben).get(f"/messages/{sent.pk}/edits/").status_code == 404
    assert ana.get(f"/messages/{draft.in_reply_to_id}/edits/").status_code == 404


def test_nobody_else_compares_with_the_draft(cast: Cast, draft: Draft) -> None:
    assert signed_in(cast.ben).post(f"/drafts/{draft.pk}/diff/", {"text": "x"}, **HX).status_code == 404
    assert signed_in(cast.ada).post(f"/drafts/{draft.pk}/diff/", {"text": "x"}, **HX).status_code == 403


@pytest.mark.parametrize("where", ["approvals", "dock"])
def test_of_two_texts_both_are_kept_and_the_next_press_sends_ones_own(ana: Client, draft: Draft, where: str) -> None:
    rewrite(draft)
    refused = approve(ana, draft, MINE, where)
    html = refused.content.decode()
    assert refused.status_code == 409 and "changed while you were editing" in html and "Use the new text instead" in html
    assert "14</del>" in html and "60</ins>" in html
    assert f'[name=version]" hx-swap="outerHTML"><input type="hidden" name="version" value="{now(draft).version}">' in html
    assert not Message.objects.using("owner").filter(direction="out").exists()
    assert approve(ana, now(draft), MINE, where).status_code == 200
    assert Message.objects.using("owner").get(direction="out").text == MINE


def test_without_an_edit_the_new_text_is_shown_and_nothing_sent(ana: Client, draft: Draft) -> None:
    rewrite(draft)
    refused = ana.post(f"/drafts/{draft.pk}/decisions/", decision(draft, "approve"), **HX)
    assert refused.status_code == 409 and "within 14 days" in refused.content.decode()
    assert now(draft).state == "in_review"


@pytest.mark.parametrize("where", ["approvals", "dock"])
def test_an_edit_of_what_somebody_decided_is_offered_as_a_reply(ana: Client, cast: Cast, draft: Draft, where: str) -> None:
    signed_in(cast.sam).post(f"/drafts/{draft.pk}/decisions/", decision(draft, "reject", reason="tone"), **HX)
    refused = approve(ana, draft, MINE, where)
    html = refused.content.decode()
    assert refused.status_code == 409 and "Sam rejected this draft" in html
    assert "Your text was not sent" in html and MINE in html and f'action="/drafts/{draft.pk}/reply/"' in html


def test_kept_as_a_reply_it_stands_behind_what_was_there(ana: Client, cast: Cast, draft: Draft) -> None:
    ana.post(f"/conversations/{draft.conversation_id}/composer/", {"mode": "reply", "text": "Dear Cara,"})
    kept = ana.post(f"/drafts/{draft.pk}/reply/", {"text": MINE}, **HX)
    assert kept["HX-Trigger"] == "took-over" and "Kept as your reply" in kept.content.decode()
    assert ComposerText.objects.using("owner").get(user=cast.ana.pk).text == f"Dear Cara,\n\n{MINE}"
    assert signed_in(cast.ben).post(f"/drafts/{draft.pk}/reply/", {"text": "x"}, **HX).status_code == 404


def test_an_edit_that_the_customer_overtook_shows_what_he_wrote(ana: Client, cast: Cast, draft: Draft) -> None:
    inbound(draft.conversation, "Found it, forget that.")
    refused = approve(ana, draft, MINE)
    assert refused.status_code == 409 and "Found it, forget that." in refused.content.decode()


def test_a_superseded_draft_leads_to_the_newest(ana: Client, draft: Draft) -> None:
    newer = waiting_draft(inbound(draft.conversation, "And now?"))
    owner_sql("UPDATE approvals_draft SET state = 'superseded', version = version + 1 WHERE id = %s", draft.pk)
    html = ana.get(f"/approvals/?draft={draft.pk}").content.decode()
    assert "this draft is no longer needed" in html and f'href="/approvals/?draft={newer.pk}"' in html
