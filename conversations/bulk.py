"""One action on many conversations, in small steps, each in its own transaction and by the rights that the person has then.

A run notes which conversations are meant when it is asked for: what comes into the list later is not part of it. Each step takes a few
of them, and asks for the next step in the transaction that did this one, so that a crash repeats nothing and loses nothing.
Whoever loses his rights meanwhile loses them here too; the run of somebody who was deactivated stops.

`work`, `undoing` and `closed` come from the room above, which knows of drafts: a resolved or answered conversation leaves none waiting.
"""

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.db.models import F, Max, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.models import User
from conversations import bulk_acts
from conversations.bulk_acts import Fail, Skip
from conversations.delivery import StaleReply
from conversations.models import BulkItem, BulkRun, Conversation, Event
from core import audit
from core.claims import LostClaim
from core.context import Actor, acting_as
from core.jobs import enqueue, settle

logger = logging.getLogger(__name__)

CLERK = Actor.system("bulk")
MOST = 20_000
STEP = 25
Job = Callable[[int], None]
Closed = Callable[[Conversation], None]


class TooMany(ValueError):
    """More conversations than one run takes."""


@dataclass(frozen=True)
class Wish:
    """What somebody asks for. `query` are the list's filters when all of its matches are meant, empty when rows were picked."""

    action: str
    params: dict[str, Any] = field(default_factory=dict)
    query: str = ""


def start(wish: Wish, rows: QuerySet[Conversation], *, by: User, work: Job) -> BulkRun:
    """Note which conversations are meant, and have them worked on. Raises TooMany."""
    meant = list(rows.order_by("pk").values_list("pk", "inbox_id")[: MOST + 1])
    if len(meant) > MOST:
        raise TooMany(MOST)
    run = BulkRun.objects.create(by=by, action=wish.action, params=wish.params, query=wish.query, total=len(meant))
    items = [BulkItem(run=run, conversation_id=pk, inbox_id=inbox, by=by) for pk, inbox in meant]
    BulkItem.objects.bulk_create(items, batch_size=1000)
    audit.record(Event.BULK_STARTED, run, action=wish.action, total=len(meant))
    if meant:
        enqueue(work, ref=run.pk, scope=meant[0][1])
    else:
        BulkRun.objects.filter(pk=run.pk).update(state=BulkRun.State.DONE, finished_at=Now())
    return run


def step(run_id: int, *, work: Job, closed: Closed) -> None:
    """Do the next few of a run. Runs as a job, outside of any actor."""
    run = _in_hand(run_id, BulkRun.State.RUNNING)
    if run is None:
        return
    with acting_as(Actor.of(run.by)):
        items = list(_next(run, BulkItem.State.WAITING))
        for item in items:
            _do(run, item, closed)
        if items:
            _count(run, items)
            enqueue(work, ref=run.pk, scope=items[-1].inbox_id)
            settle()
    if not items:
        _finish(run, BulkRun.State.DONE)


def undo(run: BulkRun, *, by: User, undoing: Job) -> None:
    """Have what the run changed put back. Asked twice, it happens once. Raises LostClaim while the run goes on."""
    if run.state not in (BulkRun.State.DONE, BulkRun.State.STOPPED):
        raise LostClaim("still running, or undone already")
    first = run.items.order_by("pk").first()
    if first is not None:
        enqueue(undoing, ref=run.pk, scope=first.inbox_id, key=f"bulk-undo:{run.pk}")


def step_back(run_id: int, *, undoing: Job) -> None:
    """Put back the next few. What cannot be put back keeps its place in the run, with the reason."""
    run = _in_hand(run_id, BulkRun.State.DONE, BulkRun.State.STOPPED)
    if run is None:
        return
    with acting_as(Actor.of(run.by)):
        items = list(_next(run, BulkItem.State.DONE).filter(reason=""))
        for item in items:
            _put_back(run, item)
        if items:
            enqueue(undoing, ref=run.pk, scope=items[-1].inbox_id)
            settle()
    if not items:
        _finish(run, BulkRun.State.UNDONE)


def left(run: BulkRun) -> QuerySet[BulkItem]:
    """What a run skipped, failed at or could not put back, with the reasons."""
    return run.items.exclude(reason="").select_related("conversation__customer").order_by("state", "pk")


