"""Tokens: shown once, kept as a hash, good until they are revoked or their user is not."""

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from accounts.models import ApiToken
from accounts.tokens import Scope, authenticate, issue, revoke
from core.context import Actor, acting_as
from core.models import AuditEvent
from tests.cast import Cast
from tests.house.world import owner_sql


def issued(cast: Cast, *scopes: str) -> str:
    with cast.acting(cast.ana):
        return issue(cast.ana, "Till", scopes or (Scope.MESSAGES_READ,))


def the_token() -> ApiToken:
    return ApiToken.objects.using("owner").get()


def test_a_token_speaks_for_its_user_within_its_scopes(cast: Cast) -> None:
    bearer = authenticate(issued(cast, "messages:read", "drafts:decide", "messages:read"))
    assert bearer is not None
    assert (bearer.user, bearer.scopes) == (cast.ana, {Scope.MESSAGES_READ, Scope.DRAFTS_DECIDE})
    assert bearer.token_id == the_token().pk


def test_the_secret_is_nowhere_in_the_database(cast: Cast) -> None:
    secret = issued(cast)
    assert secret.startswith("cc_") and len(secret) > 40
    kept = owner_sql("SELECT t::text FROM accounts_apitoken t") + owner_sql("SELECT a::text FROM core_auditevent a")
    assert not [row for (row,) in kept if secret in row or secret[3:] in row]


@pytest.mark.parametrize("secret", ["", "cc_", "x", "\0", "ä" * 100, "'; --"])
def test_an_unknown_secret_is_nobodys(cast: Cast, secret: str) -> None:
    issued(cast)
    assert authenticate(secret) is None
    assert authenticate(the_token().digest) is None, "the hash is no secret"


def test_a_revoked_token_ends_at_its_next_use_and_once(cast: Cast) -> None:
    secret = issued(cast)
    with cast.acting(cast.ana):
        assert revoke(the_token())
    assert authenticate(secret) is None
    with cast.acting(cast.ana):
        assert not revoke(the_token())
    events = AuditEvent.objects.using("owner").order_by("pk")
    assert [(one.event, one.subject_id, one.actor_id) for one in events] == [
        ("token.issued", the_token().pk, cast.ana.pk),
        ("token.revoked", the_token().pk, cast.ana.pk),
    ]


def test_a_token_ends_with_its_user(cast: Cast) -> None:
    secret = issued(cast)
    owner_sql("UPDATE accounts_user SET is_active = false WHERE id = %s", cast.ana.pk)
    assert authenticate(secret) is None


def test_a_token_has_its_users_rights_as_they_are_now(cast: Cast) -> None:
    secret = issued(cast)
    before = authenticate(secret)
    owner_sql("UPDATE accounts_user SET role = 'supervisor' WHERE id = %s", cast.ana.pk)
    after = authenticate(secret)
    assert before is not None and after is not None
    assert (before.user.role, after.user.role, after.user.epoch > before.user.epoch) == ("agent", "supervisor", True)


def test_an_unknown_scope_is_refused_and_nothing_is_made(cast: Cast) -> None:
    with pytest.raises(ValueError), cast.acting(cast.ana):
        issue(cast.ana, "Till", ["messages:read", "everything"])
    assert not ApiToken.objects.using("owner").exists()


def test_nobody_makes_or_ends_a_token_of_somebody_else(cast: Cast) -> None:
    secret = issued(cast)
    with pytest.raises(DatabaseError), cast.acting(cast.ben):
        issue(cast.ana, "Mine now", [Scope.MESSAGES_READ])
    with cast.acting(cast.ben):
        assert not revoke(the_token())
    assert authenticate(secret) is not None
    assert AuditEvent.objects.using("owner").count() == 1


@pytest.mark.parametrize("name", ["ana", "sam", "ada"])
def test_everybody_makes_tokens_for_himself_and_an_admin_ends_any(cast: Cast, name: str) -> None:
    user = getattr(cast, name)
    with cast.acting(user):
        secret = issue(user, "Till", [Scope.MESSAGES_WRITE])
    assert authenticate(secret) is not None
    with cast.acting(cast.ada):
        assert revoke(the_token())
    assert authenticate(secret) is None


@pytest.mark.parametrize("scopes", ['"messages:read"', '{"messages:read": true}', "7", "[[1], null]"])
def test_scopes_that_are_no_list_of_texts_allow_nothing(cast: Cast, scopes: str) -> None:
    secret = issued(cast)
    owner_sql("UPDATE accounts_apitoken SET scopes = %s::jsonb", scopes)
    bearer = authenticate(secret)
    assert bearer is not None and bearer.scopes == frozenset()


def test_a_good_and_a_bad_token_cost_the_same(cast: Cast) -> None:
    secret = issued(cast)
    costs = []
    for given in (secret, "cc_wrong"):
        with CaptureQueriesContext(connection) as asked:
            authenticate(given)
        costs.append(len(asked))
    assert costs[0] == costs[1]


def test_looking_a_token_up_leaves_nobody_acting(cast: Cast) -> None:
    secret = issued(cast)
    with acting_as(Actor.of(cast.fresh(cast.ana))):
        authenticate(secret)
        assert ApiToken.objects.count() == 1
    with pytest.raises(DatabaseError):
        ApiToken.objects.count()
