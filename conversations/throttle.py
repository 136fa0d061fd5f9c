"""How fast we may send: per account, and per customer where the provider counts that too. Waiting here is cheaper than being refused.

Every bucket is one moment in Redis: the time at which it would be full again. All buckets of one message are looked at and filled in
one step, by Redis's own clock. While Redis is away each process keeps buckets of its own, half as fast.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings

from conversations.models import Transport
from gateways.breaker_state import Shelf
from gateways.types import Connection

# Moments in thousandths of a second. Nothing is taken from any bucket unless all have room.
TAKE = """
local t = redis.call('TIME')
local now, wait = t[1] * 1000 + math.floor(t[2] / 1000), 0
for i, key in ipairs(KEYS) do
  local full = math.max(tonumber(redis.call('GET', key) or now), now)
  wait = math.max(wait, full - now - tonumber(ARGV[2 * i - 1]) * (tonumber(ARGV[2 * i]) - 1))
end
if wait > 0 then return math.ceil(wait) end
for i, key in ipairs(KEYS) do
  local full = math.max(tonumber(redis.call('GET', key) or now), now) + tonumber(ARGV[2 * i - 1])
  redis.call('SET', key, string.format('%.0f', full), 'PX', math.ceil(full - now) + 1000)
end
return 0
"""


@dataclass(frozen=True)
class Bucket:
    """One message every `every` seconds on average, and up to `burst` at once."""

    name: str
    every: float
    burst: int


# Per minute and at once, unless the account's settings say otherwise (sends_per_minute). WhatsApp: 80 a second per number.
_RATES = {Transport.CLOUD: (4_800, 80), Transport.GMAIL: (120, 20), Transport.MAIL: (300, 50)}
# WhatsApp: one message in six seconds to the same customer, of which some may come at once.
PAIR_SECONDS, PAIR_BURST = 6.0, 40

_own: dict[str, float] = {}
_lock = threading.Lock()


def buckets_of(connection: Connection, recipient: str) -> list[Bucket]:
    """What a message to `recipient` takes from; nothing where nobody counts."""
    if connection.transport not in _RATES:
        return []
    usual, burst = _RATES[Transport(connection.transport)]
    per_minute = _rate(connection.settings.get("sends_per_minute")) or usual
    account = Bucket(f"{connection.inbox}", 60 / per_minute, max(1, min(burst, per_minute)))
    if connection.transport != Transport.CLOUD:
        return [account]
    return [account, Bucket(f"{connection.inbox}:{recipient}", PAIR_SECONDS, PAIR_BURST)]


def take(buckets: Sequence[Bucket]) -> float:
    """Take one from each; 0 when that went well, else nothing was taken and it may do so after so many seconds."""
    if not buckets:
        return 0.0
    keys = [f"cc:throttle:{bucket.name}" for bucket in buckets]
    numbers = [number for bucket in buckets for number in (bucket.every * 1000, bucket.burst)]
    found = _shelf(settings.REDIS_URL).ask(lambda redis: redis.eval(TAKE, len(keys), *keys, *numbers))
    return float(found[0]) / 1000 if found else _take_alone(buckets)


def forget() -> None:
    """Empty this process's own buckets and ask Redis again at once, for tests."""
    _own.clear()
    _shelf.cache_clear()


def _take_alone(buckets: Sequence[Bucket]) -> float:
    with _lock:
        now = time.monotonic()
        full = {bucket: max(_own.get(bucket.name, now), now) for bucket in buckets}
        wait = max(full[bucket] - now - 2 * bucket.every * (max(1, bucket.burst // 2) - 1) for bucket in buckets)
        if wait > 0:
            return wait
        _tidy(now)
        _own.update({bucket.name: full[bucket] + 2 * bucket.every for bucket in buckets})
        return 0.0


def _tidy(now: float) -> None:
    if len(_own) > 10_000:
        for name in [name for name, full in _own.items() if full <= now]:
            del _own[name]


def _rate(given: object) -> int:
    try:
        return min(100_000, max(0, int(str(given))))
    except ValueError:
        return 0


@lru_cache(maxsize=2)
def _shelf(url: str) -> Shelf:
    return Shelf(url)