def _in_hand(run_id: int, *states: str) -> BulkRun | None:
    """The run with its person as he is now, or None when there is nothing to do; stops the run of somebody who is gone."""
    with acting_as(CLERK):
        run = BulkRun.objects.select_related("by").filter(pk=run_id, state__in=states).first()
        if run is not None and run.by.is_active and run.by.role != User.Role.ADMIN:
            return run
        if run is not None and run.state == BulkRun.State.RUNNING:
            _close(run, BulkRun.State.STOPPED, _("Whoever asked for this may not do it any more"))
        settle()
    return None


def _next(run: BulkRun, state: str) -> QuerySet[BulkItem]:
    rows = BulkItem.objects.select_for_update(of=("self",)).filter(run=run, state=state)
    return rows.order_by("conversation_id").filter(pk__in=rows.order_by("conversation_id").values("pk")[:STEP])


def _do(run: BulkRun, item: BulkItem, closed: Closed) -> None:
    try:
        with transaction.atomic():
            conversation = _held(item)
            before = bulk_acts.as_is(run.action, conversation)
            kept = bulk_acts.do(run.action, conversation, run.params, by=run.by, key=_key_of(item))
            conversation.refresh_from_db()
            if run.action in ("resolve", "reply"):
                closed(conversation)
            _settle_item(
                item, BulkItem.State.DONE, before={"before": before, "after": bulk_acts.as_is(run.action, conversation)} | kept
            )
    except (Skip, LostClaim, StaleReply) as why:
        _settle_item(
            item, BulkItem.State.SKIPPED, reason=str(why) if isinstance(why, Skip) else _("Changed at the same moment")
        )
    except (Fail, ValidationError) as why:
        _settle_item(
            item, BulkItem.State.FAILED, reason=" ".join(why.messages) if isinstance(why, ValidationError) else str(why)
        )
    except DatabaseError as error:
        # Refused by the rights of the moment, or a defect of ours: told as a failure, and to whoever reads the log.
        logger.warning("bulk item failed", extra={"facts": {"run": run.pk, "item": item.pk, "error": type(error).__name__}})
        _settle_item(item, BulkItem.State.FAILED, reason=_("It could not be changed"))


def _put_back(run: BulkRun, item: BulkItem) -> None:
    try:
        with transaction.atomic():
            bulk_acts.put_back(run.action, _held(item), item.before, run.params, by=run.by)
            _settle_item(item, BulkItem.State.UNDONE)
    except (Skip, LostClaim) as why:
        _settle_item(item, BulkItem.State.DONE, reason=str(why) if isinstance(why, Skip) else _("Changed at the same moment"))


def _held(item: BulkItem) -> Conversation:
    rows = Conversation.objects.select_for_update(of=("self",)).select_related("inbox", "customer", "assignee")
    found = rows.filter(pk=item.conversation_id).first()
    if found is None:
        raise Skip(_("You may no longer see it"))
    return found


def _key_of(item: BulkItem) -> uuid.UUID:
    """The same for the same item, so that a reply is written once however often the step is run."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"bulk:{item.run_id}:{item.conversation_id}")


def _settle_item(item: BulkItem, state: str, *, reason: str = "", before: dict[str, Any] | None = None) -> None:
    item.state, item.reason = state, reason[:200]
    if before is not None:
        item.before = before
    item.save(update_fields=["state", "reason", "before"])


def _count(run: BulkRun, items: list[BulkItem]) -> None:
    def number(state: str) -> int:
        return sum(item.state == state for item in items)

    BulkRun.objects.filter(pk=run.pk).update(
        done=F("done") + number(BulkItem.State.DONE),
        skipped=F("skipped") + number(BulkItem.State.SKIPPED),
        failed=F("failed") + number(BulkItem.State.FAILED),
    )


def _finish(run: BulkRun, state: str) -> None:
    """Nothing is left that the person may see; what he may no longer see is told as left alone."""
    with acting_as(CLERK):
        _close(run, state, _("You may no longer see it"))
        settle()


def _close(run: BulkRun, state: str, why: str) -> None:
    lost = BulkItem.objects.filter(run=run, state=BulkItem.State.WAITING).update(state=BulkItem.State.SKIPPED, reason=why)
    was = (BulkRun.State.DONE, BulkRun.State.STOPPED) if state == BulkRun.State.UNDONE else (BulkRun.State.RUNNING,)
    changed = {"state": state, "finished_at": Now(), "skipped": F("skipped") + lost}
    if BulkRun.objects.filter(pk=run.pk, state__in=was).update(**changed):
        event = Event.BULK_UNDONE if state == BulkRun.State.UNDONE else Event.BULK_FINISHED
        audit.record(event, run, scope=run.items.aggregate(one=Max("inbox_id"))["one"], action=run.action, state=state)
