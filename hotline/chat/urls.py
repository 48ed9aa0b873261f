"""The residents' pages."""

from __future__ import annotations

from django.urls import path

from hotline.chat import views

app_name = "chat"
urlpatterns = [
    path("", views.home, name="home"),
    path("begin/", views.begin, name="begin"),
    path("talk/", views.talk, name="talk"),
    path("talk/transcript/", views.transcript, name="transcript"),
    path("return/", views.come_back, name="return"),
    path("leave/", views.leave, name="leave"),
    path("calendar/", views.neutral, name="neutral"),
    path("help/", views.help_page, name="help"),
    path("privacy/", views.privacy, name="privacy"),
    path("style/", views.style, name="style"),
]
