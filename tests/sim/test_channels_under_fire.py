"""Replies on three channels at once, through the real carriers, to servers on loopback that lose answers, ask to wait, break and hang.

Some senders are held between their row in the ledger and the call, seem dead, and go on after others have taken over. In the end each
server's own ledger holds no reply twice, everything that we call sent is in it, and what nobody can know is held for a person.

FIRE=1000 sends so many replies by each channel; a failure prints its seed (FIRE_SEED).
"""

import json
import os
import queue
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from email import message_from_bytes

import pytest
from django.db import connections

from contactcenter.invariants import broken
from conversations import carriage, delivery, statuses
from conversations.models import Account, Conversation, Customer, Delivery, Identity, Inbox, InboxSecret, InboxTeam, Message
from core import jobs, liveness
from core.context import Actor, acting_as
from core.jobs import LeaseLost
from gateways.breaker import breaker
from gateways.mail.gmail import GmailCarrier
from gateways.mail.gmail_token import forget_tokens
from gateways.mail.smtp import SmtpCarrier
from gateways.mail.tokens import send_key_in
from gateways.types import Channel, Connection
from gateways.whatsapp.client import Cloud
from tests.cast import SYSTEM, Cast, conversation
from tests.house.world import owner_sql
from tests.peers.gmail import GmailPeer, gmail
from tests.peers.smtp import SmtpPeer, smtp_peer
from tests.peers.whatsapp import ACCOUNT, NUMBER, TOKEN, WhatsAppPeer, whatsapp

