"""Secrets lie sealed in their rows, are opened by any of the keys, and are sealed anew by the first."""

import pytest
from django.core.management import CommandError, call_command

from conversations.models import InboxSecret
from core.sealing import CannotOpen, opened, sealed
from tests.cast import Cast
from tests.house.world import owner_sql


def lies_there() -> str:
    return str(owner_sql("SELECT value FROM conversations_inboxsecret")[0][0])


@pytest.fixture
def secret(cast: Cast, settings) -> InboxSecret:
    settings.FIELD_ENCRYPTION_KEYS = ""
    return InboxSecret.objects.using("owner").create(inbox=cast.orders, name="access_token", value="Zitronenfalter-42")


def test_the_row_does_not_show_what_the_field_does(secret: InboxSecret) -> None:
    assert lies_there().startswith("sealed:1:") and "Zitronenfalter" not in lies_there()
    assert InboxSecret.objects.using("owner").get().value == "Zitronenfalter-42"
    assert list(InboxSecret.objects.using("owner").values_list("value", flat=True)) == ["Zitronenfalter-42"]


def test_the_same_secret_never_looks_the_same_twice() -> None:
    assert sealed("x") != sealed("x") and opened(sealed("x")) == "x"


def test_what_lay_there_before_there_were_keys_is_read_and_sealed(secret: InboxSecret) -> None:
    owner_sql("UPDATE conversations_inboxsecret SET value = 'in plain words'")
    assert InboxSecret.objects.using("owner").get().value == "in plain words"
    call_command("seal_secrets")
    assert lies_there().startswith("sealed:1:") and opened(lies_there()) == "in plain words"


def test_a_new_key_in_front_seals_and_the_old_one_may_go_afterwards(secret: InboxSecret, settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = "first"
    call_command("seal_secrets")
    settings.FIELD_ENCRYPTION_KEYS = "second, first"
    assert InboxSecret.objects.using("owner").get().value == "Zitronenfalter-42"
    call_command("seal_secrets")
    settings.FIELD_ENCRYPTION_KEYS = "second"
    assert InboxSecret.objects.using("owner").get().value == "Zitronenfalter-42"


def test_a_lost_key_is_said_and_changes_nothing(secret: InboxSecret, settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = "first"
    call_command("seal_secrets")
    before = lies_there()
    settings.FIELD_ENCRYPTION_KEYS = "another"
    with pytest.raises(CannotOpen):
        InboxSecret.objects.using("owner").get()
    with pytest.raises(CommandError, match="FIELD_ENCRYPTION_KEYS"):
        call_command("seal_secrets")
    assert lies_there() == before
