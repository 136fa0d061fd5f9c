"""Addresses of the knowledge pages. Which replies rest on an article is asked one room above, in approvals."""

from django.urls import include, path

from knowledge import uploads, views, writing

urlpatterns = [
    path("knowledge/", views.articles, name="knowledge"),
    path("knowledge/new/", writing.new, name="article-new"),
    path("knowledge/upload/", uploads.upload, name="article-upload"),
    path("knowledge/measure/", writing.measure, name="article-measure"),
    path("knowledge/", include("knowledge.curation_urls")),
    path("knowledge/<int:pk>/", views.article, name="article"),
    path("knowledge/<int:pk>/edit/", writing.edit, name="article-edit"),
    path("knowledge/<int:pk>/versions/", views.versions, name="article-versions"),
    path("knowledge/<int:pk>/publication/", writing.publish, name="article-publication"),
    path("knowledge/<int:pk>/archiving/", writing.archive, name="article-archiving"),
    path("knowledge/<int:pk>/restoration/", writing.restore, name="article-restoration"),
]
