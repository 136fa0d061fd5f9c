"""How often somebody may do something: so many times in a window of so many seconds, counted over all processes.

The count is kept in Redis, through the cache. While Redis is away, or answers slowly, each process counts for itself and allows
half: whoever waits for an answer must not wait for Redis, and a flood must not become free because Redis is down.
"""

import hashlib
import hmac
import ipaddress
import math
import time
from dataclasses import dataclass

import redis
from django.conf import settings
from django.core.cache import BaseCache, caches
from django.http import HttpRequest

SLOW_SECONDS = 0.3
AWAY_SECONDS = 5.0
# Beyond its window a count is of no use; the rest is for clocks that differ a little between processes.
KEPT_SECONDS = 60

_redis_away_until = 0.0


@dataclass(frozen=True)
class Limit:
    """At most `times` in every window of `seconds`. The name keeps one limit's counts apart from another's."""

    name: str
    times: int
    seconds: int


def spend(limit: Limit, who: str, *, now: float | None = None) -> int:
    """Count one more by `who`. 0 while that is within the limit, else the seconds until the next window begins."""
    window, gone = divmod(time.time() if now is None else now, limit.seconds)
    key = f"limit:{limit.name}:{_veiled(who)}:{int(window)}"
    count, allowed = _counted_by_all(key, limit.seconds), limit.times
    if count is None:
        count, allowed = _counted(caches["process"], key, limit.seconds), max(1, limit.times // 2)
    return 0 if count <= allowed else math.ceil(limit.seconds - gone)


def address_of(request: HttpRequest) -> str:
    """Whom to count a request for: the client's IPv4 address, or the /64 of its IPv6 address, which is one customer's line.

    Behind proxies of ours (TRUSTED_PROXIES, a number) it is the address that the outermost of them saw.
    """
    seen = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    proxies = settings.TRUSTED_PROXIES
    given = seen[-proxies] if 0 < proxies <= len(seen) else request.META.get("REMOTE_ADDR", "")
    try:
        address = ipaddress.ip_address(given)
    except ValueError:
        return str(request.META.get("REMOTE_ADDR", ""))
    return str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else str(address)


def _counted_by_all(key: str, seconds: int) -> int | None:
    """The new count in Redis, or None while Redis is away. A hung Redis is asked once, then left alone for some seconds."""
    global _redis_away_until
    began = time.monotonic()
    if began < _redis_away_until:
        return None
    try:
        count = _counted(caches["redis"], key, seconds)
    except (redis.RedisError, OSError):
        count = None
    if count is None or time.monotonic() - began > SLOW_SECONDS:
        _redis_away_until = time.monotonic() + AWAY_SECONDS
    return count


def _counted(cache: BaseCache, key: str, seconds: int) -> int:
    try:
        return int(cache.incr(key))
    except ValueError:
        is_first = cache.add(key, 1, timeout=seconds + KEPT_SECONDS)
        return 1 if is_first else int(cache.incr(key))


def _veiled(who: str) -> str:
    """A name for `who` that tells nobody who it is: addresses of people do not lie about in Redis."""
    return hmac.digest(settings.SECRET_KEY.encode(), who.encode(), hashlib.sha256).hex()[:32]


def forget() -> None:
    """Ask Redis again at the next count, for tests."""
    global _redis_away_until
    _redis_away_until = 0.0
