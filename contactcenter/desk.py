"""The admin's desk: Django's admin, entered by our own door and with our own rooms' pages only."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib.admin import AdminSite
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from accounts.access import SIGN_IN, role_required, to_sign_in

PACKAGES = ("django.", "allauth.")
admins_only = role_required("admin")


def sensible(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answers 400 to what no page of ours sends and Django would hand on to the database."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        has_nul = any("\0" in value for values in request.GET.lists() for value in values[1])
        if has_nul or not all(one.isdigit() for one in request.POST.getlist("_selected_action")):
            raise BadRequest
        return view(request, *args, **kwargs)

    return guarded


class Desk(AdminSite):
    site_header = "Contact Center"
    site_title = "Contact Center"
    index_title = _("Administration")
    site_url = "/dashboards/"
    empty_value_display = "–"

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        # Pages that delete say what would happen to the work in it; a bulk action cannot.
        self.disable_action("delete_selected")

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Packages bring pages over tables that belong to the door or to nobody; those stay out."""
        if admin_class is not None and not admin_class.__module__.startswith(PACKAGES):
            super().register(model_or_iterable, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_authenticated and request.user.is_active and request.user.role == "admin"

    def admin_view(self, view: Callable[..., HttpResponse], cacheable: bool = False) -> Callable[..., HttpResponse]:
        """Strangers go to the sign-in page and come back, colleagues are refused; before Django's own check."""
        return admins_only(sensible(super().admin_view(view, cacheable)))

    def get_urls(self) -> list[Any]:
        """Without the shortcut to any row of any table: most of them are not the admin's to look at."""
        return [one for one in super().get_urls() if getattr(one, "name", "") != "view_on_site"]

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not request.user.is_authenticated:
            return to_sign_in(request)
        return redirect("admin:index")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "POST":
            get_adapter(request).logout(request)
        return redirect(SIGN_IN)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return redirect("account_change_password")

    def password_change_done(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return redirect("account_change_password")
