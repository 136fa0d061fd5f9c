"""A program that speaks to the API, and the count of everything it may have changed."""

import itertools
import json
from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from accounts.tokens import Scope, issue
from core.context import Actor, acting_as
from tests.house.world import owner_sql

_numbers = itertools.count(1)
TABLES = (
    "intake_receipt", "conversations_message", "conversations_conversation", "conversations_customer",
    "conversations_identity", "conversations_delivery", "approvals_decision", "core_job", "core_auditevent",
    "core_stateevent", "core_liveevent",
)  # fmt: skip


class Program:
    """Somebody's program. `scopes` are all of them unless said otherwise."""

    def __init__(self, user: User | None, scopes: Iterable[str] = tuple(Scope), token: str | None = None) -> None:
        self.client = Client()
        self.token = token if user is None else token_of(user, scopes)

    def get(self, address: str, params: dict[str, Any] | None = None, **headers: str) -> HttpResponse:
        return self.client.get(f"/api/v1{address}", params, headers=self._headers(headers))

    def post(self, address: str, body: Any, *, key: str | None = "", **headers: str) -> HttpResponse:
        """`body` is sent as it is when it is bytes, as JSON else; without a `key` a new one is made, None sends none."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        if key is not None:
            headers["Idempotency-Key"] = key or f"key-{next(_numbers)}"
        return self.client.post(f"/api/v1{address}", data, content_type="application/json", headers=self._headers(headers))

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        return ({} if self.token is None else {"Authorization": f"Bearer {self.token}"}) | more


def token_of(user: User, scopes: Iterable[str] = tuple(Scope)) -> str:
    with acting_as(Actor.of(user)):
        return issue(user, "a program", scopes)


def rows() -> dict[str, int]:
    """How many rows there are in every table that the API writes to, and the sum of all versions."""
    counted = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in TABLES)
    versions = " UNION ALL ".join(
        f"SELECT '{table} versions', coalesce(sum(version), 0) FROM {table}"
        for table in ("approvals_draft", "conversations_conversation", "conversations_delivery")
    )
    return {name: int(number) for name, number in owner_sql(f"{counted} UNION ALL {versions}")}
