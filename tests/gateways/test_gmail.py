"""Sending by Gmail against a server that fails in every way that Gmail does: whatever is lost, no mail leaves twice."""

import random
import time
import uuid

import pytest

from gateways import breaker
from gateways.errors import Busy, DeadlinePassed, GatewayError, Misconfigured
from gateways.mail.gmail import Draft, GmailCarrier, carrier
from gateways.mail.gmail_token import forget_tokens
from gateways.mail.tokens import message_id
from gateways.types import Connection, OutboundMessage, Progress
from tests.peers.gmail import gmail

SECRETS = {"client_id": "client-1", "client_secret": "secret-1", "refresh_token": "refresh-1"}
ADDRESS = "support@shop.example"
SCHEDULES = 200


@pytest.fixture
def peer(settings):
    forget_tokens()
    breaker.reset()
    with gmail() as found:
        settings.GMAIL_BASE_URL = found.url
        yield found


def connection(**secrets):
    return Connection("email", "gmail", "support", address=ADDRESS, name="Support", secrets=SECRETS | secrets)


def quick(call_seconds=5.0):
    """A carrier that believes at once that a call is over."""
    made = GmailCarrier(connection(), settles_in=0.0)
    made.call_seconds = call_seconds
    return made


def mail(key, text="It leaves today.", **more):
    return OutboundMessage(
        "email", "support", "cara@customer.example", text, subject="Re: My order",
        mail_id=message_id(key, ADDRESS), written_at=1_790_000_000.0, **more,
    )  # fmt: skip


def key():
    return str(uuid.uuid4())


def test_a_mail_is_laid_down_its_name_is_kept_and_then_it_leaves(peer):
    one, kept = key(), []
    progress = Progress(kept=lambda ref: kept.append((ref, list(peer.mailbox.ledger))))
    provider_id = carrier(connection()).send(mail(one), one, progress)
    (ref, ledger), sent = kept[0], peer.mailbox.messages[provider_id]
    assert ledger == [] and len(kept) == 1, "the draft's name was not written down before it left"
    assert peer.mailbox.ledger == [message_id(one, ADDRESS)] and not peer.mailbox.drafts and sent.labels == {"SENT"}
    assert quick().lookup(one, ref) == provider_id and b"cara@customer.example" in sent.raw


def test_the_answer_lies_in_the_thread_of_the_mail_that_it_answers(peer):
    asked = peer.mailbox.arrives(b"Message-ID: <q1@customer.example>\r\n\r\nWhere is it?")
    one = key()
    sent = quick().send(mail(one, mail_chain=("older@customer.example", "q1@customer.example")), one, Progress())
    assert peer.mailbox.messages[sent].thread == peer.mailbox.messages[asked].thread


def test_an_id_that_would_be_more_than_an_id_is_not_searched_for(peer):
    one = key()
    quick().send(mail(one, mail_chain=('x"OR{in:anywhere}@evil.example',)), one, Progress())
    assert [asked["q"] for name, asked in peer.asked if name == "messages.list"] == [f"rfc822msgid:{message_id(one, ADDRESS)}"]


def test_a_long_mail_goes_by_the_address_for_uploads(peer):
    one = key()
    sent = quick().send(mail(one, "word " * 900_000), one, Progress())
    assert len(peer.mailbox.messages[sent].raw) > 3_000_000 and peer.mailbox.ledger == [message_id(one, ADDRESS)]


@pytest.mark.parametrize("fate", ["drop", "503-after", "junk", "hang-after"])
def test_what_left_before_the_answer_was_lost_is_found_and_not_sent_again(peer, fate):
    one, progress, channel = key(), Progress(), quick(0.6)
    peer.script["drafts.send"] = [fate]
    with pytest.raises(GatewayError) as caught:
        channel.send(mail(one), one, progress)
    assert caught.value.ambiguous and not caught.value.permanent
    peer.mailbox.search_lag = 3600
    found = channel.lookup(one, progress.ref)
    assert found and "SENT" in peer.mailbox.messages[found].labels
    assert channel.send(mail(one), one, Progress(progress.ref)) == found and len(peer.mailbox.ledger) == 1


