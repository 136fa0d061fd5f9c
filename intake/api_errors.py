"""How the API says no: one shape for every error, {"error": {"code", "message", "fields"?}}."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

View = Callable[..., HttpResponse]
CHALLENGE = 'Bearer realm="api"'


class Problem(Exception):
    """Answered as `status`. Raised inside `acting_as`, so that whatever was written before it is rolled back."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        headers: dict[str, str] | None = None,
        beside: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message
        self.headers, self.beside = headers or {}, beside or {}


def not_found(what: str) -> Problem:
    """The same answer for what does not exist and for what the token's user may not see."""
    return Problem(404, "not_found", f"There is no such {what}.")


def answered(request: HttpRequest, api: NinjaAPI, problem: Problem, fields: dict[str, str] | None = None) -> HttpResponse:
    error: dict[str, Any] = {"code": problem.code, "message": problem.message}
    if fields:
        error["fields"] = fields
    response = api.create_response(request, {"error": error} | problem.beside, status=problem.status)
    for name, value in problem.headers.items():
        response[name] = value
    return response


def install(api: NinjaAPI) -> None:
    """Give every error that ninja knows our shape. What it does not know stays an error of the server, and is logged as one."""

    @api.exception_handler(Problem)
    def problem(request: HttpRequest, error: Problem) -> HttpResponse:
        return answered(request, api, error)

    @api.exception_handler(AuthenticationError)
    def stranger(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        message = "Send a valid token: Authorization: Bearer TOKEN."
        return answered(request, api, Problem(401, "unauthorized", message, headers={"WWW-Authenticate": CHALLENGE}))

    @api.exception_handler(HttpError)
    def unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
        """Ninja raises it for one thing only: a body that the parser refused."""
        return answered(request, api, Problem(400, "malformed", "The body is not a JSON object in UTF-8."))

    @api.exception_handler(ValidationError)
    def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        fields = {_field(one["loc"]): str(one["msg"]).removeprefix("Value error, ") for one in error.errors}
        return answered(request, api, Problem(422, "invalid", "Some fields are missing or wrong. Nothing was stored."), fields)


def in_our_shape(api: NinjaAPI, view: View) -> View:
    """What ninja itself answers in plain text or as a page: a method that an address does not know, and no address at all."""

    @wraps(view)
    def answering(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except Http404:
            return answered(request, api, not_found("address"))
        if not isinstance(response, HttpResponseNotAllowed):
            return response
        allowed = ", ".join(sorted(response["Allow"].split(", ")))
        problem = Problem(405, "method_not_allowed", f"Only {allowed} can be done here.", headers={"Allow": allowed})
        return answered(request, api, problem)

    return answering


def _field(place: tuple[str | int, ...]) -> str:
    """`customer.email` for a field of the body, the name for a header or parameter."""
    parts = place[2:] if place[0] == "body" else place[1:]
    return ".".join(str(part) for part in parts) or "body"
