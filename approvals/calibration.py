"""Which calibrator speaks for a knowledge base. The arithmetic is in replies.confidence; here is what the database knows."""

from functools import cache

from knowledge import memory
from replies.confidence import Calibrators, shipped


def for_base(base_id: int) -> Calibrators:
    """The calibrators for replies from this base, told how many decisions it remembers. Runs as the assistant or system."""
    return Calibrators(_shipped().known, memory.count(base_id))


@cache
def _shipped() -> Calibrators:
    return shipped()
