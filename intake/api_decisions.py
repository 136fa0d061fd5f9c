"""A program passes on what its user decided about a draft, by the same verbs as the review screen."""

import uuid

from accounts.models import User
from accounts.tokens import Bearer
from approvals import queries, review
from approvals.models import Decision, Draft
from core.claims import LostClaim
from core.context import Actor, acting_as
from intake import api_reading
from intake.api_errors import Problem, not_found
from intake.api_schemas import DecidedOut, DecisionIn

_NAMESPACE = uuid.UUID("9b0f4d1e-6f0c-5f5e-8a0e-3d0c5a2a7c11")


def decide(bearer: Bearer, pk: int, wanted: DecisionIn, *, key: str | None) -> DecidedOut:
    """Approve, edit, reject or take over. The same `key` with the same wish gives the first decision. Raises Problem."""
    request_key = _request_key(bearer, pk, wanted, key)
    try:
        with acting_as(Actor.of(bearer.user)):
            return _shown(_decided(_visible(pk), wanted, bearer.user, request_key))
    except LostClaim:
        with acting_as(Actor.of(bearer.user), read_only=True):
            return _as_it_is(pk, bearer.user, request_key)


def _decided(draft: Draft, wanted: DecisionIn, by: User, request_key: uuid.UUID) -> Decision:
    version = wanted.version or draft.version
    if wanted.action == "reject":
        reason, comment = _reason(wanted.reason or "")
        article = (wanted.article or "").strip()
        try:
            return review.reject(
                draft, by=by, version=version, request_key=request_key, reason=reason, comment=comment, article=article
            )
        except review.UnknownArticle as unknown:
            raise Problem(422, "invalid", "There is no such article in this draft's knowledge base.") from unknown
    if wanted.action == "take_over":
        return review.take_over(draft, by=by, version=version, request_key=request_key)
    try:
        return review.approve(draft, by=by, version=version, request_key=request_key, text=wanted.text)
    except review.WindowClosed as closed:
        raise Problem(422, "invalid", "The channel takes no free text any more: the customer wrote too long ago.") from closed
    except review.NothingToSend as nothing:
        raise Problem(422, "invalid", "This draft has no text. Send your own with the action edit.") from nothing


def _as_it_is(pk: int, by: User, request_key: uuid.UUID) -> DecidedOut:
    """After a lost claim: our own decision when the same request came twice at one moment, else the draft as it is now."""
    made = Decision.objects.select_related("by").filter(by=by, request_key=request_key).first()
    if made is not None:
        return _shown(made)
    message = "This draft was decided or changed before you. This is how it is now."
    raise Problem(409, "conflict", message, beside={"draft": api_reading.draft(_visible(pk)).model_dump()})


def _shown(made: Decision) -> DecidedOut:
    return DecidedOut(decision=api_reading.decision(made), draft=api_reading.draft(_visible(made.draft_id)))


def _visible(pk: int) -> Draft:
    draft = queries.draft(pk)
    if draft is None:
        raise not_found("draft")
    return draft


def _reason(given: str) -> tuple[str, str]:
    """One of our codes as it is; any other words are kept as the comment of "something else"."""
    return (given, "") if given in Decision.Reason.values else (Decision.Reason.OTHER, given.strip())


def _request_key(bearer: Bearer, pk: int, wanted: DecisionIn, key: str | None) -> uuid.UUID:
    """Made of everything that was sent, so that a key used for another decision cannot give back this one."""
    if key is None:
        return uuid.uuid4()
    return uuid.uuid5(_NAMESPACE, f"{bearer.token_id}:{pk}:{key}:{wanted.model_dump_json()}")
