"""What colleagues send along: the customer finds it on his page, and nobody else does."""

import pytest
from django.test import Client

from conversations.models import Attachment, Message
from intake.links import conversation_token
from tests.cast import Cast, conversation
from tests.conversations.test_files_shown import _own_folder, kept  # noqa: F401  the storage in a folder of its own
from tests.house.world import owner_sql


def answered(matter, by, *, private: bool = False, published: bool = True) -> Message:
    """A message of `by`, as it stands once it has left unless it is not `published`."""
    message = Message.objects.using("owner").create(
        conversation=matter, inbox_id=matter.inbox_id, customer_id=matter.customer_id, text="See the file.",
        author="agent", direction="note" if private else "out", sender=by,
    )  # fmt: skip
    if published and not private:
        owner_sql("UPDATE conversations_message SET published_at = now() WHERE id = %s", message.pk)
    return message


def page(matter) -> str:
    return f"/c/{conversation_token(matter.pk)}/"


def test_a_file_that_was_sent_is_on_the_page_and_can_be_kept(cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    file = kept(answered(matter, cast.ana), b"%PDF-1.7 x", "label.pdf", "application/pdf")
    assert f'href="{page(matter)}files/{file.pk}/"' in Client().get(page(matter)).text
    answer = Client().get(f"{page(matter)}files/{file.pk}/")
    assert answer.content == b"%PDF-1.7 x"
    assert answer["Content-Disposition"] == 'attachment; filename="label.pdf"'
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("how", [{"private": True}, {"published": False}])
def test_files_of_notes_and_of_what_has_not_left_are_not_there(cast: Cast, how: dict) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    file = kept(answered(matter, cast.ana, **how), name="secret.png")
    assert "secret.png" not in Client().get(page(matter)).text
    refused, missing = (Client().get(f"{page(matter)}files/{pk}/") for pk in (file.pk, file.pk + 99))
    assert (refused.status_code, refused.content) == (404, missing.content)


def test_somebody_elses_link_opens_no_file(cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    other, _ = conversation(cast.app, cast.dan)
    file = kept(answered(matter, cast.ana))
    assert Client().get(f"{page(other)}files/{file.pk}/").status_code == 404
    assert Client().get(f"/attachments/{file.pk}/").status_code == 302


@pytest.mark.parametrize("state", [Attachment.State.INFECTED, Attachment.State.REFUSED, Attachment.State.WAITING])
def test_what_was_not_found_clean_is_never_handed_out(cast: Cast, state: str) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    file = kept(answered(matter, cast.ana), name="odd.png", state=state)
    assert ("odd.png" in Client().get(page(matter)).text) == (state == Attachment.State.WAITING)
    assert Client().get(f"{page(matter)}files/{file.pk}/").status_code == 404
