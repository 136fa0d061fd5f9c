"""Files lie on this disk or in an S3-compatible store, by a setting; nobody can tell which from the product."""

from collections.abc import Iterator

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from contactcenter.env import BadSetting, file_storage
from tests.build import run_jobs
from tests.cast import Cast
from tests.conversations.test_scanning import arrived, fresh
from tests.peers import clamd, s3


@pytest.fixture
def store(settings) -> Iterator[s3.Store]:
    with s3.running() as peer:
        address = f"s3://files?endpoint={peer.address}&region=eu-north-1"
        chosen = file_storage("FILE_STORAGE", address, key=s3.KEY, secret=s3.SECRET)
        settings.STORAGES = settings.STORAGES | {"default": chosen}
        yield peer


def test_a_customer_s_file_lies_in_the_store_under_a_name_that_says_nothing(cast: Cast, ana: Client, store: s3.Store) -> None:
    file = arrived(cast.orders, b"harmless words", name="../../etc/passwd.txt")
    assert store.objects == {f"/files/{file.key}": b"harmless words"} and "passwd" not in file.key
    assert ana.get(f"/attachments/{file.pk}/").content == b"harmless words"
    assert {status for _, _, status in store.ledger} <= {200, 204, 404}


def test_what_is_infected_is_put_away_there_too(cast: Cast, ana: Client, store: s3.Store, settings) -> None:
    with clamd.running() as scanner:
        settings.CLAMAV_SOCKET = scanner.address
        file = arrived(cast.orders, clamd.EICAR)
        run_jobs()
    assert list(store.objects) == [f"/files/{fresh(file).key}"] and "quarantine" in fresh(file).key
    assert ana.get(f"/attachments/{file.pk}/").status_code == 404


def test_a_file_that_is_gone_from_the_store_is_not_there_and_breaks_nothing(cast: Cast, ana: Client, store: s3.Store) -> None:
    file = arrived(cast.orders, b"harmless words")
    store.objects.clear()
    assert ana.get(f"/attachments/{file.pk}/").status_code == 404
    assert ana.get(f"/conversations/{file.conversation_id}/").status_code == 200


@pytest.mark.parametrize(
    "wrong", ["s3://", "s3://b?endpoint=http://elsewhere.example", "s3://b?colour=red", "s3://key:secret@b"]
)
def test_a_store_that_makes_no_sense_stops_the_start(wrong: str) -> None:
    with pytest.raises(BadSetting) as caught:
        file_storage("FILE_STORAGE", wrong, key="", secret="")
    assert str(caught.value).startswith("FILE_STORAGE:") and "secret@" not in str(caught.value)


def test_without_one_files_lie_on_this_disk() -> None:
    assert "FileSystemStorage" in str(file_storage("FILE_STORAGE", "", key="", secret=""))
    assert not default_storage.exists("attachments/nothing")
