"""Above the queue stands what keeps an inbox from sending or from hearing its customers."""

import pytest
from django.test import Client

from conversations.models import Account
from tests.cast import Cast
from tests.house.world import owner_sql
from tests.sockets import signed_in


@pytest.fixture
def account(cast: Cast) -> Account:
    return Account.objects.using("owner").create(inbox=cast.orders, transport="mail", poll_error="The password is wrong")


def strip(client: Client) -> str:
    return client.get("/queue/alerts/").content.decode()


def test_an_inbox_that_is_not_read_says_so_to_those_who_serve_it(cast: Cast, ana: Client, account: Account) -> None:
    assert "does not come in: The password is wrong" in strip(ana)
    assert "does not come in" not in strip(signed_in(cast.ben))


def test_one_reading_that_failed_is_no_alarm(cast: Cast, ana: Client, account: Account) -> None:
    owner_sql("UPDATE conversations_account SET polled_at = now() - interval '1 minute'")
    assert "does not come in" not in strip(ana)
    owner_sql("UPDATE conversations_account SET polled_at = now() - interval '10 minutes'")
    assert "does not come in" in strip(ana)


def test_once_it_is_read_again_nothing_is_said(cast: Cast, ana: Client, account: Account) -> None:
    owner_sql("UPDATE conversations_account SET poll_error = '', polled_at = now()")
    assert "does not come in" not in strip(ana)
