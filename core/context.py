"""Who is acting. Every query runs inside `acting_as(actor)`: one transaction, one actor.

The login role of the application owns nothing and may read nothing. `acting_as` switches, for the length of one
transaction, to the PostgreSQL role of the actor's kind and sets a signed token that the row security policies check
(`sec.subject` in core/migrations/0002). Outside of it every query fails, which is the point.
"""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.db import connection, transaction

TOKEN_SECONDS = 300

# The assistant works with the rights of the system, but is named in every record as itself.
_ROLE_OF_KIND = {
    "agent": "cc_agent",
    "supervisor": "cc_supervisor",
    "admin": "cc_admin",
    "customer": "cc_customer",
    "door": "cc_door",
    "assistant": "cc_system",
    "system": "cc_system",
}


class Person(Protocol):
    pk: int
    role: str
    epoch: int


@dataclass(frozen=True)
class Actor:
    """One who acts: `kind` decides the rights, `id` whose rows, `epoch` whether the rights are still the current ones."""

    kind: str
    id: int = 0
    epoch: int = 0
    name: str = ""

    @classmethod
    def of(cls, user: Person) -> "Actor":
        return cls(kind=user.role, id=user.pk, epoch=user.epoch)

    @classmethod
    def customer(cls, customer_id: int) -> "Actor":
        return cls(kind="customer", id=customer_id)

    @classmethod
    def assistant(cls) -> "Actor":
        return cls(kind="assistant", name="assistant")

    @classmethod
    def system(cls, name: str) -> "Actor":
        return cls(kind="system", name=name)

    @classmethod
    def door(cls, user_id: int = 0) -> "Actor":
        """Sign-in pages and sessions: sees accounts, and no customer at all."""
        return cls(kind="door", id=user_id, name="door")


class NobodyActing(LookupError):
    """Something asked who is acting outside of `acting_as`."""


_current: ContextVar[Actor | None] = ContextVar("actor", default=None)


def current_actor() -> Actor:
    """The actor of the innermost `acting_as`. Raises NobodyActing outside of one."""
    actor = _current.get()
    if actor is None:
        raise NobodyActing("no actor: wrap this in acting_as(...)")
    return actor


def identity_key() -> bytes:
    """The key that signs identities, 32 bytes; `prepare_database` stores the same in `sec.key`."""
    return hashlib.sha256(b"identity\0" + settings.SECRET_KEY.encode()).digest()


def signed_identity(actor: Actor, now: float | None = None) -> str:
    """`kind.id.epoch.expiry.mac`, expiry in Unix seconds. The mac is sha256(k + sha256(k + text)), as in `sec.mac`."""
    expiry = int((now if now is not None else time.time()) + TOKEN_SECONDS)
    text = f"{actor.kind}.{actor.id}.{actor.epoch}.{expiry}"
    key = identity_key()
    inner = hashlib.sha256(key + text.encode()).digest()
    return f"{text}.{hashlib.sha256(key + inner).hexdigest()}"


@contextmanager
def acting_as(actor: Actor, *, read_only: bool = False) -> Iterator[Actor]:
    """Run the block in a transaction in which the database sees `actor`, and only what `actor` may see.

    Nested use is a savepoint; the outer actor is restored after it, because PostgreSQL keeps a released savepoint's
    settings to the end of the transaction. `read_only` refuses every write and can only be asked for at the outermost.
    """
    outer = _current.get() if connection.in_atomic_block else None
    with transaction.atomic():
        _assume(actor, read_only=read_only)
        token = _current.set(actor)
        try:
            yield actor
        finally:
            _current.reset(token)
        if outer is not None and not connection.needs_rollback:
            _assume(outer)


def _assume(actor: Actor, *, read_only: bool = False) -> None:
    sql = "SELECT set_config('role', %s, true), set_config('app.token', %s, true)"
    if read_only:
        sql += ", set_config('transaction_read_only', 'on', true)"
    with connection.cursor() as cursor:
        cursor.execute(sql, [_ROLE_OF_KIND[actor.kind], signed_identity(actor)])
