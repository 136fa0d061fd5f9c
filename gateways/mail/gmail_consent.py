"""Being let into a mailbox: an admin is asked by Google, and comes back with a code that is exchanged for a refresh token."""

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from core.words import gettext_noop
from gateways.errors import GatewayError
from gateways.loop import until
from gateways.mail.gmail_token import elsewhere, grant
from gateways.mail.gmail_wire import CALL_SECONDS, open_client

CONSENT_URL = "https://accounts.google.com/o/oauth2/v2/auth"
# Reading, labelling, drafts and sending; not deleting for good.
SCOPE = "https://www.googleapis.com/auth/gmail.modify"
ENOUGH = {SCOPE, "https://mail.google.com/"}


def consent_url(client_id: str, redirect_uri: str, state: str, challenge: str, hint: str = "") -> str:
    """Where an admin's browser goes (RFC 6749 with PKCE, RFC 7636). `hint` is the address of the mailbox that is meant."""
    asked = {
        "client_id": client_id, "redirect_uri": redirect_uri, "response_type": "code", "scope": SCOPE, "state": state,
        "code_challenge": challenge, "code_challenge_method": "S256", "access_type": "offline", "prompt": "consent",
    } | ({"login_hint": hint} if hint else {})  # fmt: skip
    return f"{elsewhere(CONSENT_URL, '/o/oauth2/v2/auth')}?{urlencode(asked)}"


def refresh_token(secrets: Mapping[str, str], code: str, verifier: str, redirect_uri: str) -> str:
    """The lasting token for a code that Google gave. Raises GatewayError when it gives none, or one that allows too little."""
    form = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier, "redirect_uri": redirect_uri}

    async def ask() -> dict[str, Any]:
        async with open_client() as client:
            return await grant(client, secrets, form)

    granted = until(time.monotonic() + CALL_SECONDS, ask)
    if not ENOUGH & set(str(granted.get("scope") or "").split()):
        raise GatewayError(
            gettext_noop("Google was not allowed to let us read and send mail: tick everything it asks"), permanent=True
        )
    if not granted.get("refresh_token"):
        raise GatewayError(
            gettext_noop("Google gave no lasting token: take our access away in the Google account, then try again"),
            permanent=True,
        )
    return str(granted["refresh_token"])
