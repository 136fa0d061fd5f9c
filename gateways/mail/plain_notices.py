"""Notices of servers that tell in their own words that a mail did not arrive: qmail, old Exchange and sendmail, phone companies.

Read only from a sender that is a mail server, and only what stands before the mail that was returned. Line by line, long lines cut.
"""

import re
from dataclasses import dataclass

from gateways.mail.structure import Part
from gateways.mail.types import DeliveryNotice

ADDRESS = re.compile(r"[^\s<>@,;:\"'()\[\]/=]{1,64}@[A-Za-z0-9\u00a1-\uffff][\w.-]{0,252}[\w]")
_SERVERS = re.compile(
    r"mailer[-_.]?daemon|mail[-_.]?daemon|post[-_.]?master|mail[-_. ]?deliver|delivery[-_. ](?:sub)?system|system administrator|"
    r"microsoftexchange|mail[-_. ]?administrator|mail system|mdaemon|undeliver",
    re.I,
)
# Only as a name of a mailbox: Bounce Fitness is a customer, and so is whoever writes through a service that collects bounces so.
_BOUNCES = re.compile(r"(?<![\w.+-])bounces?(?:[-+=.]\S{1,200})?@", re.I)
_HOST = re.compile(r"@[\w.-]{1,253}")
_FAILURE = re.compile(
    r"undeliver|non-?deliver|(?:not|n't|unable to|cannot|impossible to) (?:be )?(?:deliver|sent\b|reach|complete)|not (?:be )?delivered|"
    r"delivery (?:has |to .{1,80} )?(?:fail|abort|delay|error|problem|status)|deli?v[ei]ry .{1,60}(?:fail|abort|delay)|fail(?:ed|ure) "
    r"(?:notice|delivery|permanently|recipient|address|for)|returned (?:mail|message|to sender)|mail (?:delivery )?fail|did not reach|"
    r"delivery errors|permanent (?:error|failure|fatal)|user unknown|unknown user|no such (?:user|mailbox|address)|invalid (?:user|recipient|"
    r"address)|mailbox (?:is )?(?:full|unavailable)|over quota|address(?:es)? failed|failure reasons|unzustellbar|nicht zugestellt|"
    r"non remis|no se pudo entregar|no se ha podido|non (?:è stato|recapitat)|не может быть доставлено|не доставлено|配信|配送|送信でき|退信|"
    r"being retried|could not send|failed to send|was not sent|rejected",
    re.I,
)
_DELAY = re.compile(
    r"will (?:continue|keep|be retried|try again)|still being retried|(?:has|been) delayed|delivery delayed|delayed mail|do not need to resend|"
    r"not yet been delivered|not been delivered yet|still trying|temporarily delayed|warning: message|verzögert|noch nicht zugestellt|retardé",
    re.I,
)
_GIVEN_UP = re.compile(
    r"giv(?:en|ing) up|permanent|no further|will not be retried|has expired|too long|have failed|fatal error", re.I
)
_RETURNED = re.compile(
    r"^\W{0,40}(?:(?:below this line|included is|this is|here is|the following is|start of|attached is)\b.{0,60}\b(?:copy|headers?|message)|"
    r"(?:original|returned|unsent|undelivered|rejected) (?:message|mail)(?! to)|message (?:header|text)s? follows?|unsent message|"
    r"received: |return-path: )",
    re.I,
)
_NAMED = re.compile(
    r"^\W{0,12}(?:rcpt to|addressed to|recipients?|to|failed recipients?|recipient address|unable to deliver (?:message )?to|address|"
    r"intended recipient|an|empfänger|destinataire)\s?:\W{0,4}",
    re.I,
)
_STANDS_FIRST = re.compile(r"^[\s*<\"'(-]{0,16}(?:smtp:|mailto:)?")
_AFTER_ADDRESS = re.compile(r"^[>\"')]{0,3}\s{0,4}(?:$|[:\[(.]|on\b|-|<)")
_CODE = re.compile(r"(?<![\d.@-])(?:[45]\.\d{1,3}\.\d{1,3}|[45]\d\d)(?![\d.])(?=[\s:-])")
# Lines that say nothing of why: short ones, dates, headings, headers of the mail that was returned.
_ORNAMENT = re.compile(r".{0,8}$|on \w{3}, |[-=*#_]{3}|this (?:is|message)|[\w-]{2,25}:\s?\S", re.I)
_MOST_LINES = 400
_LONGEST_LINE = 500


