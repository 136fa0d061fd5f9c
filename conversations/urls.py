"""Addresses of the agents' pages. The console's sockets, the writing of replies
and resolving are in approvals.urls, because they also touch drafts."""

from django.urls import path

from conversations import actions, composing, views

urlpatterns = [
    path("queue/", views.queue, name="queue"),
    path("queue/sync/", views.sync, name="queue-sync"),
    path("conversations/<int:pk>/", views.conversation, name="conversation"),
    path("conversations/<int:pk>/assignment/", actions.assign, name="assign"),
    path("conversations/<int:pk>/reopening/", actions.reopen, name="reopen"),
    path("conversations/<int:pk>/hand-back/", actions.hand_back, name="hand-back"),
    path("conversations/<int:pk>/composer/", composing.keep, name="composer"),
    path("messages/<int:pk>/recall/", composing.recall, name="recall"),
    path("preferences/", actions.prefer, name="preferences"),
]
