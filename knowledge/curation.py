"""Who looks after the shelves by himself, and the names of what is audited about it."""

from core.context import Actor

CURATOR = Actor.system("curation")


class Event:
    """Names of what people decide about knowledge that waits."""

    PAGE_ADDED = "page.added"
    PAGE_REMOVED = "page.removed"
    PAGE_TAKEN = "page.taken"
    PAGE_LEFT = "page.left"
    GAP_WRITTEN = "gap.written"
    GAP_DISMISSED = "gap.dismissed"
    PROPOSAL_MADE = "proposal.made"
    PROPOSAL_ACCEPTED = "proposal.accepted"
    PROPOSAL_DECLINED = "proposal.declined"
    CONTRADICTION_DISMISSED = "contradiction.dismissed"
