"""What a person decides about a reply of which nobody knows whether it arrived. Runs as the system, after his decision."""

from django.db.models.functions import Now

from conversations.models import Delivery, DeliveryAttempt
from conversations.outcomes import accepted, locked
from core.claims import LostClaim
from core.words import gettext_noop

GIVEN_UP = gettext_noop("given up: a person asked for another try")


def settle(doubtful: Delivery, *, said_by: str) -> None:
    """A person knows that a held reply arrived. Raises LostClaim when it is not held any more."""
    delivery, attempt = _held(doubtful)
    accepted(delivery, attempt.pk, said_by)


def give_up(doubtful: Delivery) -> None:
    """A person wants a held reply sent once more: its doubtful attempt ends, so that there can be another. Raises LostClaim.

    The provider's name for it goes as well: what is sent now is a sending of its own.
    """
    _, attempt = _held(doubtful)
    DeliveryAttempt.objects.filter(pk=attempt.pk).update(
        state=DeliveryAttempt.State.NOT_SENT, provider_ref="", error=GIVEN_UP, ended_at=Now()
    )


def _held(doubtful: Delivery) -> tuple[Delivery, DeliveryAttempt]:
    _, delivery = locked(doubtful.pk)
    attempt = delivery.attempts.filter(state=DeliveryAttempt.State.UNKNOWN).order_by("-pk").first()
    if delivery.state != Delivery.State.HELD or attempt is None:
        raise LostClaim("somebody was first")
    return delivery, attempt
