"""Every mail of the shared examples through the door, against a table that was written by reading the mails.

Each line of mails/expected.jsonl says what a reader takes from one mail: who sent it, what is said and what is folded away, which
files came along, whether a machine wrote it. A field that is left out is not judged, and `why` says why. A list for `outcome` or
`thread` names what is right; null in `attachments` stands for a file without a name of its own; `text_any` asks for one of its
phrases; what is in `attachments_optional` may be shown or not.
"""

import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from conversations.models import Inbox, InboxTeam
from conversations.quoting import said
from intake.models import Receipt
from tests.cast import Cast
from tests.house.world import owner_sql

TABLES = Path(__file__).parent / "mails"


def table(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (TABLES / name).read_text(encoding="utf-8").splitlines()]


def test_every_mail_is_read_as_a_reader_would(cast: Cast, shared_data: Path, caplog: pytest.LogCaptureFixture) -> None:
    inbox = an_inbox(cast)
    expected = table("expected.jsonl")
    files = [shared_data / "emails" / line["file"] for line in expected]
    assert files == sorted(file for room in ("generated", "raw") for file in (shared_data / "emails" / room).iterdir())
    results = received(inbox, files)

    wrong = [difference for line, result in zip(expected, results, strict=True) for difference in compare(line, result)]
    assert not wrong, f"{len(wrong)} differences:\n" + "\n".join(wrong)
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []
    assert lost(files, results) == []
    assert opened_by_notices(results) == []
    assert unknown_to_duplicates(results) == []


def an_inbox(cast: Cast) -> Inbox:
    owner = Inbox.objects.using("owner")
    made = owner.create(name="Help", slug="help", channel="email", address="help@kestrel.example", knowledge_base=cast.base)
    InboxTeam.objects.using("owner").create(inbox=made, team=cast.orders_team)
    return owner.get(pk=made.pk)


def received(inbox: Inbox, files: list[Path]) -> list[dict[str, Any]]:
    """What the command says of each file, in the order in which they were given."""
    out, errors = io.StringIO(), io.StringIO()
    call_command("receive_email", *map(str, files), inbox=inbox.slug, stdout=out, stderr=errors)
    assert "Traceback" not in errors.getvalue()
    results = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [result["file"] for result in results] == [str(file) for file in files]
    return results


def compare(line: dict[str, Any], result: dict[str, Any]) -> Iterator[str]:
    """In words, where the table and what came out do not agree."""
    for field in ("sender", "outcome", "thread", "automatic", "authentication"):
        if field in line and not agrees(line[field], result.get(field)):
            yield f"{line['file']}: {field} should be {line[field]!r}, is {result.get(field)!r}"
    for fault in text_faults(line, squeezed(result.get("text") or "")):
        yield f"{line['file']}: {fault}"
    if "attachments" in line and not files_agree(line, result.get("attachments") or []):
        yield f"{line['file']}: attachments should be {line['attachments']!r}, are {result.get('attachments')!r}"


def agrees(wanted: Any, found: Any) -> bool:
    if isinstance(wanted, list):
        return found in wanted
    if isinstance(wanted, str) and isinstance(found, str):
        return wanted.casefold() == found.casefold()
    return bool(wanted == found)


def text_faults(line: dict[str, Any], text: str) -> Iterator[str]:
    shown = text if len(text) < 200 else f"{text[:150]} ... {text[-40:]}"
    for phrase in line.get("text_contains", []):
        if squeezed(phrase) not in text:
            yield f"does not say {phrase!r}: {shown!r}"
    for phrase in line.get("text_excludes", []):
        if squeezed(phrase) in text:
            yield f"should not say {phrase!r}: {shown!r}"
    if "text_any" in line and not any(squeezed(phrase) in text for phrase in line["text_any"]):
        yield f"says none of {line['text_any']!r}: {shown!r}"


