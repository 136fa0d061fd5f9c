"""Sign-in rules beyond what settings can say. Nobody signs up by himself: admins make accounts.

Who tries too often is told to wait. Failures are counted by address of the network and by e-mail; a browser in which somebody has
signed in before counts for itself, so that strangers who guess at an e-mail cannot lock its owner out.
"""

import secrets
import time
from threading import BoundedSemaphore
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts import sessions
from accounts.access import home_of
from accounts.models import Event, User
from accounts.refusal import busy, too_many_tries
from core import audit

KNOWN_BROWSER = "known_browser"
KNOWN_SECONDS = 180 * 86_400
# Checking a password takes 100 MB and half a second of one core on purpose: a flood of tries may not starve everybody else.
CHECKS_AT_ONCE = BoundedSemaphore(2)
PATIENCE_SECONDS = 5


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("That email and password don’t match."),
        "enter_current_password": _("That is not your present password."),
        "incorrect_password": _("That is not your password."),
        "incorrect_code": _("That code is not right. Codes change every 30 seconds."),
        "account_inactive": _("This account is closed. Ask your admin."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return home_of(request.user)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError as error:
            raise ImmediateHttpResponse(too_many_tries(request)) from error

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        if not CHECKS_AT_ONCE.acquire(timeout=PATIENCE_SECONDS):
            raise ImmediateHttpResponse(busy(request))
        try:
            return super().authenticate(request, **credentials)
        finally:
            CHECKS_AT_ONCE.release()

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        # The same query whether or not there is such a person: the answer takes equally long.
        known = User.objects.filter(email__iexact=credentials.get("email", "")).first()
        audit.record(Event.SIGN_IN_REFUSED, known or User(pk=0))

    def login(self, request: HttpRequest, user: Any) -> None:
        super().login(request, user)
        request.session[sessions.BEGAN] = int(time.time())
        audit.record(Event.SIGNED_IN, user)

    def post_login(self, request: HttpRequest, user: Any, **how: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **how)
        options = {"max_age": KNOWN_SECONDS, "httponly": True, "samesite": "Lax", "path": "/accounts/"}
        response.set_signed_cookie(
            KNOWN_BROWSER, secrets.token_urlsafe(12), salt=_salt(user.email), secure=request.is_secure(), **options
        )
        return response

    def set_password(self, user: Any, password: str) -> None:
        user.set_password(password)
        user.save(update_fields=["password"])
        audit.record(Event.PASSWORD_SET, user)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        salt = _salt(credentials.get("email", ""))
        browser = request.get_signed_cookie(KNOWN_BROWSER, default="", salt=salt, max_age=KNOWN_SECONDS)
        return f"{super()._get_login_attempts_cache_key(request, **credentials)}:{browser}"


def _salt(email: str) -> str:
    return f"{KNOWN_BROWSER}:{email.lower()}"
