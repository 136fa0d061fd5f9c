"""The test harness itself: who we are in the database, and that nothing leaves the machine."""

import os
import socket
from urllib.parse import urlsplit

import pytest
from celery import current_app
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from core.context import Actor, acting_as


@pytest.mark.django_db
def test_the_application_owns_nothing_and_bypasses_nothing() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = session_user")
        assert cursor.fetchone() == (False, False, False)
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tableowner = session_user")
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
def test_without_an_actor_a_query_fails() -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM core_job")


@pytest.mark.django_db
def test_with_an_actor_a_query_answers() -> None:
    with acting_as(Actor.system("test")), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM core_job")
        assert cursor.fetchone() == (0,)


def test_a_connection_to_the_outside_fails() -> None:
    with pytest.raises(RuntimeError, match=r"203\.0\.113\.1"), socket.socket() as outside:
        outside.connect(("203.0.113.1", 80))


def test_each_process_of_the_tests_has_a_redis_database_of_its_own() -> None:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    own = f"/{1 + int(worker.removeprefix('gw')) % 15}"
    named = [settings.REDIS_URL, settings.CACHES["redis"]["LOCATION"], os.environ["REDIS_URL"], current_app.conf.broker_url]
    assert [urlsplit(url).path for url in named] == [own] * 4
