"""From a kept webhook call to what it says: every element becomes a receipt of its own, and each is done in a transaction of its own.

Whatever dies in between is taken up again: a call that was taken apart is not taken apart twice, an element that was done is done.
"""

import hashlib
import json
from datetime import timedelta

from django.utils import timezone

from conversations.connections import account_of
from conversations.models import Account, Inbox
from core.context import acting_as
from core.failpoints import failpoint
from core.jobs import Retry, enqueue, job, settle
from core.words import gettext_noop
from gateways.whatsapp.elements import Echoed, Element, Reported, Written
from gateways.whatsapp.parsing import Unreadable, elements, loaded, read
from intake.models import DOORMAN, Parked, Receipt
from intake.whatsapp.storing import IGNORED, PARKED, STORED, Outcome, store, store_late

ONLY_OTHERS = gettext_noop("WhatsApp brings messages of another phone number: the phone number ID is wrong or missing")
DUPLICATE, UNREADABLE = "duplicate", "unreadable"
ELSEWHERE = "elsewhere"
# What waits for something that never comes is given up; a status of ours finds its message within seconds.
WAITS, STATUS_WAITS = timedelta(days=2), timedelta(hours=1)
FIRST_LOOK, LAST_LOOK = timedelta(seconds=2), timedelta(hours=6)


@job(lane="ingest")
def take_batch(receipt_id: int) -> None:
    """Take one call apart: a receipt and a job for each element that is new and for this inbox."""
    with acting_as(DOORMAN):
        batch = _held(receipt_id)
        if batch.state == Receipt.State.ACCEPTED:
            try:
                found = read(bytes(batch.payload))
            except Unreadable as error:
                _end(batch, Receipt.State.FAILED, UNREADABLE, error=str(error))
            else:
                _take_apart(batch, found)
        failpoint("parse.mid")
        settle()


@job(lane="ingest")
def take_element(receipt_id: int) -> None:
    """Do what one element says, once, and whatever was waiting for it."""
    with acting_as(DOORMAN):
        piece = _held(receipt_id)
        if piece.state == Receipt.State.ACCEPTED:
            element = _element_of(piece)
            done = store(piece.inbox, element)
            _record(piece, done)
            if isinstance(element, Written | Echoed):
                _wake_parked(piece.inbox, element.wamid)
        failpoint("parse.mid")
        settle()


@job(lane="ingest")
def look_again(receipt_id: int) -> None:
    """Try once more what came before its message; given up in the end."""
    with acting_as(DOORMAN):
        parked = (
            Parked.objects.select_for_update(of=("self",)).select_related("receipt__inbox").filter(receipt=receipt_id).first()
        )
        again = timedelta(0)
        if parked is not None and not _unpark(parked):
            again = _until_next_look(parked)
        if not again:
            settle()
    if again:
        raise Retry(after=again.total_seconds(), reason="what it is about has not arrived")


def _take_apart(batch: Receipt, found: list[Element]) -> None:
    account = account_of(batch.inbox).settings
    ours = {one.key: one for one in found if _is_for(one, account)}
    known = set(Receipt.objects.filter(inbox=batch.inbox, provider_id__in=list(ours)).values_list("provider_id", flat=True))
    new = [_piece(batch, one) for key, one in ours.items() if key not in known]
    Receipt.objects.bulk_create(new, ignore_conflicts=True)
    for pk in Receipt.objects.filter(parent=batch).order_by("pk").values_list("pk", flat=True):
        enqueue(take_element, ref=pk, scope=batch.inbox_id, key=f"whatsapp:{pk}")
    outcome = STORED if new else DUPLICATE if ours else IGNORED
    foreign = sum(not _is_for(one, account) for one in found)
    _tell(batch.inbox, only_others=bool(foreign) and not ours)
    _end(batch, Receipt.State.DONE, outcome, facts={"elements": len(found), "new": len(new), ELSEWHERE: foreign})


def _tell(inbox: Inbox, *, only_others: bool) -> None:
    """Calls that are all about another number are kept and belong to nobody here: whoever set the inbox up has to know."""
    rows = Account.objects.filter(inbox=inbox)
    if only_others:
        rows.update(poll_error=ONLY_OTHERS)
    else:
        rows.filter(poll_error=ONLY_OTHERS).update(poll_error="")


def _is_for(element: Element, account: dict[str, str]) -> bool:
    """Whether it is about this inbox's own number; what is about no number, about its own account."""
    number_id, account_id = str(account.get("phone_number_id", "")), str(account.get("business_account_id", ""))
    if element.number_id:
        return element.number_id == number_id
    return not account_id or not element.account_id or element.account_id == account_id


def _piece(batch: Receipt, element: Element) -> Receipt:
    payload = json.dumps(element.raw).encode()
    kind = Receipt.Kind.MESSAGE if isinstance(element, Written | Echoed) else Receipt.Kind.OTHER
    return Receipt(
        inbox=batch.inbox, provider_id=element.key, parent=batch, payload=payload, sha256=hashlib.sha256(payload).hexdigest(),
        kind=Receipt.Kind.STATUS if isinstance(element, Reported) else kind, facts={"what": type(element).__name__.lower()},
    )  # fmt: skip


def _element_of(piece: Receipt) -> Element:
    return elements(loaded(bytes(piece.payload)))[0]


def _record(piece: Receipt, done: Outcome) -> None:
    if done.about:
        Parked.objects.get_or_create(receipt=piece, defaults={"inbox": piece.inbox, "about": done.about[:255]})
        enqueue(look_again, ref=piece.pk, scope=piece.inbox_id, run_at=timezone.now() + FIRST_LOOK, key=f"parked:{piece.pk}")
    _end(piece, Receipt.State.DONE, done.word, **({"message": done.message} if done.message else {}))


def _wake_parked(inbox: Inbox, wamid: str) -> None:
    """What was said about a message before it came, in the order in which that arrived."""
    waiting = Parked.objects.select_for_update(of=("self",)).select_related("receipt__inbox").filter(inbox=inbox, about=wamid)
    for parked in waiting.order_by("pk"):
        _unpark(parked)


def _unpark(parked: Parked) -> bool:
    """Whether what it waited for is there, and it is done."""
    piece = parked.receipt
    done = store_late(piece.inbox, _element_of(piece), piece.message)
    if done.about:
        return False
    parked.delete()
    _end(piece, Receipt.State.DONE, done.word)
    return True


def _until_next_look(parked: Parked) -> timedelta:
    """As long again as it has waited; nothing once it has waited for too long, and then it waits no more."""
    waited = timezone.now() - parked.parked_at
    if waited > (STATUS_WAITS if parked.receipt.kind == Receipt.Kind.STATUS else WAITS):
        if parked.receipt.outcome == PARKED:
            _end(parked.receipt, Receipt.State.DONE, IGNORED)
        parked.delete()
        return timedelta(0)
    return min(LAST_LOOK, max(FIRST_LOOK, waited))


def _held(receipt_id: int) -> Receipt:
    rows = Receipt.objects.select_for_update(of=("self",)).select_related("inbox", "message")
    return rows.get(pk=receipt_id)


def _end(receipt: Receipt, state: str, outcome: str, **changes: object) -> None:
    Receipt.objects.filter(pk=receipt.pk).update(state=state, outcome=outcome, **changes)
