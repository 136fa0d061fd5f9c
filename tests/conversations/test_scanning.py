"""Nobody opens a file that has not been looked through; what is infected is kept where nothing serves it."""

import uuid
from collections.abc import Iterator

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from conversations import scanning
from conversations.models import Attachment, Inbox, Message
from core.context import acting_as
from gateways.types import InboundFile, InboundMessage
from intake.accept import accept
from tests.build import run_jobs
from tests.cast import SYSTEM, Cast, conversation
from tests.house.world import owner_sql
from tests.peers import clamd


@pytest.fixture
def scanner(settings) -> Iterator[clamd.Clamd]:
    with clamd.running() as peer:
        settings.CLAMAV_SOCKET = peer.address
        yield peer


def arrived(inbox: Inbox, content: bytes, name: str = "invoice.txt") -> Attachment:
    inbound = InboundMessage(
        text="See the file", sender_email="cara@customer.example", attachments=(InboundFile(name, content),)
    )
    accept(inbox, inbound, provider_id=name, payload=content)
    return Attachment.objects.using("owner").latest("pk")


def fresh(file: Attachment) -> Attachment:
    return Attachment.objects.using("owner").get(pk=file.pk)


def test_a_file_waits_until_it_has_been_looked_through(cast: Cast, ana: Client, scanner: clamd.Clamd) -> None:
    file = arrived(cast.orders, b"harmless words")
    assert file.state == "waiting" and ana.get(f"/attachments/{file.pk}/").status_code == 404
    run_jobs()
    assert fresh(file).state == "clean" and fresh(file).scanned_at is not None and scanner.shown == [b"harmless words"]
    answer = ana.get(f"/attachments/{file.pk}/")
    assert answer.content == b"harmless words" and answer["X-Content-Type-Options"] == "nosniff"


def test_what_is_infected_is_put_away_and_never_served(cast: Cast, ana: Client, scanner: clamd.Clamd) -> None:
    file = arrived(cast.orders, clamd.EICAR)
    key = file.key
    run_jobs()
    assert (fresh(file).state, fresh(file).scan_note) == ("infected", "Win.Test.EICAR_HDB-1")
    assert not default_storage.exists(key) and default_storage.exists(fresh(file).key) and "quarantine/" in fresh(file).key
    assert ana.get(f"/attachments/{file.pk}/").status_code == 404
    page = ana.get(f"/conversations/{file.conversation_id}/").content.decode()
    assert "blocked by the virus check" in page
    assert owner_sql("SELECT facts->>'found' FROM core_auditevent WHERE event = 'attachment.infected'") == [
        ("Win.Test.EICAR_HDB-1",)
    ]


@pytest.mark.parametrize("mood", ["away", "garbled"])
def test_while_the_scanner_is_away_files_wait_and_messages_still_arrive(cast: Cast, scanner: clamd.Clamd, mood: str) -> None:
    scanner.mood = mood
    file = arrived(cast.orders, b"harmless words")
    run_jobs(rounds=1)
    assert fresh(file).state == "waiting" and Message.objects.using("owner").filter(text="See the file").exists()
    assert owner_sql("SELECT attempts FROM core_job WHERE kind = 'conversations.scanning.scan'") == [(0,)]
    scanner.mood = "well"
    run_jobs()
    assert fresh(file).state == "clean"


def test_a_scanner_that_is_not_there_is_no_end_of_the_wait(cast: Cast, settings) -> None:
    settings.CLAMAV_SOCKET = "unix:/nowhere/clamd.ctl"
    file = arrived(cast.orders, b"harmless words")
    run_jobs(rounds=1)
    assert fresh(file).state == "waiting"


def test_what_the_scanner_does_not_read_is_refused(cast: Cast, ana: Client, scanner: clamd.Clamd) -> None:
    scanner.mood = "small"
    file = arrived(cast.orders, b"more than ten bytes")
    run_jobs()
    assert fresh(file).state == "refused" and ana.get(f"/attachments/{file.pk}/").status_code == 404


def test_without_a_scanner_a_file_is_taken_as_it_came(cast: Cast, ana: Client) -> None:
    file = arrived(cast.orders, b"harmless words")
    assert file.state == "clean" and ana.get(f"/attachments/{file.pk}/").status_code == 200
    assert owner_sql("SELECT count(*) FROM core_job WHERE kind = 'conversations.scanning.scan'") == [(0,)]


def test_a_colleague_s_own_file_is_looked_through_too(cast: Cast, ana: Client, scanner: clamd.Clamd) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    upload = {"mode": "reply", "file": SimpleUploadedFile("a.txt", clamd.EICAR)}
    assert ana.post(f"/conversations/{matter.pk}/attachments/", upload).status_code in (200, 302)
    file = Attachment.objects.using("owner").get()
    assert file.state == "waiting"
    run_jobs()
    assert fresh(file).state == "infected"
    with acting_as(SYSTEM):
        reply = Message.objects.filter(conversation=matter).order_by("pk").first()
        assert reply is not None and not scanning.is_unfit(reply)
    owner_sql("UPDATE conversations_attachment SET message_id = %s", reply.pk)
    with acting_as(SYSTEM):
        assert scanning.is_unfit(reply) and not scanning.still_waits(reply)


def test_a_reply_waits_for_its_file_and_does_not_leave_with_a_bad_one(cast: Cast, ana: Client, scanner: clamd.Clamd) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    scanner.mood = "away"
    upload = {"mode": "reply", "file": SimpleUploadedFile("a.txt", clamd.EICAR)}
    ana.post(f"/conversations/{matter.pk}/attachments/", upload)
    given = {"mode": "reply", "text": "See the file", "client_key": str(uuid.uuid4())}
    assert ana.post(f"/conversations/{matter.pk}/messages/", given).status_code == 302
    run_jobs(rounds=2)
    reply = Message.objects.using("owner").get(text="See the file", direction="out")
    assert reply.delivery.state == "pending" and not reply.delivery.attempts.exists()
    scanner.mood = "well"
    owner_sql("UPDATE core_job SET run_at = now() WHERE state = 'ready'")
    run_jobs()
    reply.delivery.refresh_from_db()
    assert reply.delivery.state == "failed" and "virus check" in reply.delivery.reason
    assert not reply.delivery.attempts.exists()
