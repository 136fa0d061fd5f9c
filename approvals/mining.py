"""A colleague's own answer to a question that nothing answered becomes a proposed article. It never becomes one by itself.

What is proposed holds no person: names, addresses and numbers are taken out, and with them each sentence that was about one
customer's case. The job runs when the message can no longer be taken back.
"""

import re
from datetime import timedelta

from django.utils import timezone

from accounts.models import User
from approvals.anonymity import PLACEHOLDER, impersonal, names_in
from approvals.gaps_found import question_of
from approvals.models import Decision, Draft
from conversations.models import Delivery, Message
from core.context import Actor, acting_as
from core.jobs import enqueue, job, settle
from knowledge import proposals
from knowledge.models import Proposal
from knowledge.splitting import sentences

MINER = Actor.system("mining")
AFTER = timedelta(minutes=2)
HEAVY = 0.5  # The share of words from which on an edited draft is the editor's own answer.
SHORTEST, MOST_QUESTION, FEWEST_TITLE_WORDS = 60, 500, 4
# No answer, because it was never thought of one.
UNTHOUGHT = ("failed", "provider", "late", "budget", "attack", "automatic", "empty", "unreadable", "too_often", "in_a_row")
ANSWERED_NOTHING = (Decision.Reason.MISSING_FACT, Decision.Reason.WRONG_ARTICLE, Decision.Reason.FALSE_CLAIM)

_OPENING = re.compile(
    r"(?i)^(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day)|greetings)\b[^.!?]{0,60}[,.!?]?$"
    r"|^(?:many )?(?:thanks|thank you)\b.{0,120}$|^(?:i(?:'m| am) (?:so |very |really )?(?:sorry|afraid|glad|happy)|sorry|apologies|we apologi[sz]e|i understand|i see)\b"
)
_OPENING_WORDS = re.compile(r"(?i)^(?:hi|hello|hey|dear)\b[^,.!?\n]{0,40}[,!]\s+")
_CLOSING = re.compile(
    r"(?i)^(?:(?:kind|best|warm|many|with kind)?\s*(?:regards|wishes|greetings)|sincerely|yours (?:sincerely|truly)|cheers|all the best|best|take care|thanks|thank you)\b[,.! ]*(?:\[name\])?.{0,40}$"
)
_COURTESY = re.compile(
    r"(?i)\b(?:hope (?:this|that) helps|let (?:me|us) know if|do(?:n't| not) hesitate|feel free to (?:reply|write|ask|contact)|have a (?:great|nice|good|lovely)"
    r"|happy to help|get back to you|bear with (?:me|us)|anything else (?:i|we) can)\b"
)
# What was done or seen in one customer's case says nothing to the next.
_CASE = re.compile(
    r"(?i)\b(?:i|we)(?:'ve| have|'ll| will|'m| am| can see| could see| see| checked| looked| refunded| sent| cancelled| issued| credited| reset| spoke| raised| found)\b"
    r"|\byour (?:\w+ ){0,2}(?:order|parcel|refund|payment|transfer|ticket|case|account|card|request|claim|complaint|booking|invoice)"
    r" (?:has (?:now )?been|was|is (?:now|already|still|on)|will be|arrives|shows|left)\b|\b(?:as (?:you|i|we) (?:said|mentioned|discussed)|in your case|for you|this time)\b"
)
_QUOTED = re.compile(r"^\s*(?:>|On .{5,80} wrote:|-{3,}|_{3,}).*$", re.MULTILINE)


def propose_from(message_id: int) -> None:
    """In the transaction that sends a person's answer: have it looked at once it can no longer be taken back."""
    inbox = Message.objects.values_list("inbox_id", flat=True).get(pk=message_id)
    enqueue(mine, ref=message_id, scope=inbox, run_at=timezone.now() + AFTER, key=f"mine:{message_id}")