@dataclass(frozen=True)
class _Found:
    recipient: str = ""
    reason: str = ""


def told_plainly(root: Part, text: str, *, is_known: bool = False) -> DeliveryNotice | None:
    """The notice, None when this is none. `is_known`: it is one, and only its words are wanted."""
    if not (is_known or _is_from_a_server(root)):
        return None
    lines = _before_the_returned(text)
    said = root.headers.text("subject") + "\n" + "\n".join(lines)
    if not (is_known or _FAILURE.search(said)):
        return None
    failed = ADDRESS.search(root.headers.plain("x-failed-recipients"))
    found = _look(lines, _own(root))
    recipient = failed[0].lower() if failed else found.recipient or _returned_to(root)
    if not (recipient or is_known or found.reason):
        return None
    is_delay = bool(_DELAY.search(said)) and not _GIVEN_UP.search(said)
    return DeliveryNotice(is_final=not is_delay, recipient=recipient, reason=found.reason)


def _is_from_a_server(root: Part) -> bool:
    headers = root.headers
    if headers.has("x-failed-recipients") or headers.plain("return-path").replace(" ", "") == "<>":
        return True
    named, returned = headers.text("from"), headers.plain("return-path")
    # What a domain is called says nothing of who writes from it.
    return bool(_BOUNCES.search(named) or any(_SERVERS.search(_HOST.sub(" ", one)) for one in (named, returned)))


def _before_the_returned(text: str) -> list[str]:
    lines: list[str] = []
    for line in text[: _MOST_LINES * _LONGEST_LINE].split("\n")[:_MOST_LINES]:
        if lines and _RETURNED.match(line[:_LONGEST_LINE]):
            break
        lines.append(line[:_LONGEST_LINE])
    return lines


def _own(root: Part) -> set[str]:
    """Addresses that cannot be meant: the server's, and ours, to which the notice came."""
    headers = root.headers
    written = " ".join(headers.plain(name) for name in ("from", "to", "return-path", "delivered-to", "reply-to", "sender"))
    return {one.lower() for one in ADDRESS.findall(written)}


def _look(lines: list[str], own: set[str]) -> _Found:
    """The address that failed, and the server's words for it: a line with a code, or what stands by the address."""
    hits = [(at, hit) for at, line in enumerate(lines) for hit in ADDRESS.finditer(line)]
    marked = [(at, hit) for at, hit in hits if _is_marked(lines[at], hit)]
    theirs = [(at, hit) for at, hit in hits if hit[0].lower() not in own]
    # An address that stands by itself is meant before one in a sentence, and somebody else's before our own.
    place, best = next(iter([one for one in marked if one in theirs] or theirs or marked), (-1, None))
    coded = [at for at, line in enumerate(lines) if _CODE.search(line)]
    reason = _said(lines, next((at for at in coded if at >= place), coded[0]), 1) if coded else _beside(lines, place)
    return _Found(best[0].lower().strip(".") if best else "", reason)


def _is_marked(line: str, hit: re.Match[str]) -> bool:
    before, after = line[: hit.start()], line[hit.end() :]
    stands_first = _STANDS_FIRST.match(before)
    is_first = stands_first is not None and stands_first.end() == len(before)
    named = _NAMED.match(before)
    return (is_first and bool(_AFTER_ADDRESS.match(after))) or (named is not None and named.end() == len(before))


def _beside(lines: list[str], place: int) -> str:
    """What stands behind or below the address; else the first line that tells of a failure."""
    if place >= 0:
        behind = ADDRESS.sub("", lines[place]).strip(" <>:*-[]().\"'")
        below = _said(lines, place + 1, 1) if place + 1 < len(lines) else ""
        if not _ORNAMENT.match(behind) or not _ORNAMENT.match(below):
            return below if _ORNAMENT.match(behind) else behind
    return next((line.strip(" -*_=#") for line in lines if _FAILURE.search(line)), "")


def _said(lines: list[str], at: int, more: int) -> str:
    """A line with those that it runs on into, until an empty one."""
    shown: list[str] = []
    for line in lines[at : at + 1 + more]:
        if not line.strip():
            break
        shown.append(" ".join(line.split()))
    return " ".join(shown)


def _returned_to(root: Part) -> str:
    """To whom the mail was written that came back."""
    for part in root.walk():
        if part is not root and part.type in ("message/rfc822", "message/global") and part.parts:
            found = ADDRESS.search(part.parts[0].headers.plain("to"))
            if found:
                return found[0].lower()
    return ""
