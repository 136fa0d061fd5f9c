"""One way back to the calibrator before, and the lifting of a stop. A person does both; each leaves its trace."""

from django.db.models.functions import Now

from accounts.models import User
from approvals.models import Automation, Calibration, Event
from core import audit


class NothingBefore(LookupError):
    """There is no calibrator to go back from: the shipped one speaks already."""


def restore(base_id: int, answer_model: str = "", *, by: User | None = None) -> list[Calibration | None]:
    """Take every calibrator in use back, and put the one in use before in its place; None stands for the shipped one.

    `answer_model` names one model; without it all of the base. Raises NothingBefore.
    """
    active = Calibration.objects.select_for_update().filter(base=base_id, state=Calibration.State.ACTIVE)
    if answer_model:
        active = active.filter(answer_model=answer_model)
    found = [_one_back(one, by) for one in active.order_by("pk")]
    if not found:
        raise NothingBefore
    return found


def _one_back(active: Calibration, by: User | None) -> Calibration | None:
    states = Calibration.State
    rows = Calibration.objects.filter(base=active.base_id, answer_model=active.answer_model, is_warm=active.is_warm)
    before = (
        rows.filter(state=states.RETIRED, activated_at__isnull=False, version__lt=active.version).order_by("-version").first()
    )
    # Refused, not retired: what was taken back for a fault is never what one goes back to.
    rows.filter(pk=active.pk).update(state=states.REFUSED)
    if before is not None:
        rows.filter(pk=before.pk).update(state=states.ACTIVE, activated_at=Now(), activated_by=by)
    audit.record(Event.CALIBRATION_RESTORED, active, to=before.version if before else 0)
    return before


def reach(base_id: int, state: str, *, by: User | None, reason: str = "") -> Automation:
    """Say how far the assistant may go in a base. A stop keeps what was before, to return to.

    `by` is who decides, None a command at the console.
    """
    row, _ = Automation.objects.get_or_create(base_id=base_id, defaults={"changed_by": by})
    stopped = Automation.State.STOPPED
    before = row.before if row.state == stopped else row.state
    Automation.objects.filter(pk=row.pk).update(
        state=state, before=before, reason=reason[:200] if state == stopped else "", changed_by=by, changed_at=Now()
    )
    audit.record(Event.AUTOMATION_CHANGED, row, state=state, reason=reason[:200])
    row.refresh_from_db()
    return row


def lift(base_id: int, *, by: User | None) -> Automation | None:
    """End a stop: what was before holds again. None when nothing is stopped."""
    row = Automation.objects.filter(base=base_id, state=Automation.State.STOPPED).first()
    return reach(base_id, row.before, by=by) if row else None
