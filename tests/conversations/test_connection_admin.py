"""An admin connects an inbox, makes its secrets, sees once what nobody sees again, and tries everything out."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from conversations.models import Account, BusinessHours, Inbox, InboxSecret
from tests.accounts.test_admin import ada, audited, change_inbox
from tests.build import run_jobs
from tests.cast import Cast
from tests.house.world import owner_sql
from tests.sockets import signed_in

__all__ = ["ada"]

MAIL = {
    "do": "save", "transport": "mail", "imap_host": "imap.shop.example", "imap_port": "993", "imap_user": "help",
    "imap_security": "tls", "smtp_host": "smtp.shop.example", "smtp_port": "465", "smtp_user": "help", "smtp_security": "tls",
}  # fmt: skip


@pytest.fixture
def help_desk(cast: Cast) -> Inbox:
    return Inbox.objects.using("owner").create(
        name="Help", slug="help", channel="email", address="help@shop.example", knowledge_base=cast.base
    )


def page(inbox: Inbox) -> str:
    return f"/admin/conversations/inbox/{inbox.pk}/connection/"


def kept(inbox: Inbox) -> Account:
    return Account.objects.using("owner").get(inbox=inbox)


def test_a_mail_inbox_is_connected_by_imap_and_smtp(help_desk: Inbox, ada: Client) -> None:
    assert ada.get(page(help_desk)).status_code == 200
    assert ada.post(page(help_desk), MAIL).status_code == 302
    assert (kept(help_desk).transport, kept(help_desk).settings["smtp_port"]) == ("mail", 465)
    assert audited("account.set") == [(help_desk.pk, {"transport": "mail"})]
    assert "smtp.shop.example" in ada.get(page(help_desk)).content.decode()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"smtp_host": ""}, "This is needed."),
        ({"smtp_security": "none"}, "only a server on this machine"),
        ({"smtp_port": "0"}, "id_smtp_port"),
        ({"smtp_port": "mail"}, "id_smtp_port"),
        ({"transport": "cloud"}, "errorlist"),
        ({"transport": ""}, "errorlist"),
    ],
)
def test_what_makes_no_sense_is_said_and_changes_nothing(
    help_desk: Inbox, ada: Client, wrong: dict[str, str], said: str
) -> None:
    answer = ada.post(page(help_desk), MAIL | wrong)
    assert answer.status_code == 422 and said in answer.content.decode()
    assert not Account.objects.using("owner").exists()


@pytest.mark.parametrize("does", [MAIL, {"do": "make", "name": "secret"}, {"do": "resume"}, {"do": "try", "which": "hook"}])
def test_nobody_but_an_admin_connects_anything(cast: Cast, help_desk: Inbox, does: dict[str, str]) -> None:
    for person in (cast.ana, cast.sam):
        client = signed_in(person)
        assert client.get(page(help_desk)).status_code == 403 and client.post(page(help_desk), does).status_code == 403
    assert Client().post(page(help_desk), does).status_code == 302
    assert not Account.objects.using("owner").exists() and not InboxSecret.objects.using("owner").exists()
    assert owner_sql("SELECT count(*) FROM core_job") == [(0,)]


def test_a_secret_of_ours_is_made_and_shown_once(help_desk: Inbox, ada: Client) -> None:
    answer = ada.post(page(help_desk), {"do": "make", "name": "secret"})
    secret = InboxSecret.objects.using("owner").get(inbox=help_desk)
    assert secret.value in answer.content.decode() and "no-store" in answer["Cache-Control"]
    assert secret.value not in ada.get(page(help_desk)).content.decode()
    assert secret.value not in str(owner_sql("SELECT value FROM conversations_inboxsecret"))
    ada.post(page(help_desk), {"do": "make", "name": "secret"})
    assert InboxSecret.objects.using("owner").get(inbox=help_desk).value != secret.value
    assert audited("inbox.secret_set") == [(help_desk.pk, {"name": "secret"})] * 2


@pytest.mark.parametrize("name", ["smtp_password", "access_token", "anything", ""])
def test_what_a_provider_gives_is_not_made_here(help_desk: Inbox, ada: Client, name: str) -> None:
    assert ada.post(page(help_desk), {"do": "make", "name": name}).status_code == 404
    assert not InboxSecret.objects.using("owner").exists()


def test_a_test_runs_in_the_background_and_says_what_it_found(help_desk: Inbox, ada: Client) -> None:
    assert ada.post(page(help_desk), {"do": "try", "which": "sign_in"}).status_code == 302
    running = ada.get(page(help_desk)).content.decode()
    assert "Running…" in running and 'http-equiv="refresh"' in running
    run_jobs()
    told = ada.get(page(help_desk)).content.decode()
    assert "Does not work" in told and "not connected to a provider" in told and 'http-equiv="refresh"' not in told
    assert audited("account.tested") == [(help_desk.pk, {"which": "sign_in"})]


def test_a_test_whose_worker_died_does_not_run_for_ever(help_desk: Inbox, ada: Client) -> None:
    ada.post(page(help_desk), {"do": "try", "which": "sign_in"})
    with time_machine.travel(timezone.now() + timedelta(minutes=3)):
        told = ada.get(page(help_desk)).content.decode()
    assert "The test came to no end" in told and "Running…" not in told


def test_a_hook_that_nobody_can_reach_is_said(help_desk: Inbox, ada: Client, settings) -> None:
    settings.PUBLIC_URL = "http://127.0.0.1:9"
    ada.post(page(help_desk), {"do": "make", "name": "secret"})
    ada.post(page(help_desk), {"do": "try", "which": "hook"})
    run_jobs()
    assert re.search(
        "Nobody answers at our own address: http://127.0.0.1:9/hooks/email/help/", ada.get(page(help_desk)).content.decode()
    )


@pytest.mark.parametrize(
    ("to", "is_right"),
    [("", False), ("nobody", False), ("me@shop.example\nBcc: x@y.example", False), ("me@shop.example", True)],
)
def test_a_test_message_needs_an_address(help_desk: Inbox, ada: Client, to: str, is_right: bool) -> None:
    assert ada.post(page(help_desk), {"do": "try", "which": "send", "to": to}).status_code == (302 if is_right else 422)
    assert Account.objects.using("owner").exists() == is_right


def test_an_account_that_was_paused_is_let_go_on(help_desk: Inbox, ada: Client) -> None:
    Account.objects.using("owner").create(inbox=help_desk, transport="mail", paused_reason="The password is wrong.")
    owner_sql("UPDATE conversations_account SET paused_at = now()")
    assert "The password is wrong." in ada.get(page(help_desk)).content.decode()
    assert ada.post(page(help_desk), {"do": "resume"}).status_code == 302
    assert kept(help_desk).paused_at is None and audited("account.resumed") == [(kept(help_desk).pk, {})]
    ada.post(page(help_desk), {"do": "resume"})
    assert len(audited("account.resumed")) == 1


def test_an_inbox_that_is_removed_takes_its_connection_along(help_desk: Inbox, ada: Client) -> None:
    ada.post(page(help_desk), MAIL)
    assert ada.post(f"/admin/conversations/inbox/{help_desk.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Inbox.objects.using("owner").filter(slug="help").exists() and not Account.objects.using("owner").exists()


# --- Where it may be shown, and when somebody answers ---------------------------------------------------------------------------


def test_sites_that_may_show_the_form_are_kept_as_origins(cast: Cast, ada: Client) -> None:
    given = "https://Shop.example/\nhttp://localhost:3000\n\nhttps://shop.example"
    assert change_inbox(ada, cast.orders, allowed_origins=given).status_code == 302
    kept = Inbox.objects.using("owner").get(pk=cast.orders.pk)
    assert kept.allowed_origins == ["https://shop.example", "http://localhost:3000"]


@pytest.mark.parametrize(
    "wrong",
    [
        "*",
        "shop.example",
        "http://shop.example",
        "https://shop.example/page",
        "https://x y",
        "https://u@h.example",
        "https://'; script-src *",
    ],
)
def test_what_is_no_origin_is_refused(cast: Cast, ada: Client, wrong: str) -> None:
    answer = change_inbox(ada, cast.orders, allowed_origins=wrong)
    assert answer.status_code == 200 and "is no origin" in answer.content.decode()
    assert Inbox.objects.using("owner").get(pk=cast.orders.pk).allowed_origins == []


def hours(**given: Any) -> dict[str, Any]:
    days = dict.fromkeys(("tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), "")
    return {"name": "Office", "zone": "Europe/Berlin", "holidays": "", "monday": "9:00-12:30, 13:30 – 17:00"} | days | given


def test_business_hours_are_written_as_people_write_them(cast: Cast, ada: Client) -> None:
    answer = ada.post("/admin/conversations/businesshours/add/", hours(holidays="2026-12-25\n2026-12-24"))
    assert answer.status_code == 302
    made = BusinessHours.objects.using("owner").get()
    assert made.week == {"0": [["09:00", "12:30"], ["13:30", "17:00"]]} and made.holidays == ["2026-12-24", "2026-12-25"]
    shown = ada.get(f"/admin/conversations/businesshours/{made.pk}/change/").content.decode()
    assert "09:00-12:30, 13:30-17:00" in shown
    assert change_inbox(ada, cast.orders, business_hours=made.pk).status_code == 302
    assert Inbox.objects.using("owner").get(pk=cast.orders.pk).business_hours == made
    asked = ada.get(f"/admin/conversations/businesshours/{made.pk}/delete/").content.decode()
    assert "will be open at any time" in asked
    assert ada.post(f"/admin/conversations/businesshours/{made.pk}/delete/", {"post": "yes"}).status_code == 302
    assert Inbox.objects.using("owner").get(pk=cast.orders.pk).business_hours is None


@pytest.mark.parametrize(
    "wrong",
    [{"monday": "9 to 5"}, {"monday": "25:00-26:00"}, {"monday": "17:00-9:00"}, {"monday": "9:00-12:00, 11:00-13:00"},
     {"holidays": "Christmas"}, {"zone": "Mars/Base"}, {"name": ""}],
)  # fmt: skip
def test_hours_that_make_no_sense_are_refused(cast: Cast, ada: Client, wrong: dict[str, str]) -> None:
    assert "errornote" in ada.post("/admin/conversations/businesshours/add/", hours(**wrong)).content.decode()
    assert not BusinessHours.objects.using("owner").exists()