EACH = int(os.environ.get("FIRE", "60"))
SEED = int(os.environ.get("FIRE_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
WORKERS, HELD_UP = 4, 2
CALL_SECONDS = 1.5
OPEN = ("pending", "sending", "unknown")
HAS_IT = ("sent", "delivered", "read")
WORST_HTTP = ("drop",) * 20 + ("refuse",) * 5 + ("503",) * 4 + ("503-after",) * 4 + ("429",) * 5 + ("late", "hang-after")
WORST_DOT = ("taken-drop",) * 20 + ("drop",) * 8 + ("451 4.3.0 later",) * 5 + ("taken-hang",)
WORST_DOOR = ("421 4.7.0 too busy",) * 4 + ("drop",) * 6
HOOK = Actor.system("hook")


def email_carrier(connection: Connection) -> Channel:
    """The real ones; a call of Gmail's that was given up is believed over sooner."""
    if connection.transport != "gmail":
        return SmtpCarrier(connection)
    made = GmailCarrier(connection, settles_in=1.0)
    made.call_seconds = CALL_SECONDS
    return made


def whatsapp_carrier(connection: Connection) -> Channel:
    made = Cloud(connection)
    made.call_seconds = CALL_SECONDS
    return made


class Fire:
    """Three servers with their ledgers, and the bad luck that calls meet."""

    def __init__(self, google: GmailPeer, mail: SmtpPeer, meta: WhatsAppPeer) -> None:
        self.google, self.mail, self.meta = google, mail, meta
        self.die, self.met, self.is_out = random.Random(SEED), Counter[str](), False
        self.hooks: queue.Queue[tuple[str, str]] = queue.Queue()
        google.weather = meta.weather = self.weather
        google.retry_after = meta.retry_after = "1"
        meta.call, meta.repeats, meta.reorders = self.hear, True, True
        mail.script = {
            "dot": [self.luck(WORST_DOT) for _ in range(EACH * 2)],
            "connect": [self.luck(WORST_DOOR, 0.1) for _ in range(EACH)],
        }

    def luck(self, worst: tuple[str, ...], share: float = 0.3) -> str:
        if self.is_out or self.die.random() > share:
            return "ok"
        fate = self.die.choice(worst)
        self.met[fate] += 1
        return fate

    def weather(self, operation: str) -> str:
        return self.luck(WORST_HTTP) if operation in ("drafts.create", "drafts.send", "messages") else "ok"

    def hear(self, raw: bytes, headers: dict[str, str]) -> None:
        """WhatsApp's webhooks, of which some never come."""
        told = json.loads(raw)["entry"][0]["changes"][0]["value"]["statuses"][0]
        if self.die.random() > 0.15:
            self.hooks.put((told["biz_opaque_callback_data"], told["status"]))

    def goes_out(self) -> None:
        self.is_out, self.mail.script = True, {}

    def ledger(self) -> list[str]:
        """The key of everything that really left, as often as it did."""
        mails = [str(message_from_bytes(taken.raw)["Message-ID"]).strip("<>") for taken in self.mail.ledger]
        return [str(send_key_in(one)) for one in (*self.google.mailbox.ledger, *mails)] + self.meta.keys()


@pytest.fixture
def fire(settings) -> Iterator[Fire]:
    settings.CHANNEL_GATEWAYS = {
        "email": "tests.sim.test_channels_under_fire.email_carrier",
        "whatsapp": "tests.sim.test_channels_under_fire.whatsapp_carrier",
    }
    forget_tokens()
    with gmail() as google, smtp_peer() as mail, whatsapp() as meta:
        settings.GMAIL_BASE_URL, settings.WHATSAPP_BASE_URL, settings.SMTP_URL = google.url, meta.url, mail.url
        yield Fire(google, mail, meta)


@pytest.fixture
def inboxes(cast: Cast) -> list[Inbox]:
    """One of each kind, connected."""
    kinds = (
        ("google", "email", "gmail", {}, {"client_id": "client-1", "client_secret": "secret-1", "refresh_token": "refresh-1"}),
        ("post", "email", "mail", {"smtp_seconds": CALL_SECONDS}, {}),
        ("wa", "whatsapp", "cloud", {"phone_number_id": NUMBER, "business_account_id": ACCOUNT}, {"access_token": TOKEN}),
    )
    found = []
    for slug, channel, transport, given, secrets in kinds:
        inbox = Inbox.objects.using("owner").create(
            name=slug, slug=slug, channel=channel, knowledge_base=cast.base, address=f"{slug}@shop.example"
        )
        InboxTeam.objects.using("owner").create(inbox=inbox, team=cast.orders_team)
        pace = {"sends_per_minute": 100_000}
        Account.objects.using("owner").create(inbox=inbox, transport=transport, settings=given | pace)
        for name, value in secrets.items():
            InboxSecret.objects.using("owner").create(inbox=inbox, name=name, value=value)
        found.append(inbox)
    return found


def replies(cast: Cast, inbox: Inbox) -> list[int]:
    """As many customers as replies, so that no customer's trouble is another's; returns the deliveries."""
    made = []
    for number in range(EACH):
        with acting_as(SYSTEM):
            one = Customer.objects.create(name=f"Customer {number}")
            kind, address = ("phone", f"49170{inbox.pk:02}{number:06}") if inbox.channel == "whatsapp" else (
                "email", f"c{number}.{inbox.slug}@customer.example"
            )  # fmt: skip
            Identity.objects.create(customer=one, kind=kind, address=address)
        matter, _ = conversation(inbox, one)
        with cast.acting(cast.ana):
            found = Conversation.objects.select_related("inbox").get(pk=matter.pk)
            said: Message = delivery.reply(found, f"It leaves today ({number}).", by=cast.ana, client_key=uuid.uuid4())
        made.append(said.delivery.pk)
    return made


def in_threads(count: int, work: Callable[[], None]) -> None:
    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, daemon=True) for _ in range(count)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(120)
    assert not any(one.is_alive() for one in threads), f"seed {SEED}: somebody hangs"


def run_what_is_due() -> None:
    waiting: queue.Queue[int] = queue.Queue()
    for pk, *_ in jobs.due(limit=1000):
        waiting.put(pk)

    def work() -> None:
        while True:
            try:
                pk = waiting.get_nowait()
            except queue.Empty:
                return
            jobs.run(pk)

    in_threads(WORKERS, work)


def hold_up(pks: list[int]) -> list[carriage.Attempt]:
    """Senders that got as far as their row in the ledger and seem to have died there."""
    owner_sql("UPDATE conversations_delivery SET not_before = now()")
    held = [attempt for pk in pks if (attempt := carriage.begin(pk))]
    liveness.let_go()
    owner_sql("UPDATE conversations_deliveryattempt SET deadline = now()")
    return held


def go_on(attempt: carriage.Attempt) -> None:
    """One of them wakes up and does what it was about to do."""
    provider_id, error = carriage._call(attempt)
    with pytest.raises(LeaseLost):
        carriage.record(attempt, provider_id, error)


def report(fire: Fire) -> None:
    while not fire.hooks.empty():
        key, status = fire.hooks.get()
        with acting_as(HOOK):
            statuses.reported(Delivery.objects.get(send_key=key), status, provider_id=f"wamid.{key}")


def time_passes() -> None:
    """What is waited for comes: a call that is still going on keeps its time."""
    for slug in ("google", "post", "wa"):
        breaker(f"channel:{slug}").close()
    owner_sql("UPDATE core_job SET run_at = now(), dispatched_at = NULL WHERE state = 'ready'")


def left_open() -> int:
    return Delivery.objects.using("owner").filter(state__in=OPEN).count()


@pytest.mark.timeout(120 + EACH)
def test_whatever_three_channels_do_no_reply_leaves_twice_or_is_forgotten(cast: Cast, fire: Fire, inboxes: list[Inbox]) -> None:
    all_of_them = [replies(cast, inbox) for inbox in inboxes]
    held = hold_up([pk for of_one in all_of_them for pk in of_one[:HELD_UP]])
    assert len(held) == 3 * HELD_UP
    ends = time.monotonic() + 45 + EACH / 4
    while left_open() and time.monotonic() < ends:
        time_passes()
        run_what_is_due()
        report(fire)
        if fire.met.total() > EACH and left_open() < EACH / 4:
            fire.goes_out()
    for attempt in held:
        go_on(attempt)
    report(fire)
    assert left_open() == 0, f"seed {SEED}: {fire.met}"
    agrees(fire, [pk for of_one in all_of_them for pk in of_one])


def agrees(fire: Fire, pks: list[int]) -> None:
    """What we say and what the servers' own ledgers hold."""
    left, told = Counter(fire.ledger()), f"seed {SEED}: {fire.met}"
    assert max(left.values()) == 1, f"sent twice: {[key for key, times in left.items() if times > 1]}, {told}"
    states = dict(Delivery.objects.using("owner").filter(pk__in=pks).values_list("send_key", "state"))
    assert len(states) == 3 * EACH and set(states.values()) <= {*HAS_IT, "held", "failed"}, told
    for key, state in states.items():
        if state != "held":  # Nobody can know: a person decides.
            assert (str(key) in left) == (state in HAS_IT), f"we say {state}, the server knows better, {told}"
    assert set(left) <= {str(key) for key in states}, told
    counted = Counter(states.values())
    assert sum(counted[one] for one in HAS_IT) > 3 * EACH / 2 and fire.met.total() > EACH / 3, f"{counted}, {told}"
    wrong = {code: rows for code, rows in broken().items() if rows}
    assert not wrong, f"{wrong}, {told}"
    print(f"seed {SEED}: {dict(counted)}, met {dict(fire.met)}")
