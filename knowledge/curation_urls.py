"""Addresses of what waits for an editor. All below /knowledge/."""

from django.urls import path

from knowledge import contradiction_views, gap_views, page_views, proposal_views

urlpatterns = [
    path("gaps/", gap_views.open_gaps, name="gaps"),
    path("gaps/<int:pk>/dismissal/", gap_views.dismiss, name="gap-dismissal"),
    path("proposals/", proposal_views.stack, name="proposals"),
    path("proposals/<int:pk>/", proposal_views.proposal, name="proposal"),
    path("proposals/<int:pk>/acceptance/", proposal_views.accept, name="proposal-acceptance"),
    path("proposals/<int:pk>/refusal/", proposal_views.decline, name="proposal-refusal"),
    path("pages/", page_views.pages, name="pages"),
    path("pages/<int:pk>/", page_views.page, name="page"),
    path("pages/<int:pk>/taking/", page_views.take, name="page-taking"),
    path("pages/<int:pk>/leaving/", page_views.leave, name="page-leaving"),
    path("pages/<int:pk>/reading/", page_views.read_now, name="page-reading"),
    path("pages/<int:pk>/removal/", page_views.remove, name="page-removal"),
    path("disagreements/", contradiction_views.disagreements, name="disagreements"),
    path("disagreements/<int:pk>/dismissal/", contradiction_views.dismiss, name="disagreement-dismissal"),
]
