"""From a thread to a reply: look, think, check, weigh. Pure: what needs the database or the network is passed in.

The order matters. Rules see the raw message; secrets are taken out before any language model reads it; the answer rests on
numbered passages; every check can only lower what happens to the reply.
"""

import time
from dataclasses import dataclass, replace
from typing import Any, Protocol

from core.words import gettext_noop
from gateways.errors import GatewayError
from gateways.types import NOTHING, Completion, LanguageModel, NumberedPassage, Prompt, Spent
from knowledge.findings import Findings
from replies import confidence, guard, prompts
from replies.checks import Answer, checks
from replies.confidence import Calibrator, Calibrators
from replies.features import features
from replies.grounding import grounding
from replies.nothing_asked import CODES, has_sentence, nothing_asked
from replies.skills import adapt, escalate, identify, retrieve, sentiment
from replies.types import Evidence, Reply, Rule, Thread

PROMPT = "grounded-answer.v2"
MIN_SECONDS = 0.2
# An article that has no word of the question must at least be this near in meaning, or it is about something else.
NEAR = 0.30
# What the classifiers hear between words. In a message without a sentence they only guess; the rules in words still hold.
SUSPICIONS = ("sounds_grave", "may_be_grave", "very_negative")
# What a model reads of a message and of each turn before it; of a longer one the beginning and the end.
LONGEST_QUESTION, LONGEST_TURN, TURNS = 8_000, 1_500, 6


class Search(Protocol):
    def __call__(self, question: str, limit: int = 5) -> Findings: ...


@dataclass(frozen=True)
class Seen:
    """What the skills saw in the message before anything was answered."""

    language: str
    sentiment: str
    rules: tuple[Rule, ...]
    priority: str
    attack: bool
    identifiers: dict[str, list[str]]

    @property
    def escalates(self) -> bool:
        return any(rule.escalates for rule in self.rules)

    @property
    def asks(self) -> bool:
        """Whether there is anything to look up and answer."""
        return not any(rule.code in CODES for rule in self.rules)

    @property
    def facts(self) -> dict[str, Any]:
        """What a reply says of the message, whatever became of the answer."""
        return {
            "language": self.language, "sentiment": self.sentiment, "priority": self.priority, "escalates": self.escalates,
            "wants_person": any(rule.code == "wants_person" for rule in self.rules), "attack": self.attack,
            "identifiers": self.identifiers, "prompt": prompts.version(PROMPT),
        }  # fmt: skip


def compose(thread: Thread, *, search: Search, llm: LanguageModel | None, calibrator: Calibrators, deadline: float) -> Reply:
    """Compose a reply before `deadline` (a reading of time.monotonic).

    `llm` None means that no provider can answer now: the reply is held. An error of the provider is a rule that holds;
    anything else that goes wrong is raised, and whoever called holds the conversation for a person.
    """
    seen = look(thread)
    findings = search(_storable(retrieve.query(thread)), limit=retrieve.ARTICLES)
    evidence = retrieve.evidence(findings) if seen.asks and _is_near(findings) else ()
    completion, failure, wasted = _ask(thread, seen, evidence, llm, deadline)
    rules = seen.rules + failure
    if completion is None or not completion.answered:
        if seen.asks and not failure:
            rules += (Rule("no_answer", gettext_noop("Nothing in the knowledge base answers this")),)
        model = completion.model if completion else "" if failure or llm is None else llm.model
        return _unanswered(seen, rules, findings, evidence, calibrator.choose(model), completion or wasted)
    return _weighed(thread, seen, rules, findings, evidence, completion, calibrator)


def look(thread: Thread) -> Seen:
    """What the message says about itself: language, mood, identifiers, rules that call for a person, attacks."""
    text = thread.question
    language = identify.language(text, thread.language)
    attack = any(guard.attack(one) for one in (text, *(turn.text for turn in thread.pending)))
    mood = sentiment.sentiment(text)
    nothing = nothing_asked(text)
    found = _heard(thread, mood) + ((guard.ATTACK,) if attack else ()) + ((nothing,) if nothing else ())
    if identify.is_unsupported(language):
        found += (Rule("language", gettext_noop("No calibration for this language yet")),)
    found = tuple({rule.code: rule for rule in reversed(found)}.values())[::-1]
    return Seen(language, mood, found, escalate.priority(found), attack, identify.identifiers(text))


def _heard(thread: Thread, mood: str) -> tuple[Rule, ...]:
    """The rules for all that was said, and for each message of a burst alone, so that no message hides another."""
    found = escalate.rules(thread, mood)
    if len(thread.pending) > 1:
        for turn in thread.pending:
            found += escalate.rules(replace(thread, turns=(turn,)), sentiment.sentiment(turn.text))
        found = tuple(sorted(found, key=lambda rule: escalate.PRIORITIES.index(rule.priority)))
    unheard = {"empty"} if has_sentence(thread.question) else {"empty", *SUSPICIONS}
    return tuple(rule for rule in found if rule.code not in unheard)


