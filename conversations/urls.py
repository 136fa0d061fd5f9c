"""Addresses of the agents' pages. The console's sockets, the writing of replies
and resolving are in approvals.urls, because they also touch drafts."""

from django.urls import path

from conversations import actions, canned_views, composer_files, composing, filter_pages, saved_view_pages, views

urlpatterns = [
    path("queue/", views.queue, name="queue"),
    path("queue/sync/", views.sync, name="queue-sync"),
    path("queue/filters/", filter_pages.choose, name="queue-filters"),
    path("queue/views/", saved_view_pages.manage, name="saved-views"),
    path("queue/views/new/", saved_view_pages.keep, name="saved-view-new"),
    path("queue/views/<int:pk>/name/", saved_view_pages.rename, name="saved-view-name"),
    path("queue/views/<int:pk>/place/", saved_view_pages.move, name="saved-view-place"),
    path("queue/views/<int:pk>/removal/", saved_view_pages.remove, name="saved-view-removal"),
    path("conversations/<int:pk>/", views.conversation, name="conversation"),
    path("conversations/<int:pk>/assignment/", actions.assign, name="assign"),
    path("conversations/<int:pk>/reopening/", actions.reopen, name="reopen"),
    path("conversations/<int:pk>/hand-back/", actions.hand_back, name="hand-back"),
    path("conversations/<int:pk>/composer/", composing.keep, name="composer"),
    path("conversations/<int:pk>/attachments/", composer_files.upload, name="attachments"),
    path("conversations/<int:pk>/canned/", canned_views.listed, name="canned-list"),
    path("conversations/<int:pk>/canned/<int:reply>/", canned_views.preview, name="canned-preview"),
    path("conversations/<int:pk>/macros/<int:macro>/", composing.run_macro, name="macro"),
    path("attachments/<int:pk>/removal/", composer_files.remove, name="attachment-removal"),
    path("messages/<int:pk>/recall/", composing.recall, name="recall"),
    path("messages/<int:pk>/composer/", composing.give_back, name="give-back"),
    path("messages/<int:pk>/sending/", composing.send_now, name="send-now"),
    path("preferences/", actions.prefer, name="preferences"),
]
