"""The steps of bulk runs, as jobs. They stand here because what is resolved or answered leaves no draft waiting."""

from approvals.withdrawal import withdraw
from conversations import bulk
from core.jobs import job


@job(lane="bulk")
def carry_on(run_id: int) -> None:
    """Do the next few conversations of a run."""
    bulk.step(run_id, work=carry_on, closed=withdraw)


@job(lane="bulk")
def step_back(run_id: int) -> None:
    """Put back the next few that a run changed."""
    bulk.step_back(run_id, undoing=step_back)
