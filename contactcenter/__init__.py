"""The project: everything is wired together here. The Celery app must exist before any task is called."""

from contactcenter.celery import app

__all__ = ["app"]
