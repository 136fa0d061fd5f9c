"""Who works at Saltbarrow, in which teams, and the inboxes they serve."""

import secrets
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password

from accounts.models import Membership, Team, User
from approvals import restoring
from approvals.models import Automation
from conversations.models import Account, BusinessHours, Inbox, InboxSecret, InboxTeam, Template, Transport
from core.context import Actor, acting_as
from knowledge.models import KnowledgeBase

DOMAIN = "demo.example"
# Shorter than anybody may choose: well known, and only ever on a machine of one's own.
PASSWORD = "demo"  # noqa: S105
ORDERS, WORKSHOP = "Orders", "Workshop"
TEAMS = {ORDERS: "box", WORKSHOP: "settings"}
UNDO_SECONDS = 5


@dataclass(frozen=True)
class Person:
    name: str
    role: str
    teams: tuple[str, ...] = ()
    is_told: bool = False

    @property
    def key(self) -> str:
        return self.name.split()[0].lower()

    @property
    def email(self) -> str:
        return f"{self.key}@{DOMAIN}"


PEOPLE = (
    Person("Ana Ferreira", User.Role.AGENT, (ORDERS,), is_told=True),
    Person("Ben Okafor", User.Role.AGENT, (WORKSHOP,), is_told=True),
    Person("Sam Whitlock", User.Role.SUPERVISOR, (ORDERS, WORKSHOP), is_told=True),
    Person("Ada Lindgren", User.Role.ADMIN, is_told=True),
    Person("Jonas Weber", User.Role.AGENT, (ORDERS,)),
    Person("Mirela Popa", User.Role.AGENT, (ORDERS,)),
    Person("Tom Haddad", User.Role.AGENT, (WORKSHOP,)),
    Person("Yuki Tanabe", User.Role.AGENT, (WORKSHOP,)),
)


@dataclass(frozen=True)
class Door:
    """An inbox: its name in the story, what it is called, and how far the assistant may go in it."""

    name: str
    slug: str
    channel: str
    teams: tuple[str, ...]
    address: str = ""
    first_reply_minutes: int = 60
    review_minutes: int = 60
    auto_send: bool = True
    secrets: tuple[str, ...] = ()


# The hook's own, and what a stand-in for Gmail asks for.
MAIL_SECRETS = ("secret", "client_id", "client_secret", "refresh_token")
DOORS = {
    "website": Door("Website", "support", "web", (ORDERS,)),
    "email": Door(
        "Help by email", "help", "email", (ORDERS,), "help@saltbarrow.example", 240, 180, secrets=MAIL_SECRETS
    ),
    "whatsapp": Door(
        "WhatsApp", "whatsapp", "whatsapp", (ORDERS, WORKSHOP), "+44 117 496 0140", 30, 25,
        secrets=("app_secret", "verify_token", "access_token"),
    ),
    "workshop": Door(
        "Workshop", "workshop", "email", (WORKSHOP,), "workshop@saltbarrow.example", 240, 180, auto_send=False,
        secrets=MAIL_SECRETS,
    ),
}  # fmt: skip
PHONE_NUMBER_ID, BUSINESS_ACCOUNT_ID = "106540352242922", "102290129340398"
WEEKDAYS = {str(day): [["09:00", "17:30"]] for day in range(5)}
TEMPLATES = (
    ("repair_ready", "Hello {{1}}, your {{2}} is repaired and on its way back to you. Reply here if anything is not right."),
    ("still_need_help", "Hello {{1}}, we could not reach you within a day. Do you still need our help?"),
)


@dataclass(frozen=True)
class Staff:
    """Everybody and everything that the story names, by the name it uses."""

    people: dict[str, User]
    inboxes: dict[str, Inbox]

    def fresh(self, name: str) -> User:
        """The person as she is now: joining a team has voided what she was before."""
        return User.objects.using("owner").get(pk=self.people[name].pk)


def hire(base: KnowledgeBase) -> Staff:
    """Make the people, their teams and their inboxes. The first of them can only come from the database's owner."""
    password = make_password(PASSWORD)
    users = [User(email=one.email, name=one.name, role=one.role, password=password) for one in PEOPLE]
    for user in users:
        user.save(using="owner")
    people = {one.key: user for one, user in zip(PEOPLE, users, strict=True)}
    with acting_as(Actor.of(people["ada"])):
        teams = {name: Team.objects.create(name=name, icon=icon) for name, icon in TEAMS.items()}
        for one in PEOPLE:
            for team in one.teams:
                Membership.objects.create(user=people[one.key], team=teams[team])
        inboxes = {key: _open(door, base, teams) for key, door in DOORS.items()}
        _furnish(inboxes)
        # The articles are of the kind that the shipped calibrator was measured on, so it may be relied on from the start.
        restoring.reach(base.pk, Automation.State.TRUSTED, by=people["ada"])
    with acting_as(Actor.system("demo")):
        for name, body in TEMPLATES:
            Template.objects.create(
                inbox=inboxes["whatsapp"],
                name=name,
                language="en",
                category="UTILITY",
                status=Template.Status.APPROVED,
                body=body,
            )
    return Staff(people, inboxes)


def _open(door: Door, base: KnowledgeBase, teams: dict[str, Team]) -> Inbox:
    """An inbox without an undo window, so that the play never waits; `set_undo` gives it one."""
    inbox = Inbox.objects.create(
        name=door.name, slug=door.slug, channel=door.channel, address=door.address, knowledge_base=base, undo_seconds=0,
        first_reply_minutes=door.first_reply_minutes, review_minutes=door.review_minutes, auto_send=door.auto_send,
    )  # fmt: skip
    for team in door.teams:
        InboxTeam.objects.create(inbox=inbox, team=teams[team])
    for name in door.secrets:
        InboxSecret.objects.create(inbox=inbox, name=name, value=secrets.token_urlsafe(24))
    if door.channel == "whatsapp":
        numbers = {"phone_number_id": PHONE_NUMBER_ID, "business_account_id": BUSINESS_ACCOUNT_ID}
        Account.objects.create(inbox=inbox, transport=Transport.SANDBOX, settings=numbers)
    return inbox


def _furnish(inboxes: dict[str, Inbox]) -> None:
    """When people answer, and by which address customers of the website get what they have not read."""
    office = BusinessHours.objects.create(name="Office hours", zone="Europe/London", week=WEEKDAYS, holidays=["2026-12-25"])
    Inbox.objects.update(business_hours=office)
    Inbox.objects.filter(pk=inboxes["website"].pk).update(mail_through=inboxes["email"])


def set_undo(staff: Staff) -> None:
    """From now on replies wait as long as anywhere else."""
    with acting_as(Actor.of(staff.fresh("ada"))):
        Inbox.objects.update(undo_seconds=UNDO_SECONDS)
