"""The console in German, and that nothing which a browser measures by became German with it."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from approvals.models import Draft
from conversations.models import Conversation
from core.context import acting_as
from tests.cast import SYSTEM, Cast, conversation
from tests.sockets import signed_in

# Figures that a browser or a script reads, not a person: a German 64,5 is none.
MEASURE = re.compile(r'\s[\w-]+="[-\d\s.%]*\d,\d[-\d\s.,%]*"')
RULES = [
    {"code": "below_line", "label": "Not sure enough to send itself"},
    {"code": "attack", "label": "Sounds like: a threat"},
]
REASONS = [
    {"code": "start", "label": "How often such a reply is right", "points": 80.4},
    {"code": "strange", "label": "Unlike what was measured before", "points": -8.9},
]


@pytest.fixture
def german(cast: Cast) -> Client:
    User.objects.using("owner").filter(pk=cast.sam.pk).update(language="de")
    return signed_in(cast.sam)


@pytest.fixture
def draft(cast: Cast) -> Draft:
    """One that waits, with figures that do not come out even."""
    matter, message = conversation(cast.orders, cast.cara)
    facts: dict[str, Any] = {
        "text": "Within 30 days.",
        "confidence": 0.715,
        "threshold": 0.8,
        "rules": RULES,
        "reasons": REASONS,
    }
    with acting_as(SYSTEM):
        made = Draft.objects.create(conversation=matter, inbox_id=matter.inbox_id, in_reply_to=message, deadline=timezone.now())
        Draft.objects.claim(made.pk, from_state="composing", to_state="in_review", verdict="hold", **facts)
        Conversation.objects.filter(pk=matter.pk).update(
            draft_state="held", draft_percent=71, needs_person="Was with Ana Cast, who is away"
        )
    return Draft.objects.using("owner").get(pk=made.pk)


def page(client: Client, address: str) -> str:
    answer = client.get(address, HTTP_ACCEPT_LANGUAGE="en")
    assert answer.status_code == 200
    assert answer.headers["Content-Language"] == "de"
    assert not MEASURE.search(answer.text)
    return answer.text


def test_the_queue_speaks_german(german: Client, draft: Draft) -> None:
    text = page(german, f"/conversations/{draft.conversation_id}/")
    assert '<html lang="de"' in text
    assert "Warteschlange" in text
    assert "War bei Ana Cast (abwesend)" in text
    assert "Zum Inhalt springen" in page(german, "/settings/")


def test_approvals_speak_german_to_their_last_reason(german: Client, draft: Draft) -> None:
    text = page(german, f"/approvals/?draft={draft.pk}")
    assert "Bearbeitung freigeben" in text
    assert "Nicht sicher genug, um von selbst zu gehen" in text
    assert "Klingt nach: Eine Drohung" in text
    assert "Anders als das, was bisher gemessen wurde" in text
    # The bars of the waiting drafts stand between whole pixels.
    assert re.search(r'<rect class="b[^>]*x="\d+\.5"', text)


@pytest.mark.parametrize("address", ["/dashboards/", "/knowledge/", "/approvals/audits/", "/approvals/automation/"])
def test_the_other_pages_speak_german(german: Client, draft: Draft, address: str) -> None:
    assert "Zum" in page(german, address)


def test_the_row_stays_english(german: Client, draft: Draft) -> None:
    page(german, "/approvals/")
    assert Draft.objects.using("owner").get(pk=draft.pk).rules == RULES


def test_the_desk_speaks_german(cast: Cast) -> None:
    User.objects.using("owner").filter(pk=cast.ada.pk).update(language="de")
    desk = signed_in(cast.ada)
    assert "Gescheiterte Aufträge" in page(desk, "/admin/")
    inbox = page(desk, f"/admin/conversations/inbox/{cast.orders.pk}/change/")
    assert "Schwelle der Gewissheit" in inbox
    assert 'value="0.8"' in inbox, "a line that the browser's own field of numbers can read"


def test_a_page_that_is_not_there_says_so_in_german(german: Client) -> None:
    assert "Diese Seite gibt es nicht" in german.get("/nowhere/").text
