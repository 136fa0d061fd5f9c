"""Moving one row from one state to another, or learning that somebody else did."""

from typing import Any

from django.db import models
from django.db.models import F
from django.db.models.functions import Now


class LostClaim(Exception):
    """Somebody else moved the row first. Views answer 409 with the row as it is now."""


class ClaimQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """For models with `state`, `version` and `changed_at`."""

    def claim(self, pk: int, *, from_state: str | tuple[str, ...], to_state: str, **changes: Any) -> bool:
        """Move row `pk` if it is in `from_state`; True when we moved it. One UPDATE, so two callers cannot both win."""
        states = (from_state,) if isinstance(from_state, str) else from_state
        moved = self.filter(pk=pk, state__in=states).update(
            state=to_state, version=F("version") + 1, changed_at=Now(), **changes
        )
        return moved == 1
