"""Our own hooks, called over the network as a provider calls them: is the address right, is the secret known, are strangers refused?"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

import httpx2

from core.words import gettext_noop
from gateways.errors import GatewayError
from gateways.types import Connection
from gateways.whatsapp.signature import HEADER, sign

SECONDS = 5.0
REFUSALS = (401, 403)
EMPTY_BATCH = b'{"object": "whatsapp_business_account", "entry": []}'


@dataclass(frozen=True)
class Answer:
    status: int
    text: str


def called(connection: Connection, public_url: str) -> str:
    """What the hook of the inbox answered, in words. Raises GatewayError with what is wrong."""
    url = f"{public_url}/hooks/{'whatsapp' if connection.channel == 'whatsapp' else 'email'}/{connection.inbox}/"
    if connection.channel == "whatsapp":
        _whatsapp(connection, url)
    elif connection.channel == "email":
        _mail(connection, url)
    else:
        raise GatewayError(gettext_noop("The web form has no hook."), permanent=True)
    return gettext_noop("The hook answers at its address, knows its secret and refuses strangers.")


def _mail(connection: Connection, url: str) -> None:
    secret = _needed(connection, "secret")
    _refuses(_ask("POST", url, b"", {"Authorization": f"Bearer {secrets.token_hex(8)}"}))
    known = _ask("POST", url, b"", {"Authorization": f"Bearer {secret}"})
    # Nothing was in it, so it is refused as a mail: by somebody who knows us.
    if known.status not in (400, 422):
        raise GatewayError(gettext_noop("Our own hook does not take its secret ({0})").format(known.status))


def _whatsapp(connection: Connection, url: str) -> None:
    token, challenge = _needed(connection, "verify_token"), secrets.token_hex(8)
    asked = {"hub.mode": "subscribe", "hub.challenge": challenge}
    _refuses(_ask("GET", url, params=asked | {"hub.verify_token": secrets.token_hex(8)}))
    greeted = _ask("GET", url, params=asked | {"hub.verify_token": token})
    if greeted.status != 200 or greeted.text != challenge:
        raise GatewayError(gettext_noop("The handshake fails ({0})").format(greeted.status))
    _refuses(_ask("POST", url, EMPTY_BATCH, _signed(EMPTY_BATCH, secrets.token_hex(8))))
    known = _ask("POST", url, EMPTY_BATCH, _signed(EMPTY_BATCH, _needed(connection, "app_secret")))
    if known.status != 200:
        raise GatewayError(gettext_noop("What is rightly signed is not taken ({0})").format(known.status))


def _refuses(answer: Answer) -> None:
    if answer.status not in REFUSALS:
        raise GatewayError(gettext_noop("Strangers are not refused at this address ({0})").format(answer.status))


def _signed(body: bytes, secret: str) -> dict[str, str]:
    return {HEADER: sign(body, secret), "Content-Type": "application/json"}


def _needed(connection: Connection, name: str) -> str:
    secret = connection.secrets.get(name, "")
    if not secret:
        raise GatewayError(gettext_noop("A secret is missing: {0}").format(name), permanent=True)
    return secret


def _ask(
    method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None, params: Mapping[str, str] | None = None
) -> Answer:  # fmt: skip
    try:
        with httpx2.Client(timeout=SECONDS, follow_redirects=False, trust_env=False) as client:
            answer = client.request(method, url, content=body, headers=dict(headers or {}), params=dict(params or {}) or None)
            return Answer(answer.status_code, answer.text[:200])
    except httpx2.HTTPError as error:
        raise GatewayError(
            gettext_noop("Nobody answers at our own address: {0}").format(f"{url} ({type(error).__name__})")
        ) from error
