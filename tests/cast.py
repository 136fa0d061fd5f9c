"""The cast, the same in every test.

Cara writes to the orders inbox, Dan to the app inbox. Ana serves orders, Ben serves the app, Sam supervises orders, Ada is the
admin, Mallory was an agent in orders and is not any more.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db.models.functions import Now

from accounts.models import Membership, Team, User
from approvals.models import Automation
from conversations.models import Conversation, Customer, Identity, Inbox, InboxTeam, Message
from core.context import Actor, acting_as
from knowledge.models import KnowledgeBase

PASSWORD = "correct horse battery"
SYSTEM = Actor.system("tests")


@dataclass
class Cast:
    ana: User
    ben: User
    sam: User
    ada: User
    mallory: User
    orders: Inbox
    app: Inbox
    orders_team: Team
    app_team: Team
    base: KnowledgeBase
    cara: Customer
    dan: Customer

    def fresh(self, user: User) -> User:
        """The user as he is in the database now, epoch included."""
        return User.objects.using("owner").get(pk=user.pk)

    def acting(self, user: User) -> Any:
        return acting_as(Actor.of(self.fresh(user)))


@cache
def hashed_password() -> str:
    """Hashed once a process: Argon2 is slow on purpose."""
    return make_password(PASSWORD)


def person(name: str, role: str, **fields: Any) -> User:
    user = User(email=f"{name.lower()}@cast.example", name=f"{name} Cast", role=role, password=hashed_password(), **fields)
    user.save(using="owner")
    return user


def make_cast() -> Cast:
    """Everybody, through the owner's connection, as a first start would."""
    ana, ben = person("Ana", "agent"), person("Ben", "agent")
    sam, ada = person("Sam", "supervisor"), person("Ada", "admin")
    mallory = person("Mallory", "agent", is_active=False)
    orders_team = Team.objects.using("owner").create(name="Orders")
    app_team = Team.objects.using("owner").create(name="App")
    for user, team in ((ana, orders_team), (sam, orders_team), (mallory, orders_team), (ben, app_team)):
        Membership.objects.using("owner").create(user=user, team=team)
    base = KnowledgeBase.objects.using("owner").create(name="Help", slug="help")
    Automation.objects.using("owner").create(base=base, state=Automation.State.TRUSTED)
    orders = Inbox.objects.using("owner").create(name="Orders", slug="web", channel="web", knowledge_base=base)
    app = Inbox.objects.using("owner").create(name="App", slug="app", channel="web", knowledge_base=base)
    InboxTeam.objects.using("owner").create(inbox=orders, team=orders_team)
    InboxTeam.objects.using("owner").create(inbox=app, team=app_team)
    cara, dan = customer("Cara"), customer("Dan")
    found = Cast(ana, ben, sam, ada, mallory, orders, app, orders_team, app_team, base, cara, dan)
    for name in ("ana", "ben", "sam", "ada", "mallory"):
        setattr(found, name, found.fresh(getattr(found, name)))
    return found


def customer(name: str) -> Customer:
    with acting_as(SYSTEM):
        one = Customer.objects.create(name=f"{name} Cast")
        Identity.objects.create(customer=one, kind="email", address=f"{name.lower()}@customer.example")
        return one


def conversation(inbox: Inbox, of: Customer, text: str = "Where is my order?") -> tuple[Conversation, Message]:
    """An open conversation with one message of the customer, without a job."""
    with acting_as(SYSTEM):
        matter = Conversation.objects.create(
            inbox_id=inbox.pk, customer_id=of.pk, channel=inbox.channel, subject=text[:80], preview=text[:80]
        )
        return matter, inbound(matter, text)


def inbound(matter: Conversation, text: str) -> Message:
    with acting_as(SYSTEM):
        return Message.objects.create(
            conversation=matter,
            inbox_id=matter.inbox_id,
            customer_id=matter.customer_id,
            direction="in",
            author="customer",
            text=text,
            published_at=Now(),
        )
