"""The API as a promise: who is let in, what every refusal looks like, and that the documents tell the truth."""

import json
import re
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.db import connections, transaction
from django.test import Client
from django.urls import get_resolver
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from schemathesis import checks

import intake.api
from accounts.models import ApiToken
from accounts.tokens import Scope, revoke
from contactcenter import urls as project
from contactcenter.asgi import sockets
from contactcenter.csp import POLICY
from conversations.models import Message
from core.context import Actor, acting_as
from core.limits import Limit
from intake import api_contract
from intake.api import api
from intake.api_sockets import CLOSES
from tests.build import arrives, draft_of, run_jobs
from tests.cast import Cast, conversation
from tests.house.world import owner_sql
from tests.intake.program import Program, rows, token_of

HELLO = {"inbox": "web", "customer": {"email": "cara@customer.example"}, "text": "Where is my tent?"}
ROUTES = {
    "messages:write": ("post", "/messages", HELLO),
    "messages:read": ("get", "/messages", None),
    "conversations:read": ("get", "/conversations/{conversation}", None),
    "drafts:decide": ("post", "/drafts/{draft}/decisions", {"action": "reject", "reason": "tone"}),
}
SLOWLY = settings(deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture
def places(cast: Cast) -> dict[str, int]:
    """A conversation in Ana's inbox whose draft waits for a reviewer."""
    owner_sql("UPDATE conversations_inbox SET auto_send = false")
    accepted = arrives(cast.orders, "Where is my parcel?")
    run_jobs()
    return {"conversation": accepted.conversation.pk, "draft": draft_of(accepted.message).pk}


def ask(program: Program, scope: str, places: dict[str, int], **headers: str) -> Any:
    method, address, body = ROUTES[scope]
    if method == "get":
        return program.get(address.format(**places), **headers)
    return program.post(address.format(**places), body, **headers)


def test_every_address_is_tried_here() -> None:
    documented = {
        (method, path.removeprefix("/api/v1"))
        for path, methods in api_contract.openapi(api)["paths"].items()
        for method, operation in methods.items()
        if "security" in operation
    }
    tried = {
        (method, address.replace("{conversation}", "{id}").replace("{draft}", "{id}")) for method, address, _ in ROUTES.values()
    }
    assert documented == tried and set(ROUTES) == set(Scope)


@pytest.mark.parametrize("scope", ROUTES)
def test_with_a_token_of_just_this_scope_it_is_done(cast: Cast, places: dict[str, int], scope: str) -> None:
    assert ask(Program(cast.ana, [scope]), scope, places).status_code in (200, 202)


@pytest.mark.parametrize("scope", ROUTES)
def test_without_a_good_token_nothing_is_done(cast: Cast, places: dict[str, int], scope: str) -> None:
    good, revoked, left = token_of(cast.ana), token_of(cast.ana), token_of(cast.sam)
    with cast.acting(cast.ana):
        revoke(ApiToken.objects.get(digest=ApiToken.digest_of(revoked)))
    owner_sql("UPDATE accounts_user SET is_active = false WHERE id = %s", cast.sam.pk)
    nobody, before = Program(None), rows()
    given = [None, "", "Bearer", "Bearer ", f"Bearer {revoked}", f"Bearer {left}", f"Bearer {good}x", f"Bearer {good[:-1]}"]
    given += [f"Basic {good}", f"Token {good}", good, f"Bearer{good}", f"Bearer {good} {good}", "Bearer \xe4\x00"]
    given += [f"Bearer {ApiToken.digest_of(good)}", f"Bearer {good.upper()}"]
    for authorization in given:
        answer = ask(nobody, scope, places, **({} if authorization is None else {"Authorization": authorization}))
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized"), authorization
        assert answer["WWW-Authenticate"].startswith("Bearer")
    assert rows() == before


@pytest.mark.parametrize("scope", ROUTES)
def test_without_its_scope_nothing_is_done(cast: Cast, places: dict[str, int], scope: str) -> None:
    programs = [Program(cast.ana, set(Scope) - {Scope(scope)}), Program(cast.ana, [])]
    before = rows()
    for program in programs:
        answer = ask(program, scope, places)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
        assert f'scope="{scope}"' in answer["WWW-Authenticate"]
    assert rows() == before


@pytest.mark.parametrize("scope", ROUTES)
def test_a_colleague_elsewhere_reaches_nothing_of_it(cast: Cast, places: dict[str, int], scope: str) -> None:
    ben = Program(cast.ben)
    before = rows()
    answer = ask(ben, scope, places)
    assert answer.json() == {"messages": [], "next": None} if answer.status_code == 200 else answer.status_code == 404
    assert rows() == before


@pytest.mark.parametrize("scope", ROUTES)
def test_an_admin_serves_no_customers_here_either(cast: Cast, places: dict[str, int], scope: str) -> None:
    ada = Program(cast.ada)
    before = rows()
    assert ask(ada, scope, places).status_code == 403
    assert rows() == before


@pytest.mark.parametrize("scope", ROUTES)
def test_a_signed_in_browser_is_a_stranger_here(cast: Cast, places: dict[str, int], scope: str) -> None:
    """Or any page on the web could make a reviewer's browser approve a draft."""
    nobody = Program(None)
    with acting_as(Actor.door(cast.ana.pk)):
        nobody.client.force_login(cast.ana)
    kept = owner_sql("SELECT * FROM accounts_session")
    before = rows()
    assert ask(nobody, scope, places).status_code == 401
    assert (rows(), owner_sql("SELECT * FROM accounts_session")) == (before, kept), "and its idle time runs on"


@pytest.mark.parametrize("scope", ROUTES)
def test_the_token_counts_and_not_the_cookie_beside_it(cast: Cast, places: dict[str, int], scope: str) -> None:
    program = Program(cast.ana)
    with acting_as(Actor.door(cast.ben.pk)):
        program.client.force_login(cast.ben)
    program.client.handler.enforce_csrf_checks = True
    assert ask(program, scope, places).status_code in (200, 202)
    by_ben = owner_sql("SELECT count(*) FROM core_auditevent WHERE actor_kind = 'agent' AND actor_id = %s", cast.ben.pk)
    assert by_ben == [(0,)]


def test_a_program_that_asks_too_often_is_told_when_to_come_back(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake.api, "REQUESTS", Limit("api.token", times=2, seconds=86_400))
    program, other = Program(cast.ana), Program(cast.ana)
    assert [program.get("/messages").status_code for _ in range(2)] == [200, 200]
    before = rows()
    answer = program.post("/messages", HELLO)
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "too_many")
    assert 0 < int(answer["Retry-After"]) <= 86_400
    assert rows() == before
    assert other.get("/messages").status_code == 200


