"""Whose turn it is when work is handed out."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Turn(models.Model):
    """When distribution last gave somebody a conversation: in turn means that the oldest of these comes next."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="turn")
    given_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"turn of {self.user_id}"
