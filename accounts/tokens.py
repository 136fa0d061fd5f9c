"""Tokens by which a program acts as its user. The secret is shown once; only its hash is kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.db.models.functions import Now

from accounts.models import ApiToken, User
from core import audit
from core.context import Actor, acting_as

TOKEN_ISSUED, TOKEN_REVOKED = "token.issued", "token.revoked"


class Scope(StrEnum):
    """What a token may be allowed to do. Within it the token sees and changes what its user may, and nothing else."""

    MESSAGES_WRITE = "messages:write"
    MESSAGES_READ = "messages:read"
    CONVERSATIONS_READ = "conversations:read"
    DRAFTS_DECIDE = "drafts:decide"


@dataclass(frozen=True)
class Bearer:
    """Who brought a good token, and what the token allows."""

    token_id: int
    user: User
    scopes: frozenset[str]


def authenticate(secret: str) -> Bearer | None:
    """Whose token this is; None when it is unknown or revoked, or its user is not active. One query in every case."""
    with acting_as(Actor.door()):
        good = ApiToken.objects.filter(revoked_at__isnull=True, user__is_active=True)
        token = good.select_related("user").filter(digest=ApiToken.digest_of(secret)).first()
    if token is None:
        return None
    return Bearer(token.pk, token.user, _scopes(token))


def issue(user: User, name: str, scopes: Iterable[str]) -> str:
    """Make a token for `user` and return its secret, which nobody can read again. Raises ValueError for an unknown scope.

    Runs in the caller's actor: people make tokens for themselves, admins for anybody.
    """
    allowed = sorted({Scope(scope).value for scope in scopes})
    secret = ApiToken.new_secret()
    token = ApiToken.objects.create(user=user, name=name, digest=ApiToken.digest_of(secret), scopes=allowed)
    audit.record(TOKEN_ISSUED, token, user=user.pk, scopes=allowed)
    return secret


def revoke(token: ApiToken) -> bool:
    """End a token at its very next use. False when it was ended before, or is not the actor's to end."""
    if not ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=Now()):
        return False
    audit.record(TOKEN_REVOKED, token, user=token.user_id)
    return True


def _scopes(token: ApiToken) -> frozenset[str]:
    """An admin may have typed anything into the list; whatever is no list of texts allows nothing."""
    given = token.scopes if isinstance(token.scopes, list) else []
    return frozenset(scope for scope in given if isinstance(scope, str))
