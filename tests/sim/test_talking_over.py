"""Random histories of a conversation that two agents, the assistant and the customer all have their hands in.

The product's own transitions on real PostgreSQL, in an order that a seeded scheduler draws: agents act on what they saw some time
ago, the assistant's thinking and the channel's calls lie open in between, and now and then two do something at the very same moment,
each in a thread. Whatever the order: nobody is answered twice unknowingly, no text is lost, the assistant says nothing after a person
took over, and whatever is held says why.

A failure prints its seed and its steps. TALK_HISTORIES=1000 runs more of them, TALK_FROM is the first seed.
"""

import os
import random
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from accounts.models import User
from approvals import claiming, queries, review, taking_over
from approvals.drafting import Opened, open_draft, settle_draft
from approvals.models import Draft
from approvals.withdrawal import withdraw
from contactcenter.invariants import broken
from conversations import assignment, delivery
from conversations.carriage import Attempt, begin, record
from conversations.models import Conversation, Delivery, DeliveryAttempt, Message
from core.claims import LostClaim
from core.jobs import Retry
from intake.person import ask_for_person
from replies.types import Reply, Rule, Sentence
from tests.build import arrives
from tests.cast import Cast
from tests.house.world import owner_sql

HISTORIES, FIRST = int(os.environ.get("TALK_HISTORIES", "60")), int(os.environ.get("TALK_FROM", "0"))
STEPS, TOGETHER, PARTS = 22, 0.15, max(4, HISTORIES // 15)
BY_AGENTS = (
    "looks", "looks", "looks", "replies", "replies", "insists", "notes", "approves", "approves", "edits", "rejects",
    "takes_over", "takes_draft_over", "hands_back", "undoes", "assigns", "resolves", "reopens", "claims",
)  # fmt: skip
BY_OTHERS = (
    "writes",
    "writes",
    "asks_for_person",
    "opens",
    "opens",
    "settles",
    "settles",
    "carries",
    "carries",
    "lands",
    "time",
)


def thought(die: random.Random, number: int) -> Reply:
    """What the assistant came up with: sure, not sure, stopped by a rule, or that a person has to answer."""
    text = f"Within 30 days, says run {number}."
    sure = Reply(text=text, confidence=0.97, sentences=(Sentence(text, (1,)),), answer_model="local-extract.v1")
    kind = die.choice(["sure", "sure", "unsure", "rule", "person"])
    if kind == "unsure":
        return Reply(text=text, confidence=0.5, sentences=sure.sentences, answer_model=sure.answer_model)
    if kind == "rule":
        return Reply(
            text=text, confidence=0.97, rules=(Rule("refund", "Refunds are reviewed"),), answer_model=sure.answer_model
        )
    if kind == "person":
        rule = Rule("wants_person", "Asks for a person", escalates=True)
        return Reply(
            text=text, confidence=0.97, rules=(rule,), wants_person=True, escalates=True, answer_model=sure.answer_model
        )
    return sure


@dataclass
class Desk:
    """What one agent has on the screen: as old as the last look."""

    user: User
    seen: int = 0
    ownership: int = 0
    draft: int | None = None
    version: int = 0
    undo: list[tuple[str, Any]] = field(default_factory=list)


@dataclass
class Watch:
    """A person took over `since`; until it was handed back the assistant's words may not leave."""

    by: int
    since: datetime
    until: datetime | None = None


class History:
    """One random history of one conversation."""

    def __init__(self, seed: int, cast: Cast) -> None:
        self.die, self.cast, self.told = random.Random(seed), cast, [f"seed {seed}"]
        self.first = arrives(cast.orders, "How many days do I have to return something?")
        self.pk, self.number = self.first.conversation.pk, 0
        self.desks = [Desk(cast.ana), Desk(cast.sam)]
        self.thinking: list[Opened] = []
        self.calling: list[Attempt] = []
        # What each author had before him when he wrote: the newest public message he knew of.
        self.knew: dict[int, int] = {}
        self.typed: list[str] = []
        self.refused: list[tuple[str, bool]] = []
        self.watches: list[Watch] = []
        self.lock = threading.Lock()
        for desk in self.desks:
            self.looks(desk)

    # The scheduler

    def step(self) -> None:
        if self.die.random() < TOGETHER:
            self.together()
        else:
            self.told.append("")
            self.draw()()

    def draw(self) -> Callable[[], None]:
        if self.die.random() < 0.6:
            desk = self.die.choice(self.desks)
            name = self.die.choice(BY_AGENTS)
            self.told[-1] += f" {desk.user.first_name} {name}"
            return self.forgiven(getattr(self, name), desk)
        name = self.die.choice(BY_OTHERS)
        self.told[-1] += f" {name}"
        return self.forgiven(getattr(self, name))

    def forgiven(self, deed: Callable[..., None], *desk: Desk) -> Callable[[], None]:
        """Who comes too late is told so; that is no failure."""

        def run() -> None:
            try:
                deed(*desk)
            except (LostClaim, Retry) as late:
                self.told[-1] += f" ({late})"

        return run

    def together(self) -> None:
        """Two deeds of two people at one moment, each in a thread of its own."""
        self.told.append("at once:")
        first, other = self.desks
        name, another = self.die.choice(BY_AGENTS), self.die.choice([*BY_AGENTS, *BY_OTHERS])
        deeds = [self.forgiven(getattr(self, name), first)]
        deeds.append(self.forgiven(getattr(self, another), *([other] if another in BY_AGENTS else [])))
        self.told[-1] += f" {name} and {another}"
        start, failed = threading.Barrier(2), list[BaseException]()

        def run(deed: Callable[[], None]) -> None:
            try:
                start.wait(10)
                deed()
            except BaseException as error:
                failed.append(error)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert not any(thread.is_alive() for thread in threads), f"they wait for each other\n{self.story}"
        if failed:
            raise AssertionError(self.story) from failed[0]

    # The agents

    def acting(self, desk: Desk) -> Any:
        return self.cast.acting(desk.user)

    def matter(self) -> Conversation:
        return Conversation.objects.select_related("inbox").get(pk=self.pk)

    def looks(self, desk: Desk) -> None:
        with self.acting(desk):
            public = Message.objects.filter(conversation=self.pk).exclude(direction="note").order_by("-pk")
            draft = queries.newest_of(self.pk)
            desk.seen = public.values_list("pk", flat=True).first() or 0
            desk.ownership = self.matter().ownership
            desk.draft, desk.version = (draft.pk, draft.version) if draft else (None, 0)

    def replies(self, desk: Desk, confirm: bool = False) -> None:
        text = self.types(desk)
        try:
            with self.acting(desk):
                found = self.matter()
                said = delivery.reply(
                    found,
                    text,
                    by=desk.user,
                    client_key=uuid.uuid4(),
                    seen=desk.seen,
                    ownership=desk.ownership,
                    confirm=confirm,
                )
                withdraw(found)
                with self.lock:
                    self.knew[said.pk] = self.newest_before(said.pk) if confirm else desk.seen
        except delivery.StaleReply as stale:
            with self.lock:
                self.refused.append(("a reply", bool(stale.newer) or stale.is_passed_on))
            return
        desk.undo.append(("message", said.pk))
        self.looks(desk)

    def insists(self, desk: Desk) -> None:
        """He was shown what is new and sends all the same."""
        self.replies(desk, confirm=True)

    def notes(self, desk: Desk) -> None:
        with self.acting(desk):
            delivery.note(self.matter(), self.types(desk), by=desk.user, client_key=uuid.uuid4())

    def approves(self, desk: Desk, text: str | None = None) -> None:
        draft = self.on_screen(desk)
        if draft is None or not (text or draft.text):
            return
        with self.acting(desk):
            made = review.approve(draft, text=text, **self.facts(desk))
            self.knew[made.draft.message_id or 0] = made.draft.in_reply_to_id
        desk.undo.append(("draft", draft.pk))

    def edits(self, desk: Desk) -> None:
        if desk.draft:
            self.approves(desk, self.types(desk))

    def rejects(self, desk: Desk) -> None:
        draft = self.on_screen(desk)
        if draft:
            with self.acting(desk):
                review.reject(draft, reason="tone", comment=self.types(desk), **self.facts(desk))
            desk.undo.append(("draft", draft.pk))

    def takes_draft_over(self, desk: Desk) -> None:
        draft = self.on_screen(desk)
        if draft:
            with self.acting(desk):
                token = taking_over.seal(taking_over.standing_of(self.matter(), desk.user))
                review.take_over(draft, **self.facts(desk))
            self.taken(desk, token)

    def takes_over(self, desk: Desk) -> None:
        with self.acting(desk):
            token = taking_over.take(self.matter(), by=desk.user)
        self.taken(desk, token)

    def taken(self, desk: Desk, token: str) -> None:
        with self.lock:
            self.watches.append(Watch(desk.user.pk, timezone.now()))
        desk.undo.append(("take-over", token))

    def hands_back(self, desk: Desk) -> None:
        with self.lock:
            self.watching_ends()
        with self.acting(desk):
            assignment.hand_back(self.matter(), by=desk.user)

    def watching_ends(self) -> None:
        for watch in self.watches:
            watch.until = watch.until or timezone.now()

    def undoes(self, desk: Desk) -> None:
        if not desk.undo:
            return
        kind, what = desk.undo.pop()
        with self.acting(desk):
            if kind == "message":
                delivery.recall(Message.objects.select_related("delivery", "conversation").get(pk=what))
            elif kind == "draft":
                review.undo(queries.draft(what), by=desk.user)  # type: ignore[arg-type]
            else:
                with self.lock:
                    self.watching_ends()
                taking_over.undo(what, by=desk.user)

    def assigns(self, desk: Desk) -> None:
        to = self.die.choice([self.cast.ana, self.cast.sam, None])
        with self.acting(desk):
            assignment.assign(self.matter(), to=to, by=desk.user)

    def resolves(self, desk: Desk) -> None:
        with self.acting(desk):
            found = self.matter()
            assignment.resolve(found, by=desk.user)
            withdraw(found)

    def reopens(self, desk: Desk) -> None:
        with self.acting(desk):
            assignment.reopen(self.matter(), by=desk.user)

    def claims(self, desk: Desk) -> None:
        draft = self.on_screen(desk)
        if draft:
            with self.acting(desk):
                claiming.claim(draft, by=desk.user, take=self.die.random() < 0.3)

    def on_screen(self, desk: Desk) -> Draft | None:
        if desk.draft is None:
            return None
        with self.acting(desk):
            return queries.draft(desk.draft)

    def facts(self, desk: Desk) -> dict[str, Any]:
        return {"by": desk.user, "version": desk.version, "request_key": uuid.uuid4()}

    def types(self, desk: Desk) -> str:
        text = f"{desk.user.first_name} says {uuid.uuid4().hex[:8]}"
        self.typed.append(text)
        return text

    def newest_before(self, pk: int) -> int:
        public = Message.objects.filter(conversation=self.pk, pk__lt=pk).exclude(direction="note")
        return public.order_by("-pk").values_list("pk", flat=True).first() or 0

    # The customer, the assistant, the channel

    def writes(self) -> None:
        arrives(self.cast.orders, "And one more thing.", conversation=self.pk)

    def asks_for_person(self) -> None:
        ask_for_person(self.pk)

    def opens(self) -> None:
        waiting = Message.objects.using("owner").filter(conversation=self.pk, direction="in", draft=None)
        again = Message.objects.using("owner").filter(conversation=self.pk, draft__state="composing")
        found = [*waiting.values_list("pk", flat=True), *again.values_list("pk", flat=True)]
        if found:
            opened = open_draft(self.die.choice(sorted(found)))
            if opened:
                self.thinking.append(opened)

    def settles(self) -> None:
        if not self.thinking:
            return
        self.number += 1
        opened = self.thinking.pop(self.die.randrange(len(self.thinking)))
        settle_draft(opened, thought(self.die, self.number), latency_ms=1)

    def carries(self) -> None:
        """A worker takes up something that waits; inside its undo window it only looks."""
        waiting = Delivery.objects.using("owner").filter(message__conversation=self.pk, state="pending")
        found = list(waiting.order_by("pk").values_list("pk", flat=True))
        attempt = begin(self.die.choice(found)) if found else None
        if attempt:
            self.calling.append(attempt)

    def lands(self) -> None:
        """The channel has accepted one."""
        if self.calling:
            attempt = self.calling.pop(self.die.randrange(len(self.calling)))
            record(attempt, f"provider-{attempt.key}", None)

    def time(self) -> None:
        """Undo windows and claims run out."""
        owner_sql("UPDATE conversations_delivery SET not_before = now() WHERE state = 'pending'")
        owner_sql("UPDATE approvals_draft SET claimed_until = now() WHERE claimed_until > now()")

    # The end

    def settle(self) -> None:
        """Everything that was begun comes to its end."""
        for _ in range(20):
            self.time()
            for deed in ("opens", "settles", "carries", "lands"):
                self.forgiven(getattr(self, deed))()
        while self.thinking or self.calling:
            self.settles()
            self.time()
            self.forgiven(self.carries)()
            self.lands()

    @property
    def story(self) -> str:
        return "\n".join(self.told)

    def check(self) -> None:
        rows = Message.objects.using("owner").filter(conversation=self.pk).select_related("delivery").order_by("pk")
        messages = list(rows)
        self.check_nobody_was_answered_twice([one for one in messages if is_out(one) or one.direction == "in"])
        self.check_silence_after_a_take_over()
        self.check_no_text_is_lost(messages)
        unexplained = [one for one in messages if one.direction == "out" and not is_out(one) and not one.delivery.reason]
        assert not unexplained, f"held without a word: {unexplained}\n{self.story}"
        assert all(explained for _, explained in self.refused), f"refused without a word\n{self.story}"

    def check_nobody_was_answered_twice(self, public: list[Message]) -> None:
        """Of two replies in a row the author of the second knew the first, or it is his own."""
        for first, second in pairwise(public):
            if first.direction == "in" or second.direction == "in":
                continue
            same = first.sender_id is not None and first.sender_id == second.sender_id
            assert same or self.knew.get(second.pk, 0) >= first.pk, (
                f"answered twice: {first.text} | {second.text}\n{self.story}"
            )

    def check_silence_after_a_take_over(self) -> None:
        attempts = DeliveryAttempt.objects.using("owner").filter(
            delivery__message__conversation=self.pk, delivery__message__author="assistant"
        )
        for attempt in attempts.select_related("delivery__message"):
            message = attempt.delivery.message
            for watch in self.watches:
                is_then = watch.since < attempt.started_at and (watch.until is None or attempt.started_at < watch.until)
                may = message.reviewed_by_id == watch.by or (message.reviewed_by_id and message.created_at > watch.since)
                assert not is_then or may, f"the assistant spoke after a take-over: {message.text}\n{self.story}"

    def check_no_text_is_lost(self, messages: list[Message]) -> None:
        drafts = Draft.objects.using("owner").filter(conversation=self.pk).select_related("message")
        wanted = {one.pk for one in messages if one.direction == "in"}
        assert {draft.in_reply_to_id for draft in drafts} == wanted, f"a message without a draft\n{self.story}"
        for draft in drafts:
            assert draft.state != "composing", f"{draft} is never finished\n{self.story}"
            assert draft.text or draft.state not in ("sent", "rejected"), f"{draft} lost its words\n{self.story}"
        said = {one.text for one in messages if one.sender_id}
        assert {text for text in said if "says" in text} <= set(self.typed)


def is_out(message: Message) -> bool:
    """Whether the customer has it."""
    return message.direction == "out" and message.delivery.state in ("sent", "delivered", "read")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(PARTS))
def test_nobody_talks_over_anybody(cast: Cast, part: int) -> None:
    for seed in range(FIRST + part, FIRST + HISTORIES, PARTS):
        history = History(seed, cast)
        for _ in range(STEPS):
            history.step()
        history.settle()
        history.check()
    wrong = {code: rows for code, rows in broken().items() if rows}
    assert not wrong, wrong