def test_answers_are_kept_by_nobody_on_the_way(cast: Cast) -> None:
    program = Program(cast.ana)
    for answer in (program.get("/messages"), program.post("/messages", HELLO), Program(None).get("/messages")):
        assert answer["Cache-Control"] == "no-store" and answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"] == POLICY and "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", ["", "nothing", "messages/", "messages/1", "conversations/x", "docs", "../queue", "x" * 3000])
def test_an_address_that_is_not_there_says_so_in_our_shape(db: None, path: str) -> None:
    for method in ("get", "post", "put", "delete"):
        answer = getattr(Client(), method)(f"/api/v1/{path}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_a_method_that_is_not_known_says_so_in_our_shape(db: None) -> None:
    for method, path, allowed in (
        ("delete", "messages", "GET, POST"),
        ("put", "conversations/1", "GET"),
        ("get", "drafts/1/decisions", "POST"),
        ("patch", "openapi.json", "GET"),
    ):
        answer = getattr(Client(), method)(f"/api/v1/{path}")
        assert (answer.status_code, answer["Allow"]) == (405, allowed)
        assert answer.json()["error"]["code"] == "method_not_allowed"


def test_a_database_that_is_away_is_said_in_our_shape(cast: Cast) -> None:
    """A lock that is never given stands for it: the same error of the driver, after its four seconds."""
    program = Program(cast.ana)
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("LOCK TABLE accounts_apitoken IN ACCESS EXCLUSIVE MODE")
        answer = program.post("/messages", HELLO)
    assert (answer.status_code, answer["Retry-After"], answer["Content-Type"]) == (503, "5", "application/json")
    assert answer.json()["error"]["code"] == "unavailable"
    assert not Message.objects.using("owner").exists()


def documents() -> tuple[dict[str, Any], dict[str, Any]]:
    return Client().get("/api/v1/openapi.json").json(), Client().get("/api/v1/asyncapi.json").json()


def refs(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if "$ref" in node else []
        return own + [one for value in node.values() for one in refs(value)]
    return [one for value in node for one in refs(value)] if isinstance(node, list) else []


def found(document: dict[str, Any], ref: str) -> Any:
    for part in ref.removeprefix("#/").split("/"):
        document = document[part]
    return document


def test_the_openapi_document_is_valid_and_public(client: Client) -> None:
    answer = client.get("/api/v1/openapi.json")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    document = answer.json()
    assert document["openapi"].startswith("3.1")
    schemathesis.openapi.from_dict(document).validate()
    assert all(found(document, ref) for ref in refs(document))


def test_every_operation_declares_every_refusal() -> None:
    for path, methods in documents()[0]["paths"].items():
        for method, operation in methods.items():
            if "security" not in operation:
                continue
            expected = {"401", "403", "422", "429", "503"} | ({"400", "404", "409", "413"} if method == "post" else set())
            expected |= {"404"} if "{" in path else set()
            assert expected <= operation["responses"].keys()
            assert "Needs the scope" in operation["description"]


def test_every_address_for_machines_is_in_the_document() -> None:
    """Pages are for people; all else is promised to somebody in writing."""
    documented = {re.sub(r"{.*?}", "{}", path) for path in documents()[0]["paths"]}
    served = {
        "/" + re.sub(r"[<{].*?[>}]", "{}", str(pattern.pattern)) for pattern in addresses(get_resolver(project).url_patterns)
    }
    machines = {path for path in served if path.startswith(("/hooks/", "/healthz", "/readyz", "/metrics"))}
    machines |= {path for path in served if path.startswith("/api/v1/") and path not in ("/api/v1/", "/api/v1/{}")}
    assert machines, "vacuous"
    assert machines <= documented and documented <= served


def addresses(patterns: list, prefix: str = "") -> list[Any]:
    """Every pattern with its whole address."""
    return [
        one
        for pattern in patterns
        for one in (
            addresses(pattern.url_patterns, prefix + str(pattern.pattern))
            if hasattr(pattern, "url_patterns")
            else [Address(prefix + str(pattern.pattern))]
        )
    ]


class Address:
    def __init__(self, pattern: str) -> None:
        self.pattern = pattern


def test_every_socket_is_in_the_asyncapi_document_and_the_other_way_round(client: Client) -> None:
    document = client.get("/api/v1/asyncapi.json").json()
    documented = {re.sub(r"{.*?}", "{}", one["address"]) for one in document["channels"].values()}
    assert documented == {"/" + re.sub(r"<.*?>", "{}", str(one.pattern)) for one in sockets}


def test_the_asyncapi_document_is_one(client: Client) -> None:
    document = client.get("/api/v1/asyncapi.json").json()
    assert document["asyncapi"] == "3.0.0" and {"title", "version"} <= document["info"].keys()
    assert all(found(document, ref) for ref in refs(document))
    assert len(document["operations"]) == len(document["channels"]) == 5
    for channel in document["channels"].values():
        assert set(re.findall(r"{(.*?)}", channel["address"])) == channel["parameters"].keys()
        assert {int(code) for code in channel["x-close-codes"]} <= CLOSES.keys()
    for operation in document["operations"].values():
        assert operation["action"] == "send"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
customers = st.fixed_dictionaries(
    {},
    optional={
        "email": st.sampled_from(["cara@customer.example", "x", None]) | st.text() | json_values,
        "phone": st.from_regex(r"\+?[0-9 ]{0,30}", fullmatch=True) | st.text() | json_values,
        "name": st.text() | json_values,
    },
)
bodies = st.fixed_dictionaries(
    {},
    optional={
        "inbox": st.sampled_from(["web", "app"]) | json_values,
        "text": st.text(st.characters(), max_size=60) | json_values,
        "subject": st.text(st.characters(exclude_categories=())) | json_values,
        "customer": customers | json_values,
        "conversation": st.integers(1, 3) | json_values,
    },
)
decisions = st.fixed_dictionaries(
    {},
    optional={
        "action": st.sampled_from(["approve", "edit", "reject", "take_over"]) | json_values,
        "text": st.text(st.characters(exclude_categories=())) | json_values,
        "reason": st.sampled_from(["tone", "other"]) | st.text(st.characters(exclude_categories=())) | json_values,
        "version": st.integers(0, 3) | json_values,
    },
)


def check(answer: Any, before: dict[str, int]) -> None:
    assert answer.status_code < 500
    assert "application/json" in answer["Content-Type"]
    if answer.status_code >= 400:
        assert answer.json()["error"]["message"]
        assert rows() == before


@settings(SLOWLY, max_examples=120)
@given(body=bodies | json_values)
@example(body={"inbox": "web", "customer": {}, "text": "\ud800"})
def test_no_body_of_a_message_is_an_error_of_ours(places: dict[str, int], cast: Cast, body: Any) -> None:
    program, before = sam(cast), rows()
    check(program.post("/messages", json.dumps(body).encode()), before)


@settings(SLOWLY, max_examples=80)
@given(raw=st.binary() | st.text().map(lambda text: text.encode()), key=st.text(st.characters(max_codepoint=255)))
def test_no_bytes_and_no_key_are_an_error_of_ours(places: dict[str, int], cast: Cast, raw: bytes, key: str) -> None:
    program, before = sam(cast), rows()
    check(program.post("/messages", raw, key=key), before)
    check(program.post("/messages", HELLO, key=key or None), rows())


@settings(SLOWLY, max_examples=120)
@given(body=decisions | json_values)
def test_no_decision_is_an_error_of_ours(places: dict[str, int], cast: Cast, body: Any) -> None:
    program, before = sam(cast), rows()
    check(program.post(f"/drafts/{places['draft']}/decisions", json.dumps(body).encode(), key=None), before)


@settings(SLOWLY, max_examples=60)
@given(params=st.dictionaries(st.sampled_from(["channel", "direction", "limit", "cursor"]), st.text() | st.integers()))
def test_no_question_is_an_error_of_ours(places: dict[str, int], cast: Cast, params: dict[str, Any]) -> None:
    program, before = sam(cast), rows()
    check(program.get("/messages", params), before)


def sam(cast: Cast) -> Program:
    """Sam's program, made once for a test however many examples it has."""
    if not hasattr(cast, "program"):
        cast.program = Program(cast.sam)  # type: ignore[attr-defined]
    return cast.program  # type: ignore[attr-defined, no-any-return]


DECISIONS = "POST /api/v1/drafts/{id}/decisions"
CHECKS = [
    checks.not_a_server_error, checks.status_code_conformance, checks.content_type_conformance,
    checks.response_headers_conformance, checks.response_schema_conformance, checks.negative_data_rejection,
]  # fmt: skip


@pytest.mark.parametrize(
    "label", ["POST /api/v1/messages", "GET /api/v1/messages", "GET /api/v1/conversations/{id}", DECISIONS]
)
def test_whatever_the_document_allows_is_answered_as_the_document_says(cast: Cast, label: str) -> None:
    method, path = label.split()
    conversation(cast.orders, cast.cara)
    document = schemathesis.openapi.from_dict(api_contract.openapi(api))
    document.app = get_wsgi_application()
    headers = {"Authorization": f"Bearer {token_of(cast.ana)}"}

    @settings(SLOWLY, max_examples=60)
    @given(case=document[path][method].as_strategy())
    def holds(case: schemathesis.Case) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    holds()
