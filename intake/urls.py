"""Addresses of the doors that customers use."""

from django.urls import path

from intake import actions, code_views, contact, here, rating_views, views
from intake.api import api
from intake.consumers import CustomerConsumer
from intake.gmail import connect_views as gmail_connect
from intake.gmail import views as gmail
from intake.mail.hook import email_hook
from intake.whatsapp.hook import hook as whatsapp_hook

urlpatterns = [
    path("api/v1/", api.urls),
    path("hooks/email/<slug:inbox>/", email_hook, name="email-hook"),
    path("hooks/whatsapp/<slug:inbox>/", whatsapp_hook, name="whatsapp-hook"),
    path("hooks/gmail/<slug:slug>/", gmail.push, name="gmail-hook"),
    path("connect/gmail/", gmail_connect.back, name="gmail-back"),
    path("connect/gmail/<slug:slug>/", gmail_connect.start, name="gmail-connect"),
    path("contact/", contact.contact, name="contact"),
    path("c/<str:token>/", views.conversation, name="customer-page"),
    path("c/<str:token>/sync/", views.sync, name="customer-sync"),
    path("c/<str:token>/messages/", actions.write, name="customer-write"),
    path("c/<str:token>/person/", actions.ask, name="customer-person"),
    path("c/<str:token>/code/", code_views.send, name="customer-code"),
    path("c/<str:token>/code/check/", code_views.check, name="customer-code-check"),
    path("c/<str:token>/here/", here.here, name="customer-here"),
    path("c/<str:token>/files/<int:pk>/", views.file, name="customer-file"),
    path("c/<str:token>/rating/", rating_views.rate, name="customer-rating"),
]
websocket_urlpatterns = [
    path("ws/c/<str:token>/", CustomerConsumer.as_asgi()),
]
