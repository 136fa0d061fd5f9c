"""A code to the customer's mailbox: what it proves, for whom, for how long, and what guessing comes to."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from conversations.models import Conversation, Identity, Message
from core.models import AuditEvent, Job
from gateways import fakes
from intake import codes, nonces
from intake.links import conversation_token, read
from intake.models import OneTimeCode
from tests.build import run_jobs
from tests.cast import Cast
from tests.house.world import owner_sql
from tests.intake.web_customers import begin, mail, through

__all__ = ["mail", "through"]


def page_of(matter: Conversation) -> str:
    return f"/c/{conversation_token(matter.pk)}/"


def ask(matter: Conversation) -> Any:
    return Client().post(f"{page_of(matter)}code/")


def check(matter: Conversation, code: str) -> Any:
    return Client().post(f"{page_of(matter)}code/check/", {"code": code})


def mailed(mail: fakes.FakeChannel) -> str:
    run_jobs()
    return mail.ledger[-1].message.text[:6]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def level_of(matter: Conversation) -> tuple[int, int]:
    found = Conversation.objects.using("owner").get(pk=matter.pk)
    return found.level, Identity.objects.using("owner").get(address="cara@customer.example").level


def test_the_code_comes_by_mail_and_proves_whoever_types_it(mail: fakes.FakeChannel, cast: Cast) -> None:
    matter = begin(cast)
    assert "Confirm that it is you" in Client().get(page_of(matter)).content.decode()
    assert "A code is on its way" in ask(matter).content.decode()
    code = mailed(mail)
    sent = mail.ledger[-1].message
    assert (sent.recipient, sent.channel, sent.is_automatic) == ("cara@customer.example", "email", True) and code.isdigit()
    answer = check(matter, f" {code[:3]} {code[3:]} ")
    assert answer.status_code == 303 and level_of(matter) == (2, 2)
    token = answer["Location"].split("/")[2]
    assert read(token) == (matter.pk, 2) and "You have confirmed" in Client().get(answer["Location"]).content.decode()
    client = Client()
    client.post(f"/c/{token}/messages/", {"text": "And now?", "nonce": nonces.issue(f"conversation {matter.pk}")})
    assert Message.objects.using("owner").latest("pk").level == 2
    names = list(AuditEvent.objects.using("owner").filter(event__startswith="code.").values_list("event", flat=True))
    assert sorted(names) == ["code.accepted", "code.sent"]


def test_the_number_is_kept_nowhere(mail: fakes.FakeChannel, cast: Cast) -> None:
    matter = begin(cast)
    ask(matter)
    code = mailed(mail)
    rows = owner_sql("SELECT row_to_json(c)::text FROM intake_onetimecode c UNION ALL SELECT row_to_json(j)::text FROM core_job j"
                     " UNION ALL SELECT row_to_json(a)::text FROM core_auditevent a UNION ALL SELECT row_to_json(m)::text FROM conversations_message m")  # fmt: skip
    assert rows and not [row for row in rows if f'"{code}"' in row[0] or f" {code} " in row[0]]


def test_it_is_good_once(mail: fakes.FakeChannel, cast: Cast) -> None:
    matter = begin(cast)
    ask(matter)
    code = mailed(mail)
    assert [check(matter, code).status_code for _ in range(2)] == [303, 422]


def test_five_tries_end_it(mail: fakes.FakeChannel, cast: Cast) -> None:
    matter = begin(cast)
    ask(matter)
    code = mailed(mail)
    assert [check(matter, wrong(code)).status_code for _ in range(5)] == [422] * 5
    assert check(matter, code).status_code == 422 and level_of(matter) == (0, 0)


def test_ten_minutes_end_it_and_a_newer_one_does(mail: fakes.FakeChannel, cast: Cast) -> None:
    matter = begin(cast)
    ask(matter)
    first = mailed(mail)
    ask(matter)
    second = mailed(mail)
    assert check(matter, first).status_code == 422 or first == second
    owner_sql("UPDATE intake_onetimecode SET expires_at = now() - interval '1 second'")
    assert check(matter, second).status_code == 422 and level_of(matter) == (0, 0)


def test_it_is_good_for_its_own_conversation_only(mail: fakes.FakeChannel, cast: Cast) -> None:
    matter, other = begin(cast), begin(cast)
    ask(matter)
    code = mailed(mail)
    assert check(other, code).status_code == 422 and level_of(other) == (0, 0)
    assert check(matter, code).status_code == 303


@pytest.mark.parametrize("typed", ["", "000", "0" * 400, "１２３４５６", "a\0b", "' OR 1=1 --", "-1", "12e4"])
def test_what_is_no_code_is_refused(mail: fakes.FakeChannel, cast: Cast, typed: str) -> None:
    matter = begin(cast)
    ask(matter)
    assert check(matter, typed).status_code == 422 and level_of(matter) == (0, 0)


def test_many_at_once_are_heard_five_times_and_believed_once(mail: fakes.FakeChannel, cast: Cast) -> None:
    matter = begin(cast)
    ask(matter)
    code = mailed(mail)

    def one(typed: str) -> bool:
        try:
            return codes.check_code(matter.pk, typed)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(one, [code] * 8)) == 1
    assert OneTimeCode.objects.using("owner").get().tries <= 5


def test_a_mailbox_is_not_flooded(mail: fakes.FakeChannel, cast: Cast) -> None:
    matter = begin(cast)
    assert [ask(matter).status_code for _ in range(4)] == [200, 200, 200, 429]
    others = [begin(cast) for _ in range(3)]
    assert [ask(one).status_code for one in others] == [200, 200, 429]
    run_jobs()
    assert len(mail.ledger) <= 5


def test_without_an_address_or_a_way_nothing_is_offered_and_nothing_sent(mail: fakes.FakeChannel, cast: Cast) -> None:
    nameless = begin(cast, email="")
    assert "Confirm that it is you" not in Client().get(page_of(nameless)).content.decode()
    ask(nameless)
    owner_sql(f"UPDATE conversations_inbox SET mail_through_id = NULL WHERE id = {cast.orders.pk}")
    known = begin(cast)
    assert "Confirm that it is you" not in Client().get(page_of(known)).content.decode()
    ask(known)
    assert OneTimeCode.objects.using("owner").count() == 0 and Job.objects.using("owner").count() == 0 and not mail.ledger


def test_a_channel_that_is_down_is_tried_again(mail: fakes.FakeChannel, cast: Cast) -> None:
    matter = begin(cast)
    ask(matter)
    mail.script = ["down"]
    run_jobs()
    owner_sql("UPDATE core_job SET run_at = now()")
    assert check(matter, mailed(mail)).status_code == 303
