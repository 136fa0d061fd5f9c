"""Who merely typed somebody's address is not told by what name we know its owner."""

import pytest

from approvals.snapshots import snapshot
from conversations.models import Conversation, Level, Message
from core.context import acting_as
from tests.cast import SYSTEM, Cast, conversation


def name_told(matter: Conversation, message: Message) -> str:
    with acting_as(SYSTEM):
        thread = snapshot(Conversation.objects.select_related("inbox", "customer").get(pk=matter.pk), message)
        return thread.customer_name


def test_the_name_is_for_whoever_gave_it_and_for_whoever_is_proven(cast: Cast) -> None:
    first, said = conversation(cast.orders, cast.cara)
    second, typed = conversation(cast.orders, cast.cara, "I only say that I am Cara")
    assert (name_told(first, said), name_told(second, typed)) == ("Cara", "")


@pytest.mark.parametrize("level", [Level.CHANNEL, Level.PROVEN])
def test_who_is_vouched_for_is_called_by_his_name(cast: Cast, level: int) -> None:
    conversation(cast.orders, cast.cara)
    second, message = conversation(cast.orders, cast.cara)
    with acting_as(SYSTEM):
        Conversation.objects.filter(pk=second.pk).update(level=level)
    assert name_told(second, message) == "Cara"