@pytest.mark.parametrize("fate", ["refuse", "503", "hang"])
def test_what_never_left_is_still_a_draft_and_is_sent_by_the_next_try(peer, fate):
    one, progress, channel = key(), Progress(), quick(0.6)
    peer.script["drafts.send"] = [fate]
    with pytest.raises(GatewayError) as caught:
        channel.send(mail(one), one, progress)
    assert caught.value.ambiguous and peer.mailbox.ledger == []
    assert channel.lookup(one, progress.ref) is None
    assert channel.send(mail(one), one, Progress(progress.ref)) and len(peer.mailbox.ledger) == 1
    assert peer.count("drafts.create") == 1


def test_a_draft_proves_nothing_while_the_call_may_still_be_on_its_way(peer):
    one, progress = key(), Progress()
    channel = GmailCarrier(connection())
    channel.call_seconds = 0.3
    peer.script["drafts.send"] = ["late"]
    with pytest.raises(GatewayError):
        channel.send(mail(one), one, progress)
    with pytest.raises(GatewayError) as caught:
        channel.lookup(one, progress.ref)
    assert not caught.value.ambiguous and peer.mailbox.ledger == []
    ends = time.monotonic() + 5
    while not peer.mailbox.ledger and time.monotonic() < ends:
        time.sleep(0.02)
    channel.call_seconds = 5.0
    assert channel.lookup(one, progress.ref) and len(peer.mailbox.ledger) == 1


def test_a_draft_that_somebody_threw_away_is_for_a_person_to_judge(peer):
    one, progress, channel = key(), Progress(), quick()
    peer.script["drafts.send"] = ["503"]
    with pytest.raises(GatewayError):
        channel.send(mail(one), one, progress)
    peer.mailbox.vanishes(peer.mailbox.drafts.pop(Draft.read(progress.ref).id))
    for attempt in (lambda: channel.lookup(one, progress.ref), lambda: channel.send(mail(one), one, Progress(progress.ref))):
        with pytest.raises(GatewayError) as caught:
            attempt()
        assert caught.value.ambiguous and not caught.value.permanent
    assert peer.mailbox.ledger == []


def test_a_mail_is_known_by_its_mark_when_gmail_gives_it_another_id(peer):
    peer.mailbox.renames = True
    one, progress, channel = key(), Progress(), quick()
    peer.script["drafts.send"] = ["drop"]
    with pytest.raises(GatewayError):
        channel.send(mail(one), one, progress)
    assert channel.lookup(one, progress.ref) in peer.mailbox.messages and len(peer.mailbox.ledger) == 1


def test_a_draft_whose_name_was_lost_on_the_way_is_used_by_the_next_try(peer):
    one, channel = key(), quick()
    peer.script["drafts.create"] = ["drop"]
    with pytest.raises(GatewayError) as caught:
        channel.send(mail(one), one, Progress())
    assert not caught.value.ambiguous and channel.lookup(one) is None
    channel.send(mail(one), one, Progress())
    assert peer.mailbox.ledger == [message_id(one, ADDRESS)] and not peer.mailbox.drafts


def test_without_a_kept_name_what_was_sent_is_found_all_the_same(peer):
    one, channel = key(), quick()
    sent = channel.send(mail(one), one, Progress())
    assert channel.send(mail(one), one, Progress()) == sent == channel.lookup(one) and len(peer.mailbox.ledger) == 1


def test_nothing_leaves_when_the_name_cannot_be_written_down(peer):
    def fails(ref):
        raise RuntimeError("the database is away")

    with pytest.raises(RuntimeError):
        one = key()
        quick().send(mail(one), one, Progress(kept=fails))
    assert peer.mailbox.ledger == []


@pytest.mark.parametrize("operation", ["drafts.create", "drafts.send", "messages.list", "token"])
@pytest.mark.parametrize("fate", ["429", "429-words", "403-rate"])
def test_who_is_asked_to_wait_waits_as_long_as_gmail_says(peer, operation, fate):
    if operation == "token" and fate == "403-rate":
        return
    peer.script[operation] = [fate]
    with pytest.raises(Busy) as caught:
        one = key()
        quick().send(mail(one), one, Progress())
    assert not caught.value.ambiguous and not caught.value.permanent and peer.mailbox.ledger == []
    told = {"429": 7, "429-words": 90 if operation != "token" else 30, "403-rate": 30}[fate]
    assert caught.value.seconds == pytest.approx(told, abs=3)


def test_a_refused_message_is_refused_for_good(peer):
    peer.script["drafts.send"] = ["400"]
    with pytest.raises(GatewayError) as caught:
        one = key()
        quick().send(mail(one), one, Progress())
    assert caught.value.permanent and not isinstance(caught.value, Misconfigured)


