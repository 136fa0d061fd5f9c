"""Who looks after the shelves by himself, and the names of what is audited about it."""

from core.context import Actor

CURATOR = Actor.system("curation")


class Event:
    """Names of what people decide about knowledge that waits."""

    PAGE_ADDED = "knowledge.page_added"
    PAGE_REMOVED = "knowledge.page_removed"
    PAGE_TAKEN = "knowledge.page_taken"
    PAGE_LEFT = "knowledge.page_left"
    GAP_WRITTEN = "knowledge.gap_written"
    GAP_DISMISSED = "knowledge.gap_dismissed"
    PROPOSAL_MADE = "knowledge.proposal_made"
    PROPOSAL_ACCEPTED = "knowledge.proposal_accepted"
    PROPOSAL_DECLINED = "knowledge.proposal_declined"
    CONTRADICTION_DISMISSED = "knowledge.contradiction_dismissed"
