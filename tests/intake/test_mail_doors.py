"""How mails come in: /hooks/email/<inbox>/ and manage.py receive_email (security rows 8, 9 and 25)."""

import base64
import hashlib
import hmac
import io
import json
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from conversations.models import Inbox, Message
from intake.mail import hook
from intake.mail.accepting import LONGEST
from intake.models import Receipt
from tests.build import run_jobs
from tests.mails import HOOK_SECRET as SECRET
from tests.mails import count, mail, support, with_hook


@pytest.fixture
def inbox(cast) -> Inbox:
    return with_hook(cast)


def post(body: bytes, *, slug: str = "support", kind: str = "message/rfc822", **headers: str):
    return Client(enforce_csrf_checks=True).generic("POST", f"/hooks/email/{slug}/", body, content_type=kind, **headers)


BEARER = {"HTTP_AUTHORIZATION": f"Bearer {SECRET}"}


def basic(password: str) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": "Basic " + base64.b64encode(f"hook:{password}".encode()).decode()}


def signed(body: bytes, secret: str = SECRET, prefix: str = "sha256=") -> dict[str, str]:
    return {"HTTP_X_SIGNATURE": prefix + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def test_a_posted_mail_is_kept_at_once_and_read_later(inbox) -> None:
    raw = mail("Hello from the hook")
    answer = post(raw, **BEARER)
    assert (answer.status_code, answer.json()) == (202, {"receipt": Receipt.objects.using("owner").get().pk})
    assert count("conversations_message") == 0
    run_jobs()
    assert Message.objects.using("owner").get(direction="in").text.strip() == "Hello from the hook"


def test_the_secret_may_come_in_three_ways(inbox) -> None:
    raw = mail()
    for headers in (BEARER, basic(SECRET), signed(raw), signed(raw, prefix="")):
        assert post(raw, **headers).status_code == 202
    # Four times the same mail is one receipt.
    assert count("intake_receipt") == 1


def test_nobody_else_comes_in_and_learns_which_inboxes_there_are(inbox, cast) -> None:
    raw = mail()
    wrong = (
        {}, {"HTTP_AUTHORIZATION": "Bearer wrong"}, {"HTTP_AUTHORIZATION": "Bearer "}, basic("wrong"), basic(""),
        {"HTTP_AUTHORIZATION": "Basic !!"}, signed(raw, "other"), signed(raw + b" "), {"HTTP_X_SIGNATURE": ""},
        {"HTTP_X_SIGNATURE": "é"}, {"HTTP_X_SIGNATURE": "sha1=" + "a" * 40},
    )  # fmt: skip
    support(cast, slug="bare", address="bare@shop.example")
    answers = [post(raw, slug=slug, **headers) for headers in wrong for slug in ("support", "bare", "nowhere", "web")]
    assert {(one.status_code, one.content) for one in answers} == {(401, answers[0].content)}
    assert post(raw, slug="bare", **BEARER).status_code == 401
    assert count("intake_receipt") == 0


def test_whoever_keeps_guessing_is_told_to_stop(inbox) -> None:
    codes = [post(b"x", HTTP_AUTHORIZATION="Bearer wrong").status_code for _ in range(hook.REFUSED_BY_ADDRESS.times + 1)]
    assert (codes[0], codes[-1]) == (401, 429)
    assert post(mail(), **BEARER).status_code == 202


def test_a_mail_of_24_mb_comes_in_and_one_of_27_does_not(inbox) -> None:
    assert post(mail("x") + b"y" * (24 * 1024 * 1024), **BEARER).status_code == 202
    for body in (b"y" * (LONGEST + 1), b"y" * (hook.MOST_BODY + 1)):
        answer = post(body, **BEARER)
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
    assert count("intake_receipt") == 1


def test_what_announces_too_much_is_not_read(inbox) -> None:
    answer = post(b"short", CONTENT_LENGTH=str(hook.MOST_BODY + 1), **BEARER)
    assert answer.status_code == 413


@pytest.mark.parametrize("field", ["email", "body-mime", "message"])
def test_providers_post_forms(inbox, field: str) -> None:
    raw = mail("In a form: ü & =")
    parts = b'--xyz\r\nContent-Disposition: form-data; name="to"\r\n\r\nsupport@shop.example\r\n'
    parts += f'--xyz\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n'.encode() + raw + b"\r\n--xyz--\r\n"
    assert post(parts, kind="multipart/form-data; boundary=xyz", **BEARER).status_code == 202
    assert bytes(Receipt.objects.using("owner").get().payload) == raw
    pairs = urlencode({"to": "x", field: raw}).encode()
    assert post(pairs, kind="application/x-www-form-urlencoded", **BEARER).status_code == 202
    assert count("intake_receipt") == 1


def test_a_large_mail_in_a_form_comes_in(inbox) -> None:
    raw = mail("x") + b"y" * (10 * 1024 * 1024)
    body = b'--xyz\r\nContent-Disposition: form-data; name="email"\r\n\r\n' + raw + b"\r\n--xyz--\r\n"
    assert post(body, kind='multipart/form-data; boundary="xyz"', **BEARER).status_code == 202
    assert len(bytes(Receipt.objects.using("owner").get().payload)) == len(raw)


def test_json_with_the_raw_mail_comes_in(inbox) -> None:
    raw = mail("By JSON").decode()
    assert post(json.dumps({"RawEmail": raw}).encode(), kind="application/json", **BEARER).status_code == 202
    assert bytes(Receipt.objects.using("owner").get().payload).decode() == raw


@pytest.mark.parametrize(("kind", "body"), [
    ("application/json", b"{"), ("application/json", b"[1]"), ("application/json", b'{"RawEmail": 7}'), ("application/json", b"[" * 9999),
    ("multipart/form-data", b"--x\r\n\r\n"), ("multipart/form-data; boundary=x", b"nothing"), ("message/rfc822", b""),
    ("application/x-www-form-urlencoded", b"&&&=&"), ("multipart/form-data; boundary=x\x80", b"--x"),
])  # fmt: skip
def test_what_holds_no_mail_is_refused_and_nothing_is_kept(inbox, kind: str, body: bytes) -> None:
    assert post(body, kind=kind, **BEARER).status_code == 400
    assert count("intake_receipt") == 0


def test_only_posts_are_answered_and_a_browsers_cookie_counts_for_nothing(inbox, ana) -> None:
    assert Client().get("/hooks/email/support/").status_code == 405
    assert ana.post("/hooks/email/support/", mail(), content_type="message/rfc822").status_code == 401


def run(*files: str, inbox: str = "support") -> tuple[list[dict], CommandError | None]:
    out = io.StringIO()
    try:
        call_command("receive_email", *files, inbox=inbox, stdout=out)
    except CommandError as error:
        return [json.loads(line) for line in out.getvalue().splitlines()], error
    return [json.loads(line) for line in out.getvalue().splitlines()], None


FIELDS = [
    "file", "outcome", "conversation", "message", "sender", "text", "automatic", "thread", "attachments", "authentication",
]  # fmt: skip


def test_the_command_takes_mails_in_and_tells_what_became_of_each(inbox, tmp_path: Path) -> None:
    first, again, answer = tmp_path / "1.eml", tmp_path / "2.eml", tmp_path / "3.eml"
    first.write_bytes(mail("Where is it?\n\n-- \nCara", mail_id="<first@customer.example>", files={"a.pdf": b"%PDF-1.4"}))
    again.write_bytes(first.read_bytes())
    answer.write_bytes(mail("Hello?", answers="first@customer.example"))
    (one, two, three), error = run(str(first), str(again), str(answer))
    assert error is None and list(one) == FIELDS
    message = Message.objects.using("owner").order_by("pk").first()
    assert message is not None
    assert one == {
        "file": str(first), "outcome": "stored", "conversation": message.conversation_id, "message": message.pk,
        "sender": "cara@customer.example", "text": "Where is it?", "automatic": False, "thread": "new",
        "attachments": ["a.pdf"], "authentication": "none",
    }  # fmt: skip
    assert (two["outcome"], two["message"]) == ("duplicate", message.pk)
    assert (three["thread"], three["conversation"]) == ("reply", message.conversation_id)
    assert count("core_job", "kind LIKE '%draft_reply'") == 2


def test_a_file_that_is_not_there_is_told_and_the_others_go_on(inbox, tmp_path: Path) -> None:
    here = tmp_path / "here.eml"
    here.write_bytes(mail())
    lines, error = run(str(tmp_path / "gone.eml"), str(here))
    assert error is not None and error.returncode == 1
    assert lines[0] == {"file": str(tmp_path / "gone.eml"), "error": "No such file or directory"}
    assert lines[1]["outcome"] == "stored"


def test_an_unknown_inbox_is_said_so(inbox, cast, tmp_path: Path) -> None:
    for slug in ("nowhere", "web"):
        lines, error = run("-", inbox=slug)
        assert lines == [] and error is not None and error.returncode == 2 and slug in str(error)


def test_the_command_reads_what_is_piped_in(inbox, monkeypatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(mail("Piped"))))
    lines, error = run("-")
    assert error is None and (lines[0]["file"], lines[0]["text"]) == ("-", "Piped")


def test_junk_is_stored_as_junk_without_a_traceback(inbox, tmp_path: Path) -> None:
    bodies = (b"", b"\x00" * 4000, bytes(range(256)) * 40, b"From: \xff\xfe<x\r\n" * 90, b"Subject: " + b"(" * 20_000)
    files = [tmp_path / f"{number}.eml" for number in range(len(bodies))]
    for file, body in zip(files, bodies, strict=True):
        file.write_bytes(body)
    lines, error = run(*map(str, files))
    assert error is None
    assert {line["outcome"] for line in lines} <= {"stored", "unreadable"}
    assert count("conversations_message") == len(files)


def test_three_hundred_mails_take_seconds(inbox, tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.eml" for number in range(300)]
    for number, file in enumerate(files):
        file.write_bytes(mail(f"Mail {number}", sender=f"p{number}@customer.example"))
    began = time.monotonic()
    lines, error = run(*map(str, files))
    assert error is None and len(lines) == 300
    assert time.monotonic() - began < 60