def _storable(text: str) -> str:
    """The text as a database can take it: no NUL, no halves of surrogate pairs."""
    return text.replace("\0", " ").encode("utf-8", "ignore").decode()


def _is_near(findings: Findings) -> bool:
    """Whether the best article shares a word with the question, or at least a meaning."""
    if not findings.hits:
        return False
    top = findings.hits[0]
    return top.matched > 0 or max(top.title_cosine, top.whole_cosine, top.passage_cosine) >= NEAR


def _ask(
    thread: Thread, seen: Seen, evidence: tuple[Evidence, ...], llm: LanguageModel | None, deadline: float
) -> tuple[Completion | None, tuple[Rule, ...], Spent]:
    if not evidence:
        return None, (), NOTHING
    if llm is None:
        return None, (Rule("provider", gettext_noop("No language model can be reached")),), NOTHING
    if deadline - time.monotonic() < MIN_SECONDS:
        return None, (Rule("late", gettext_noop("The assistant took too long")),), NOTHING
    try:
        return llm.complete(_prompt(thread, seen, evidence), deadline), (), NOTHING
    except GatewayError as error:
        return None, (Rule("provider", gettext_noop("The language model failed: {0}").format(error)[:160]),), error.spent


def _prompt(thread: Thread, seen: Seen, evidence: tuple[Evidence, ...]) -> Prompt:
    passages = tuple(NumberedPassage(one.number, one.title, one.quote, one.language, one.score) for one in evidence)
    history = tuple((turn.author, _readable(turn.text, LONGEST_TURN)) for turn in thread.earlier[-TURNS:])
    return Prompt(
        name=PROMPT, system=prompts.system_text(PROMPT), question=_readable(thread.question, LONGEST_QUESTION), passages=passages,
        language=seen.language, tone=adapt.tone(thread.channel), history=history,
    )  # fmt: skip


def _readable(text: str, most: int) -> str:
    """The text without secrets; of one beyond measure its beginning and its end, so that nobody's paste costs a fortune."""
    plain = guard.redact(_storable(text))
    return plain if len(plain) <= most else f"{plain[: most * 3 // 4]}\n[...]\n{plain[-most // 4 :]}"


def _weighed(
    thread: Thread, seen: Seen, rules: tuple[Rule, ...], findings: Findings, evidence: tuple[Evidence, ...],
    completion: Completion, calibrators: Calibrators,
) -> Reply:  # fmt: skip
    sentences = guard.supported(completion, evidence)
    ground = grounding(sentences, evidence)
    checked = checks(Answer(sentences, evidence, thread, seen.language, PROMPT, ground))
    measured = features(findings, sentences, evidence)
    weighed = confidence.weigh(measured, calibrators.choose(completion.model))
    return Reply(
        text=adapt.written(sentences, thread, seen.language), confidence=weighed.probability, raw_score=weighed.raw,
        reasons=weighed.reasons, rules=rules, checks=checked, evidence=evidence, sentences=sentences,
        articles=tuple(hit.external_id for hit in findings.hits), answer_model=completion.model,
        calibration=weighed.calibration, line=weighed.line, features=measured | {"grounded": ground.least}, weakest=ground.least,
        stand_in=completion.stand_in, **_cost(completion), **seen.facts,
    )  # fmt: skip


def _unanswered(
    seen: Seen, rules: tuple[Rule, ...], findings: Findings, evidence: tuple[Evidence, ...], calibrator: Calibrator | None,
    spent: Completion | Spent,
) -> Reply:  # fmt: skip
    """Held without words. The figure says how likely an answer would have been right; no calibrator, no figure."""
    measured = features(findings, (), evidence) if findings.hits else {}
    weighed = confidence.weigh(measured, calibrator if measured else None)
    return Reply(
        confidence=weighed.probability, raw_score=weighed.raw, reasons=weighed.reasons, calibration=weighed.calibration,
        line=weighed.line, rules=rules, evidence=evidence, articles=tuple(hit.external_id for hit in findings.hits),
        answer_model=spent.model if isinstance(spent, Completion) else "",
        stand_in=isinstance(spent, Completion) and spent.stand_in, **_cost(spent), **seen.facts,
    )  # fmt: skip


def _cost(of: Completion | Spent) -> dict[str, Any]:
    return {"tokens_in": of.tokens_in, "tokens_out": of.tokens_out, "cost_micros": of.cost_micros}
