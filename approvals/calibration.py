"""Which calibrator speaks for a knowledge base: its own where it has learned one, else the shipped one.

The arithmetic is in replies.confidence and approvals.fitting; here is what the database knows.
"""

import hashlib
import json
import logging
from functools import cache, lru_cache
from typing import Any

from django.db.models.functions import Now

from accounts.models import User
from approvals.models import Calibration, Event
from core import audit
from knowledge import memory
from replies.confidence import MEMORIES_NEEDED, Calibrator, Calibrators, shipped

logger = logging.getLogger(__name__)

SPEAKING = (Calibration.State.CANARY, Calibration.State.ACTIVE)
# While it is on trial, a new calibrator speaks to one customer in twenty.
TRIAL_SHARE = 0.05


def for_base(base_id: int, customer_id: int = 0) -> Calibrators:
    """The calibrators for replies from this base to this customer, told how many decisions it remembers. Runs as the assistant."""
    rows = Calibration.objects.filter(base=base_id, state__in=SPEAKING).order_by("-version")
    own = [
        _calibrator(pk, digest)
        for pk, digest, state in rows.values_list("pk", "digest", "state")
        if state == Calibration.State.ACTIVE or is_on_trial(digest, customer_id)
    ]
    return Calibrators((*(one for one in own if one is not None), *_shipped()), memory.count(base_id))


def foundation(answer_model: str, is_warm: bool) -> Calibrator | None:
    """The shipped calibrator that an own one corrects: of this answer model, else of the offline one, which sees the same features."""
    fitting = [one for one in _shipped() if one.document["warm"] == is_warm]
    return next((one for one in fitting if one.document["answer_model"] == answer_model), fitting[0] if fitting else None)


def is_current(document: dict[str, Any]) -> bool:
    """Whether it corrects the calibrator that this build ships. After an upgrade the labels are fitted anew."""
    found = foundation(document["answer_model"], document["warm"])
    return found is not None and document.get("corrects") == digest_of(found.document)


def is_on_trial(digest: str, customer_id: int) -> bool:
    """Whether the calibrator of this hash is tried out on this customer; always the same ones."""
    drawn = hashlib.sha256(f"{digest}:{customer_id}".encode()).digest()
    return int.from_bytes(drawn[:8], "big") / 2**64 < TRIAL_SHARE


def is_warm(name: str, base_id: int) -> bool:
    """Whether the calibrator of this name minds remembered decisions; where none spoke, whether one would have."""
    for one in _shipped():
        if one.name == name:
            return bool(one.document["warm"])
    own = (
        Calibration.objects.filter(base=base_id, figures__name=name).values_list("is_warm", flat=True).first() if name else None
    )
    return memory.count(base_id) >= MEMORIES_NEEDED if own is None else own


def activate(row: Calibration, *, by: User | None = None) -> None:
    """Let `row` speak for everybody; the one before is retired, to return to."""
    states = Calibration.State
    kind = Calibration.objects.filter(base=row.base_id, answer_model=row.answer_model, is_warm=row.is_warm)
    kind.filter(state=states.ACTIVE).exclude(pk=row.pk).update(state=states.RETIRED)
    Calibration.objects.filter(pk=row.pk).update(state=states.ACTIVE, activated_at=Now(), activated_by=by)
    audit.record(Event.CALIBRATION_ACTIVATED, row, version=row.version)


def digest_of(document: dict[str, Any]) -> str:
    """The hash of a calibrator's figures. Its name is no part of it: the name carries the hash."""
    figures = {key: value for key, value in document.items() if key != "name"}
    return hashlib.sha256(json.dumps(_plain(figures), sort_keys=True).encode()).hexdigest()


def _plain(value: Any) -> Any:
    """As it comes back out of the database, which knows no negative zero and writes large numbers out."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return float(value) + 0.0 if isinstance(value, int | float) and not isinstance(value, bool) else value


@cache
def _shipped() -> tuple[Calibrator, ...]:
    return shipped().known


@lru_cache(maxsize=64)
def _calibrator(pk: int, digest: str) -> Calibrator | None:
    """The calibrator of one row, read once a process. None when it corrects another build's, or is not what was written."""
    document = Calibration.objects.values_list("document", flat=True).get(pk=pk)
    if digest_of(document) != digest:
        logger.error("a calibrator is not what its hash says", extra={"facts": {"calibration": pk}})
        return None
    return Calibrator(document) if is_current(document) else None
