"""The project: everything is wired together here. The Celery app must exist before any task is called."""

import os

# Before anybody loads numpy. A process works on one core and there are several: threads that wait for each other over matrices of
# a few kilobytes took up to 20 ms on a busy machine where the sum takes 0.1.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from contactcenter.celery import app

__all__ = ["app"]
