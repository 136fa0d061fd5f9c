"""/accounts/: allauth's pages, with ours in the place of those that would promise what we do not do."""

from django.urls import include, path, re_path
from django.views.generic import RedirectView

from accounts.views import AskAdmin, SignIn

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="mfa_index")),
    path("login/", SignIn.as_view()),
    # No mail is sent from here, so nothing may look as if one were under way.
    re_path(r"^password/(?:re)?set/", AskAdmin.as_view(extra_context={"wish": "password"})),
    re_path(r"^(?:confirm-)?email/", AskAdmin.as_view(extra_context={"wish": "email"})),
    path("", include("allauth.urls")),
]
