"""/api/v1/: what other systems may do here with a token. docs: /api/v1/openapi.json and /api/v1/asyncapi.json.

A token acts as its user, so row security answers every question about rows; scopes only narrow it. Cookies count for nothing.
"""

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Body, Header, NinjaAPI, Query, Status
from ninja.decorators import decorate_view
from ninja.security import HttpBearer

from accounts.models import User
from accounts.tokens import Bearer, Scope, authenticate
from conversations.models import Channel, Message
from core.context import Actor, acting_as
from core.limits import Limit, spend
from intake import api_contract, api_decisions, api_errors, api_messages, api_reading
from intake.api_body import StrictJson, bounded
from intake.api_errors import CHALLENGE, Problem, not_found
from intake.api_schemas import (
    AcceptedOut,
    ConversationOut,
    DecidedOut,
    DecisionIn,
    LostOut,
    MessageIn,
    MessagesOut,
    ProblemOut,
)

KEY = {"max_length": api_messages.LONGEST_KEY, "pattern": r"^[!-~]+$"}
EVERY_METHOD = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
SERVING = (User.Role.AGENT, User.Role.SUPERVISOR)
# Far above what a shop's systems need; it stops a program that went round in circles.
REQUESTS = Limit("api.token", times=6000, seconds=60)
READING: dict[int, Any] = dict.fromkeys((401, 403, 422, 429, 503), ProblemOut)
WRITING: dict[int, Any] = READING | dict.fromkeys((400, 404, 409, 413), ProblemOut)


class Authenticated(HttpRequest):
    """A request whose token was looked at."""

    auth: Bearer


class Token(HttpBearer):
    """A good token, of somebody who serves customers, with the scope that the operation asks for."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> Bearer | None:
        bearer = authenticate(token)
        if bearer is None:
            return None
        if bearer.user.role not in SERVING:
            raise Problem(403, "forbidden", "Only agents and supervisors see conversations. Use a token of one of them.")
        wait = spend(REQUESTS, str(bearer.token_id))
        if wait:
            raise Problem(429, "too_many", "This token asks too often.", headers={"Retry-After": str(wait)})
        if self.scope not in bearer.scopes:
            challenge = f'{CHALLENGE}, error="insufficient_scope", scope="{self.scope}"'
            message = f"This token lacks the scope {self.scope}."
            raise Problem(403, "forbidden", message, headers={"WWW-Authenticate": challenge})
        return bearer


class Api(NinjaAPI):
    def create_response(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answers hold what customers wrote: nobody on the way keeps a copy."""
        response = super().create_response(*args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response

    @property
    def urls(self) -> tuple[list[Any], str, str]:
        """The addresses, whose every refusal has our shape."""
        patterns, app, namespace = super().urls
        for pattern in patterns:
            pattern.callback = api_errors.in_our_shape(self, pattern.callback)
        return patterns, app, namespace


api = Api(
    title="AI Contact Center OS",
    version="1",
    description="Bring in customers' messages, read conversations, decide about drafts.",
    urls_namespace="api",
    openapi_url=None,
    docs_url=None,
    parser=StrictJson(),
)
api_errors.install(api)


@api.post("/messages", auth=Token(Scope.MESSAGES_WRITE), response={202: AcceptedOut} | WRITING, tags=["messages"])
@decorate_view(bounded(api))
def write_message(
    request: Authenticated,
    given: Annotated[MessageIn, Body()],
    key: Annotated[str, Header(alias="Idempotency-Key", **KEY)],
) -> Status[AcceptedOut]:
    """Store a message of a customer, as the web form would. Needs the scope messages:write."""
    return Status(202, api_messages.take_in(request.auth, given, key=key, raw=request.body))


@api.get("/messages", auth=Token(Scope.MESSAGES_READ), response={200: MessagesOut} | READING, tags=["messages"])
def list_messages(
    request: Authenticated,
    channel: Channel | None = None,
    direction: Message.Direction | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=40)] = None,
) -> MessagesOut:
    """Messages of the inboxes that the token's user serves, newest first. Needs the scope messages:read."""
    with acting_as(Actor.of(request.auth.user), read_only=True):
        return api_reading.page(channel=channel, direction=direction, limit=limit, cursor=cursor)


@api.get(
    "/conversations/{int:id}",
    auth=Token(Scope.CONVERSATIONS_READ),
    response={200: ConversationOut, 404: ProblemOut} | READING,
    tags=["conversations"],
)
def read_conversation(request: Authenticated, id: int) -> ConversationOut:
    """One conversation with all that happened in it. Needs the scope conversations:read."""
    with acting_as(Actor.of(request.auth.user), read_only=True):
        return api_reading.conversation(id)


@api.post(
    "/drafts/{int:id}/decisions",
    auth=Token(Scope.DRAFTS_DECIDE),
    response={200: DecidedOut} | WRITING | {409: LostOut},
    tags=["drafts"],
)
@decorate_view(bounded(api))
def decide_draft(
    request: Authenticated,
    id: int,
    wanted: Annotated[DecisionIn, Body()],
    key: Annotated[str | None, Header(alias="Idempotency-Key", **KEY)] = None,
) -> DecidedOut:
    """Approve, edit, reject or take over a draft in the name of the token's user. Needs the scope drafts:decide."""
    return api_decisions.decide(request.auth, id, wanted, key=key)


@api.get("/openapi.json", auth=None, response={200: dict[str, Any]}, tags=["contracts"])
def openapi(request: HttpRequest) -> HttpResponse:
    """This document."""
    return api_contract.as_json(api_contract.openapi(api))


@api.get("/asyncapi.json", auth=None, response={200: dict[str, Any]}, tags=["contracts"])
def asyncapi(request: HttpRequest) -> HttpResponse:
    """The sockets, as an AsyncAPI document."""
    return api_contract.as_json(api_contract.asyncapi())


@api.api_operation(EVERY_METHOD, "/{path:rest}", auth=None, include_in_schema=False)
def nowhere(request: HttpRequest, rest: str) -> None:
    """Whatever else is asked for: refused in our own shape, where Django would answer with a page."""
    raise not_found("address")
