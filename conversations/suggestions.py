"""Who may be the same person: computed when somebody looks, from rows he may see, with the evidence in words. Never more than said.

Every look-up is by equality on an indexed column or over a bounded number of rows, so that it costs the same with a million customers.
"""

import re
from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from conversations import families
from conversations.customer_merging import told_apart
from conversations.models import Customer, Identity, Message

NAMESAKES = 50
READ_OF_ONE = 50
READ_OF_ALL = 1000
SHOWN = 3
# An address at one of these says nothing about who else has one there.
PUBLIC_MAIL = {
    "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com", "yahoo.co.uk",
    "yahoo.de", "ymail.com", "icloud.com", "me.com", "mac.com", "aol.com", "gmx.de", "gmx.net", "gmx.at", "gmx.ch",
    "web.de", "t-online.de", "freenet.de", "mail.com", "proton.me", "protonmail.com", "pm.me", "posteo.de",
    "mailbox.org", "zoho.com", "yandex.ru", "mail.ru", "qq.com", "163.com", "126.com", "orange.fr", "free.fr",
    "laposte.net", "libero.it", "seznam.cz", "wp.pl", "o2.pl", "fastmail.com", "tutanota.com", "hey.com", "naver.com",
}  # fmt: skip
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"\+?\d[\d ()/.-]{6,20}\d")


@dataclass(frozen=True)
class Suggestion:
    """A customer who may be the same person, and why."""

    customer: Customer
    evidence: list[str]
    is_sure: bool
    identities: list[Identity]


def suggestions(customer: Customer) -> list[Suggestion]:
    """At most three, the surest first. Whoever was told apart from the person before is not among them."""
    rows = families.rows_of(customer)
    mine = [row.pk for row in rows]
    evidence: dict[int, list[str]] = defaultdict(list)
    addresses = list(Identity.objects.filter(customer__in=mine))
    sure = _same_address(mine, addresses, evidence)
    _named_in_messages(mine, addresses, evidence)
    _namesakes(rows, addresses, evidence)
    found = _people(set(evidence) - set(mine) - told_apart(mine))
    made = [
        Suggestion(one, evidence[one.pk], one.pk in sure or len(evidence[one.pk]) > 1, list(one.identities.all()))
        for one in found
    ]
    return sorted(made, key=lambda one: (not one.is_sure, -len(one.evidence), one.customer.pk))[:SHOWN]


def _same_address(mine: list[int], addresses: list[Identity], evidence: dict[int, list[str]]) -> set[int]:
    """The same address came in by another kind of channel; sure when both were proven."""
    known = {one.address: one for one in addresses}
    found = Identity.objects.filter(kind__in=Identity.Kind.values, address__in=list(known)).exclude(customer__in=mine)
    sure = set()
    for other in found:
        evidence[other.customer_id].append(_("Same address: %(address)s") % {"address": other})
        if other.level and known[other.address].level:
            sure.add(other.customer_id)
    return sure


def _named_in_messages(mine: list[int], addresses: list[Identity], evidence: dict[int, list[str]]) -> None:
    """One of them named an address of the other in a message."""
    texts = Message.objects.filter(customer__in=mine, direction=Message.Direction.IN).order_by("-pk")
    named = set().union(*map(addresses_in, texts.values_list("text", flat=True)[:READ_OF_ONE]), set())
    for other in Identity.objects.filter(kind__in=Identity.Kind.values, address__in=named).exclude(customer__in=mine):
        evidence[other.customer_id].append(_("Named %(address)s in a message") % {"address": other})
    known = {one.address: one for one in addresses if one.kind != Identity.Kind.VISITOR}
    if not known:
        return
    heard = Message.objects.filter(direction=Message.Direction.IN).order_by("-pk").values_list("customer", "text")[:READ_OF_ALL]
    for who, text in heard:
        for address in addresses_in(text) & set(known) if who not in mine else ():
            said = _("Wrote your customer’s %(address)s in a message") % {"address": known[address]}
            if said not in evidence[who]:
                evidence[who].append(said)


def addresses_in(text: str) -> set[str]:
    """E-mail addresses and phone numbers in `text`, written as identities are."""
    mails = {found.lower().rstrip(".") for found in _ADDRESS.findall(text)}
    return mails | {"+" + "".join(sign for sign in found if sign.isdigit()) for found in _PHONE.findall(text)}


def _namesakes(rows: list[Customer], addresses: list[Identity], evidence: dict[int, list[str]]) -> None:
    """A name alone is shared by many: together with the place, or with a mail domain of their own, it says something."""
    mine = [row.pk for row in rows]
    names = {row.name for row in rows if row.name.strip()}
    places = {row.place.casefold() for row in rows if row.place}
    domains = {domain_of(one) for one in addresses} - {""}
    if not names or not (places or domains):
        return
    others = Customer.objects.filter(name__in=names).exclude(pk__in=mine).prefetch_related("identities").order_by("-pk")
    for other in others[:NAMESAKES]:
        if other.place and other.place.casefold() in places:
            evidence[other.pk].append(_("Same name and same place: %(place)s") % {"place": other.place})
        for domain in sorted({domain_of(one) for one in other.identities.all()} & domains):
            evidence[other.pk].append(_("Same name and same mail domain: %(domain)s") % {"domain": domain})


def domain_of(identity: Identity) -> str:
    """The mail domain of an address, empty for a public provider's and for what is no mail."""
    domain = identity.address.rpartition("@")[2] if identity.kind == Identity.Kind.EMAIL else ""
    return "" if domain in PUBLIC_MAIL else domain


def _people(pks: set[int]) -> list[Customer]:
    """Those of them that the reader may see and that stand for themselves."""
    return list(Customer.objects.filter(Q(pk__in=pks), merged_into=None).prefetch_related("identities"))