def propose_from_newest(conversation: int, by: User) -> None:
    """The same for the newest answer of one person in a conversation."""
    rows = Message.objects.filter(conversation=conversation, sender=by, direction=Message.Direction.OUT)
    newest = rows.order_by("-pk").values_list("pk", flat=True).first()
    if newest is not None:
        propose_from(newest)


@job(lane="bulk")
def mine(message_id: int) -> None:
    """Propose an article from one sent message, if it answers what nothing answered and says something of general use."""
    with acting_as(MINER):
        message = Message.objects.select_related("conversation__inbox").filter(pk=message_id).first()
        asked = _asked(message) if message else None
        if message is not None and asked is not None and is_own_answer(message, asked):
            _propose(message, asked, Proposal.Kind.ANSWER)
        settle()


def is_own_answer(message: Message, asked: Message) -> bool:
    """Whether a person's own words went out where the knowledge base had none."""
    if message.direction != Message.Direction.OUT or Delivery.objects.filter(message=message, state="recalled").exists():
        return False
    draft = Draft.objects.filter(in_reply_to=asked).first()
    codes = {rule.get("code") for rule in draft.rules} if draft else set()
    if draft is None or codes.intersection(UNTHOUGHT):
        return False
    if message.author == Message.Author.ASSISTANT:
        edits = Decision.objects.filter(draft=draft, draft__message=message, action=Decision.Action.EDIT)
        return message.reviewed_by_id is not None and edits.filter(edit_distance__gte=HEAVY).exists()
    missed = Decision.objects.filter(draft=draft, action=Decision.Action.REJECT, reason__in=ANSWERED_NOTHING)
    return "no_answer" in codes or missed.exists()


def _asked(message: Message) -> Message | None:
    """What the message answers: what it was written to, or what the customer said last before it."""
    if message.in_reply_to_id:
        return Message.objects.filter(pk=message.in_reply_to_id).first()
    earlier = Message.objects.filter(conversation=message.conversation_id, direction=Message.Direction.IN, pk__lt=message.pk)
    return earlier.order_by("-pk").first()


def _propose(message: Message, asked: Message, kind: str) -> bool:
    body = general(message.text, names_in(message))
    question = question_of(asked)[:MOST_QUESTION]
    if len(body) < SHORTEST or not question:
        return False
    return proposals.propose(
        message.conversation.inbox.knowledge_base_id, kind,
        title=title_of(question), body=body, question=question, language=message.conversation.language or "en",
        scope_id=message.inbox_id, source=f"message:{message.pk}", customer_ref=message.customer_id,
        by=message.sender or message.reviewed_by,
    )  # fmt: skip


def general(text: str, names: tuple[str, ...] = ()) -> str:
    """What of an answer holds for everybody: no greeting, no closing, no sentence about one person or one case."""
    kept: list[str] = []
    for line in _QUOTED.sub("", impersonal(text, names)).splitlines():
        if kept and _CLOSING.match(line.strip()):
            break
        said = " ".join(one for one in sentences(_OPENING_WORDS.sub("", line.strip())) if _is_general(one))
        kept += [said] if said else []
    return "\n".join(kept)


def _is_general(sentence: str) -> bool:
    personal = PLACEHOLDER.search(sentence) or _CASE.search(sentence)
    return not (personal or _OPENING.match(sentence) or _COURTESY.search(sentence) or _CLOSING.match(sentence))


def title_of(question: str) -> str:
    """A title for the editor to better: the sentence that asks, else the first, without what stood for somebody."""
    found = sentences(question)
    asking = next((one for one in found if one.endswith("?")), found[0] if found else question)
    # What stands behind the last personal part usually is the question.
    behind = PLACEHOLDER.split(asking)[-1].strip(" .,;:")
    asking = behind if len(behind.split()) >= FEWEST_TITLE_WORDS else asking
    plain = re.sub(r"\s+([,.?!])", r"\1", " ".join(PLACEHOLDER.sub("", asking).split())).replace(",?", "?").strip(" ,")
    short = plain if len(plain) <= 120 else plain[:119].rsplit(" ", 1)[0] + "…"
    return short[:1].upper() + short[1:]
