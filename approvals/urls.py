"""Addresses of the review screens, and the sockets of the whole console, whose frames carry conversations and drafts."""

from django.urls import path

from approvals import (
    answering,
    article_use,
    audit_views,
    better_article,
    bulk_views,
    claim_views,
    decisions,
    diff_views,
    hand_views,
    joining,
    next_up,
    own_words,
    reach_views,
    undoing,
    views,
)  # fmt: skip
from approvals.consumers import ConsoleConsumer, ReviewConsumer, ThreadConsumer

urlpatterns = [
    path("approvals/", views.review, name="approvals"),
    path("queue/next/", next_up.take, name="next-up"),
    path("approvals/sync/", views.sync, name="approvals-sync"),
    path("approvals/audits/", audit_views.page, name="audits"),
    path("approvals/audits/<int:pk>/", audit_views.answer, name="audit-answer"),
    path("approvals/automation/", reach_views.page, name="reach"),
    path("approvals/automation/<int:pk>/", reach_views.change, name="reach-change"),
    path("approvals/topics/<int:pk>/", reach_views.topic, name="topic-change"),
    path("queue/bulk/", bulk_views.start, name="bulk"),
    path("queue/bulk/scope/", bulk_views.scope, name="bulk-scope"),
    path("queue/bulk/<int:pk>/", bulk_views.progress, name="bulk-run"),
    path("queue/bulk/<int:pk>/report/", bulk_views.report, name="bulk-report"),
    path("queue/bulk/<int:pk>/undo/", bulk_views.undo, name="bulk-undo"),
    path("queue/bulk/<slug:action>/", bulk_views.choose, name="bulk-choice"),
    path("conversations/<int:pk>/messages/", answering.write, name="write"),
    path("conversations/<int:pk>/macros/<int:macro>/", answering.run_macro, name="macro"),
    path("conversations/<int:pk>/resolution/", answering.resolve, name="resolve"),
    path("conversations/<int:pk>/merging/", joining.merge, name="merge"),
    path("conversations/<int:pk>/unmerging/", joining.unmerge, name="unmerge"),
    path("conversations/<int:pk>/splitting/", joining.split, name="split"),
    path("conversations/<int:pk>/rejoining/", joining.rejoin, name="rejoin"),
    path("conversations/<int:pk>/draft/", views.slot, name="draft-slot"),
    path("knowledge/<int:pk>/replies/", article_use.replies, name="article-replies"),
    path("drafts/<int:pk>/decisions/", decisions.decide, name="draft-decisions"),
    path("drafts/<int:pk>/articles/", better_article.choices, name="draft-articles"),
    path("drafts/<int:pk>/undo/", undoing.undo, name="draft-undo"),
    path("drafts/<int:pk>/claim/", claim_views.claim, name="draft-claim"),
    path("drafts/<int:pk>/diff/", diff_views.changed, name="draft-diff"),
    path("drafts/<int:pk>/reply/", own_words.keep, name="draft-reply"),
    path("conversations/<int:pk>/takeover/", hand_views.take_over, name="take-over"),
    path("conversations/<int:pk>/takeover/undo/", hand_views.give_back, name="take-over-undo"),
    path("messages/<int:pk>/edits/", diff_views.edited, name="message-edits"),
]
websocket_urlpatterns = [
    path("ws/queue/", ConsoleConsumer.as_asgi()),
    path("ws/conversations/<int:pk>/", ThreadConsumer.as_asgi()),
    path("ws/approvals/", ReviewConsumer.as_asgi()),
]
