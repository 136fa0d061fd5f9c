"""What people do in the demo's day, and what channels report: the product's own verbs, under the names of those who act."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from approvals import review
from approvals.models import Draft
from approvals.withdrawal import withdraw
from contactcenter.demo import story
from contactcenter.demo.people import Staff
from contactcenter.demo.story import Step
from conversations import assignment, carriage, delivery, live, profiles, snoozing, tagging
from conversations.asks import DOUBTFUL
from conversations.models import ComposerText, Conversation, Delivery, Event, Message
from core import audit
from core.context import Actor, acting_as
from core.models import Job
from gateways.errors import GatewayError

CHANNEL = Actor.system("delivery")


@dataclass(frozen=True)
class Scene:
    """A step, and the row of the conversation that it happens in."""

    staff: Staff
    conversation: int
    step: Step


def act(scene: Scene) -> bool:
    """Do what the step says. False when the world does not offer it: nobody can approve what went out by itself."""
    return _VERBS["report" if scene.step.channel else scene.step.does](scene)


def approve(scene: Scene) -> bool:
    return _decide(scene, lambda draft, by: review.approve(draft, by=by, version=draft.version, request_key=uuid.uuid4()))


def edit(scene: Scene) -> bool:
    words = scene.step.text
    return _decide(
        scene, lambda draft, by: review.approve(draft, by=by, version=draft.version, request_key=uuid.uuid4(), text=words)
    )


def reject(scene: Scene) -> bool:
    why = {"reason": scene.step.reason, "comment": scene.step.comment}
    return _decide(scene, lambda draft, by: review.reject(draft, by=by, version=draft.version, request_key=uuid.uuid4(), **why))


def take_over(scene: Scene) -> bool:
    """With the draft that waits or, when it has gone out by itself, without one."""
    if _decide(scene, lambda draft, by: review.take_over(draft, by=by, version=draft.version, request_key=uuid.uuid4())):
        return True
    return _change(scene, lambda matter, by: assignment.hand_over(matter, reason="", by=by))


def reply(scene: Scene) -> bool:
    """In the person's own words; what the assistant had prepared is taken back."""

    def write(matter: Conversation, by: User) -> None:
        delivery.reply(matter, scene.step.text, by=by, client_key=uuid.uuid4())
        withdraw(matter)

    _change(scene, write)
    if scene.step.fails or scene.step.doubtful:
        _carry_badly(scene)
    return True


def note(scene: Scene) -> bool:
    return _change(scene, lambda matter, by: delivery.note(matter, scene.step.text, by=by, client_key=uuid.uuid4()))


def types(scene: Scene) -> bool:
    """Writes a reply and does not send it."""

    def keep(matter: Conversation, by: User) -> None:
        mine = {"conversation": matter, "user": by, "inbox_id": matter.inbox_id}
        ComposerText.objects.create(**mine, mode=ComposerText.Mode.REPLY, text=scene.step.text)

    return _change(scene, keep)


def assign(scene: Scene) -> bool:
    return _change(scene, lambda matter, by: assignment.assign(matter, to=scene.staff.people[scene.step.to], by=by))


def hand_back(scene: Scene) -> bool:
    return _change(scene, lambda matter, by: assignment.hand_back(matter, by=by))


def resolve(scene: Scene) -> bool:
    """Close the matter; nothing waits in it any more."""

    def close(matter: Conversation, by: User) -> None:
        withdraw(matter)
        assignment.resolve(matter, by=by)

    return _change(scene, close)


def snooze(scene: Scene) -> bool:
    """Until so long after the day's end: it has not come back yet."""
    until = timezone.now() + story.span(scene.step.to)
    return _change(scene, lambda matter, by: snoozing.snooze(matter, until=until, reason=scene.step.reason, by=by))


def tag(scene: Scene) -> bool:
    """With each of the tags, which there are already."""
    names = [name.strip() for name in scene.step.to.split(",")]
    return _change(scene, lambda matter, by: [tagging.add(matter, tagging.named_or_made(name, by=by), by=by) for name in names])


def rank(scene: Scene) -> bool:
    """Another priority: 0 normal, 1 high, 2 urgent."""
    return _change(scene, lambda matter, by: assignment.set_priority(matter, int(scene.step.to), by=by))


def know(scene: Scene) -> bool:
    """A note about the customer, for whoever meets him next."""
    return _change(scene, lambda matter, by: profiles.add_note(matter.customer, scene.step.text, by=by, scope=matter.inbox_id))


def report(scene: Scene) -> bool:
    """The channel says that the last reply was delivered or read. False when none has left."""
    with acting_as(CHANNEL):
        before = (Delivery.State.SENT, Delivery.State.DELIVERED)
        found = _newest_delivery(scene)
        if found is None or not Delivery.objects.claim(found.pk, from_state=before, to_state=scene.step.channel):
            return False
        live.message_status(found.message)
        return True


_VERBS: dict[str, Callable[[Scene], bool]] = {
    verb.__name__: verb
    for verb in (
        approve, edit, reject, take_over, reply, note, types, assign, hand_back, resolve, snooze, tag, rank, know, report,
    )
}  # fmt: skip


def _change(scene: Scene, verb: Callable[[Conversation, User], object]) -> bool:
    by = scene.staff.fresh(scene.step.by)
    with acting_as(Actor.of(by)):
        verb(Conversation.objects.select_related("inbox").get(pk=scene.conversation), by)
    return True


def _decide(scene: Scene, verb: Callable[[Draft, User], object]) -> bool:
    """False when no draft waits for a decision."""
    by = scene.staff.fresh(scene.step.by)
    with acting_as(Actor.of(by)):
        draft = Draft.objects.filter(conversation=scene.conversation, state=Draft.State.IN_REVIEW).order_by("-pk").first()
        if draft is not None:
            verb(draft, by)
    return draft is not None


def _newest_delivery(scene: Scene) -> Delivery | None:
    rows = Delivery.objects.filter(message__conversation=scene.conversation)
    return rows.select_related("message__conversation").order_by("-pk").first()


def _carry_badly(scene: Scene) -> None:
    """Carry the reply into a channel that refuses it, or that breaks off so that nobody can say whether it went.

    The demo's channels never do, so what they say stands in the story. Everything else is as it always is.
    """
    with acting_as(CHANNEL):
        waiting = _newest_delivery(scene)
    attempt = carriage.begin(waiting.pk) if waiting else None
    if waiting is None or attempt is None:
        return
    fails, doubtful = scene.step.fails, scene.step.doubtful
    carriage.record(attempt, "", GatewayError(fails or doubtful, permanent=bool(fails), ambiguous=bool(doubtful)))
    with acting_as(CHANNEL):
        if doubtful:
            _show_to_a_person(waiting)
        jobs = Job.objects.filter(ref=waiting.pk, kind__startswith="conversations.carriage.", state=Job.State.READY)
        jobs.update(state=Job.State.DONE, finished_at=Now())


def _show_to_a_person(doubted: Delivery) -> None:
    """As carriage.reconcile does for a channel that cannot be asked; those of the demo always can."""
    Delivery.objects.claim(doubted.pk, from_state=Delivery.State.UNKNOWN, to_state=Delivery.State.HELD)
    message = Message.objects.select_related("conversation").get(pk=doubted.message_id)
    asks = {"needs_person": DOUBTFUL, "priority": 1}
    Conversation.objects.filter(pk=message.conversation_id).update(**asks, changed_at=Now())
    audit.record(Event.DELIVERY_HELD, message, delivery=doubted.pk)
    live.message_status(message)
