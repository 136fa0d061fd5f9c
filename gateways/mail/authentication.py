"""What our own mail provider found out about the sender (RFC 8601). Only the topmost header can be its: those below may have been
written by whoever sent the mail. `authority` says whose it claims to be, for whoever knows what his provider calls itself.

dmarc is taken as it is said, unless it is said of another domain than the one that From shows. dkim and spf are "pass" only for a domain
that speaks for From's (the same, or one above it); what passed for a stranger says nothing about the sender.
"""

import re

from gateways.mail.structure import Part
from gateways.mail.types import Address, Authentication

_COMMENT = re.compile(r"\([^()]{0,2000}\)")
# What a sender calls himself can stand in quotes, with everything in it that would end a result.
_QUOTED = re.compile(r'"(?:[^"\\]|\\.){0,1000}"')
_DIVIDERS = str.maketrans(";()", "   ")
_RESULT = re.compile(r"^\s{0,9}(dmarc|dkim|spf)\s{0,3}=\s{0,3}([a-z]{1,20})", re.I)
_PROPERTY = re.compile(
    r"\b(header\.from|header\.d|header\.i|smtp\.mailfrom|smtp\.helo)\s{0,3}=\s{0,3}\"?([^\s;\"]{1,320})", re.I
)
_FAILED = ("fail", "permerror", "reject", "quarantine", "hardfail")
_LONGEST = 16_000


def authentication(root: Part, sender: Address | None) -> Authentication:
    """The provider's verdicts; all empty where it gave none, or where two senders are named."""
    header = root.headers.plain("authentication-results")[:_LONGEST]
    if not header or sender is None or len(root.headers.all("from")) != 1:
        return Authentication()
    plain = _QUOTED.sub(lambda quoted: quoted[0].translate(_DIVIDERS), header)
    authority, *results = _COMMENT.sub(" ", plain).split(";")
    domain = sender.address.rpartition("@")[2]
    found: dict[str, str] = {}
    for result in results:
        named = _RESULT.match(result)
        if named:
            method, verdict = named[1].lower(), _judged(named[1].lower(), named[2].lower(), result, domain)
            found[method] = _both(method, found[method], verdict) if method in found else verdict
    return Authentication(
        dmarc=found.get("dmarc", ""), dkim=found.get("dkim", ""), spf=found.get("spf", ""), authority=_name(authority)
    )


def _both(method: str, one: str, other: str) -> str:
    """Two verdicts of one method. One signature that holds is enough; of DMARC there is one verdict, and a second one is somebody's own."""
    if method != "dmarc":
        return "pass" if "pass" in (one, other) else one or other
    return one if one == other else "fail" if "fail" in (one, other) else ""


def _name(authority: str) -> str:
    return (authority.split() or [""])[0].lower()[:255]


def _judged(method: str, verdict: str, result: str, domain: str) -> str:
    properties = {name.lower(): value.lower().rpartition("@")[2].rstrip(".") for name, value in _PROPERTY.findall(result)}
    if method == "dmarc":
        about = properties.get("header.from", domain)
        return ("pass" if verdict == "pass" else "fail" if verdict in _FAILED else "") if about == domain else ""
    if verdict != "pass":
        return "fail" if verdict in _FAILED else ""
    spoken_for = (
        (properties.get("header.d") or properties.get("header.i")) if method == "dkim" else properties.get("smtp.mailfrom")
    )
    return "pass" if spoken_for and _speaks_for(spoken_for, domain) else ""


def _speaks_for(domain: str, other: str) -> bool:
    return domain == other or ("." in domain and other.endswith(f".{domain}"))
