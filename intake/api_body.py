"""What a program may send: not too much, and strict JSON only."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.parser import Parser

from intake.api_errors import Problem, answered
from intake.bodies import body_of

# The longest text with every character escaped (12 bytes for those outside of the basic plane) just fits.
MAX_BODY = 256 * 1024
Handler = Callable[..., HttpResponse]


class StrictJson(Parser):
    """UTF-8 and nothing else; NaN and Infinity are not JSON. Nesting beyond Python's own limit is refused by json itself."""

    def parse_body(self, request: HttpRequest) -> Any:
        return json.loads(request.body.decode("utf-8"), parse_constant=_refuse)


def bounded(api: NinjaAPI) -> Callable[[Handler], Handler]:
    """Reads at most MAX_BODY, whatever length was announced or not announced; 413 when there is more."""

    def decorate(run: Handler) -> Handler:
        @wraps(run)
        def reading(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            body = body_of(request, MAX_BODY)
            if body is None:
                return answered(request, api, Problem(413, "too_large", f"The body is longer than {MAX_BODY} bytes."))
            request._body = body  # where `request.body` looks first
            return run(request, *args, **kwargs)

        return reading

    return decorate


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