@pytest.mark.parametrize("fate", ["403", "401"])
def test_a_refused_account_is_an_operator_s_matter(peer, fate):
    peer.script["drafts.create"] = [fate, fate]
    with pytest.raises(Misconfigured):
        one = key()
        quick().send(mail(one), one, Progress())
    assert peer.count("drafts.create") == (2 if fate == "401" else 1)


def test_a_token_that_ran_out_early_is_renewed_once(peer):
    one, channel = key(), quick()
    channel.send(mail(one), one, Progress())
    peer.tokens.clear()
    two = key()
    channel.send(mail(two), two, Progress())
    assert peer.count("token") == 2 and len(peer.mailbox.ledger) == 2


def test_a_token_is_asked_for_once_and_never_shown_to_another_inbox(peer):
    for _ in range(3):
        one = key()
        quick().send(mail(one), one, Progress())
    assert peer.count("token") == 1
    with pytest.raises(Misconfigured, match="connect the account again"):
        one = key()
        GmailCarrier(connection(refresh_token="gone")).send(mail(one), one, Progress())
    assert peer.count("token") == 2 and len(peer.mailbox.ledger) == 3


def test_an_inbox_that_was_never_connected_reaches_nobody(settings):
    settings.GMAIL_BASE_URL = "https://gmail.googleapis.com"
    with pytest.raises(Misconfigured, match="not connected"):
        one = key()
        GmailCarrier(Connection("email", "gmail", "support", address=ADDRESS)).send(mail(one), one, Progress())


@pytest.mark.parametrize("operation", ["token", "messages.list", "drafts.create", "drafts.send"])
def test_a_call_ends_in_time_whatever_hangs(peer, operation):
    peer.script[operation] = ["hang"]
    one, began = key(), time.monotonic()
    with pytest.raises(GatewayError) as caught:
        quick(0.5).send(mail(one), one, Progress())
    assert time.monotonic() - began < 2.5 and caught.value.ambiguous == (operation == "drafts.send")
    assert isinstance(caught.value, DeadlinePassed) or operation == "drafts.send"


def test_a_gmail_that_is_not_there_was_surely_not_told(settings):
    settings.GMAIL_BASE_URL = "http://127.0.0.1:9"
    forget_tokens()
    with pytest.raises(GatewayError) as caught:
        one = key()
        quick().send(mail(one), one, Progress())
    assert not caught.value.ambiguous and not caught.value.permanent


FATES = ("ok",) * 40 + ("drop", "503", "503-after", "refuse") * 3 + ("junk", "429", "403-rate", "hang", "hang-after", "late")


def test_no_mail_leaves_twice_and_none_is_forgotten_under_any_weather(peer):
    """What conversations/carriage.py does, without its tables: try, look, try again, until it is known or a person has to judge."""
    held = 0
    for seed in range(SCHEDULES):
        die = random.Random(seed)
        peer.mailbox.search_lag = die.choice([0.0, 0.0, 0.3, 3600.0])
        peer.weather = lambda operation, die=die: die.choice(FATES) if operation != "token" else "ok"
        one, channel = key(), quick(0.25)
        found, is_held = history(channel, one, die, peer)
        peer.weather = lambda operation: "ok"
        sent = peer.mailbox.ledger.count(message_id(one, ADDRESS))
        assert sent <= 1, f"seed {seed}: sent {sent} times"
        assert is_held or (sent == 1 and found), f"seed {seed}: {found}, sent {sent} times"
        held += is_held
    assert held < SCHEDULES * 0.1


def history(channel, one, die, peer):
    """One sending as its keeper sees it. Now and then the process dies in the middle and another goes on with what was written down."""
    ref, doubtful = "", False
    for _ in range(60):
        progress = Progress(ref)
        try:
            if doubtful:
                found = channel.lookup(one, ref)
                if found:
                    return found, False
                doubtful = False
            elif die.random() < 0.1:
                channel.send(mail(one), one, progress)
                ref, doubtful = progress.ref, True  # It died before it could say what the answer was.
            else:
                return channel.send(mail(one), one, progress), False
        except GatewayError as error:
            ref, doubtful = progress.ref, doubtful or error.ambiguous
            if error.permanent:
                return None, False
    return None, doubtful
