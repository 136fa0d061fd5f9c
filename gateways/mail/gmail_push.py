"""Whether a push really comes from Google: the signed token that Pub/Sub sends along (OpenID Connect, RS256)."""

import threading
import time
from typing import Any

import httpx2
import jwt

from gateways.errors import GatewayError
from gateways.loop import until
from gateways.mail.gmail_token import elsewhere
from gateways.mail.gmail_wire import open_client
from gateways.online import envelope, records

CERTS_URL = "https://www.googleapis.com/oauth2/v3/certs"
ISSUERS = ["https://accounts.google.com", "accounts.google.com"]
LEEWAY, FETCH_SECONDS = 30, 3.0
# Google changes its keys every few days. Whoever names a key that nobody has makes us look at most twice a minute.
KEPT_SECONDS, LOOK_SECONDS = 3600.0, 30.0
LONGEST = 8000

_lock = threading.Lock()
_keys: dict[str, jwt.PyJWK] = {}
_looked: dict[str, float] = {}


def is_googles(token: str, *, audience: str, email: str) -> bool:
    """Whether Google signed it, for us, in the name of that service account: anybody's account can sign for any audience.

    Raises GatewayError when Google's keys cannot be had just now.
    """
    if not audience or not email or len(token) > LONGEST:
        return False
    try:
        key = _key(str(jwt.get_unverified_header(token).get("kid") or ""))
        if key is None:
            return False
        claims: dict[str, Any] = jwt.decode(
            token, key, algorithms=["RS256"], audience=audience, issuer=ISSUERS, leeway=LEEWAY,
            options={"require": ["exp", "iat", "aud", "iss"]},
        )  # fmt: skip
    except jwt.PyJWTError:
        return False
    return claims.get("email") == email and claims.get("email_verified") is True


def forget_keys() -> None:
    """For tests."""
    _keys.clear()
    _looked.clear()


def _key(name: str) -> jwt.PyJWK | None:
    url, now = elsewhere(CERTS_URL, "/oauth2/v3/certs"), time.monotonic()
    with _lock:
        age = now - _looked.get(url, -KEPT_SECONDS)
        if age >= KEPT_SECONDS or (name not in _keys and age >= LOOK_SECONDS):
            _looked[url] = now
            found = _fetched(url)
            _keys.clear()
            _keys.update(found)
        return _keys.get(name)


def _fetched(url: str) -> dict[str, jwt.PyJWK]:
    async def ask() -> httpx2.Response:
        async with open_client() as client:
            return await client.get(url)

    try:
        answer = until(time.monotonic() + FETCH_SECONDS, ask)
    except httpx2.HTTPError as error:
        raise GatewayError("Google does not answer") from error
    if not answer.is_success:
        raise GatewayError(f"Google answered with an error ({answer.status_code})")
    given = [one for one in records(envelope(answer.content).get("keys") or []) if one.get("kty") == "RSA" and one.get("kid")]
    try:
        return {str(one["kid"]): jwt.PyJWK(one, algorithm="RS256") for one in given}
    except jwt.PyJWTError as error:
        raise GatewayError("Google gave a key that cannot be read") from error
