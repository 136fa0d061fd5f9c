"""Each request in one transaction of one actor."""

import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.response import SimpleTemplateResponse
from django.utils import translation
from psycopg_pool import PoolTimeout

from core import telemetry
from core.context import Actor, acting_as

logger = logging.getLogger(__name__)

SAFE = ("GET", "HEAD", "OPTIONS")
DOOR_PATHS = ("/accounts/",)
# Programs speak here. They bring a token or a signature; a browser's cookie says nothing, so no foreign page can act through it.
API_PATHS = ("/api/", "/hooks/")
AWAY = "The service is not available at the moment. Nothing was lost. Try again in a few seconds."
Handler = Callable[[HttpRequest], HttpResponse]


class RequestIdMiddleware:
    """Gives the request an id, logs one line for it, and answers 503 when the database is away."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = telemetry.begin_request(request.headers.get("X-Request-ID", ""))
        began = time.monotonic()
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        facts = {"method": request.method, "path": request.path, "status": response.status_code}
        logger.info("request", extra={"facts": facts | {"ms": round((time.monotonic() - began) * 1000, 1)}})
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return unavailable(request, error)


def unavailable(request: HttpRequest, error: Exception) -> HttpResponse | None:
    """An honest 503 for a database that is away; None for every other error."""
    if not isinstance(error, (OperationalError, InterfaceError, PoolTimeout)):
        return None
    logger.warning("database unavailable", extra={"facts": {"error": type(error).__name__}})
    problem = {"error": {"code": "unavailable", "message": AWAY}}
    is_api = request.path.startswith(API_PATHS)
    response = JsonResponse(problem, status=503) if is_api else render(request, "errors/503.html", status=503)
    response["Retry-After"] = "5"
    return response


class ActorMiddleware:
    """Wraps the view in `acting_as` the signed-in user. Nobody signed in: no actor, and a query would fail.

    Sign-in pages act as the door. An error answer rolls back what the view had written.
    A GET may write nothing: the database refuses it. The API finds its actor by itself, from a token.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            return self.respond(request)
        except (OperationalError, InterfaceError, PoolTimeout) as error:
            # Whose language it would be is not known while nobody can be looked up: the browser's.
            with translation.override(translation.get_language_from_request(request)):
                response = unavailable(request, error)
            assert response is not None
            return response

    def respond(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(API_PATHS):
            return self.get_response(request)
        at_door = request.path.startswith(DOOR_PATHS)
        user = self.signed_in(request)
        request.viewer = user  # type: ignore[attr-defined]
        if user is None and not at_door:
            return self.get_response(request)
        actor = Actor.door(user.pk if user else 0) if at_door or user is None else Actor.of(user)
        read_only = request.method in SAFE and not at_door
        with acting_as(actor, read_only=read_only):
            response = self.get_response(request)
            if isinstance(response, SimpleTemplateResponse) and not response.is_rendered:
                response = response.render()
            if response.status_code >= 400 and not at_door:
                transaction.set_rollback(True)
        return response

    def signed_in(self, request: HttpRequest):  # type: ignore[no-untyped-def]
        """The user of the session, or None; counts this request as activity unless the page made it by itself."""
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return None
        with acting_as(Actor.door()):
            if not request.user.is_authenticated:
                return None
        self.touch(request)
        return request.user

    def touch(self, request: HttpRequest) -> None:
        if request.headers.get("X-Background"):
            return
        now = int(time.time())
        if now - request.session.get("seen", 0) >= min(60, settings.SESSION_COOKIE_AGE // 10):
            request.session["seen"] = now