def files_agree(line: dict[str, Any], found: list[str]) -> bool:
    """Named files by their names; every other file that is left must be one of those without a name, or one that may be shown."""
    wanted = Counter(name for name in line["attachments"] if name)
    missing = wanted - Counter(found)
    others = list((Counter(found) - wanted).elements())
    may = line.get("attachments_optional", [])
    nameless = line["attachments"].count(None)
    others = [name for name in others if name not in may]
    return not missing and nameless <= len(others) <= nameless + may.count(None)


def squeezed(text: str) -> str:
    return " ".join(text.split())


def lost(files: list[Path], results: list[dict[str, Any]]) -> list[str]:
    """Files without a receipt that holds their bytes, and stored ones without a message that somebody can read."""
    kept = {receipt.sha256: receipt for receipt in Receipt.objects.using("owner")}
    faults = []
    for file, result in zip(files, results, strict=True):
        raw = file.read_bytes()
        receipt = kept.get(hashlib.sha256(raw).hexdigest())
        if receipt is None or bytes(receipt.payload) != raw:
            faults.append(f"{file.name}: no receipt holds its bytes")
        elif receipt.state != (Receipt.State.FAILED if result["outcome"] == "unreadable" else Receipt.State.DONE):
            faults.append(f"{file.name}: its receipt is {receipt.state}")
        elif result["outcome"] in ("stored", "unreadable") and not is_in_its_conversation(result):
            faults.append(f"{file.name}: no message shows it")
    return faults


def is_in_its_conversation(result: dict[str, Any]) -> bool:
    where = "SELECT count(*) FROM conversations_message WHERE id = %s AND conversation_id = %s AND direction = 'in'"
    return owner_sql(where, result["message"], result["conversation"]) == [(1,)]


def opened_by_notices(results: list[dict[str, Any]]) -> list[str]:
    """Notices of failures that opened a conversation: nothing was sent here, so that none of them concerns one."""
    return [result["file"] for result in results if result["outcome"] == "bounce" and result["conversation"] is not None]


def unknown_to_duplicates(results: list[dict[str, Any]]) -> list[str]:
    """Mails that came twice and do not lead to the message that the first of them is."""
    stored = {result["message"] for result in results if result["outcome"] == "stored"}
    return [result["file"] for result in results if result["outcome"] == "duplicate" and result["message"] not in stored]


def test_a_mail_that_came_by_another_way_leads_to_the_message_of_the_first(cast: Cast, tmp_path: Path) -> None:
    by_hook, by_mailbox = tmp_path / "1.eml", tmp_path / "2.eml"
    by_hook.write_bytes(b"From: a@b.example\nMessage-ID: <1@b.example>\n\nWhere is it?\n")
    by_mailbox.write_bytes(b"Received: by another way\r\n" + by_hook.read_bytes().replace(b"\n", b"\r\n"))
    first, second = received(an_inbox(cast), [by_hook, by_mailbox])
    assert (first["outcome"], second["outcome"]) == ("stored", "duplicate")
    assert (second["message"], second["conversation"]) == (first["message"], first["conversation"])
    assert lost([by_hook, by_mailbox], [first, second]) == []


def test_of_every_reply_what_is_said_is_shown_and_what_is_quoted_is_folded(shared_data: Path) -> None:
    expected = table("reply_bodies.jsonl")
    folder = shared_data / "emails"
    assert {line["file"] for line in expected} == {f"reply_bodies/{file.name}" for file in (folder / "reply_bodies").iterdir()}
    wrong = []
    for line in expected:
        shown = squeezed(said((folder / line["file"]).read_text(encoding="utf-8")))
        wrong += [f"{line['file']}: does not say {phrase!r}" for phrase in line["said"] if squeezed(phrase) not in shown]
        wrong += [f"{line['file']}: does not fold {phrase!r}" for phrase in line.get("folded", []) if squeezed(phrase) in shown]
    assert not wrong, "\n".join(wrong)
