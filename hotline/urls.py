"""Which page is answered by whom."""

from __future__ import annotations

from django.urls import include, path

from hotline import monitoring, views

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", monitoring.answer, name="metrics"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("staff/", include("counselors.urls")),
    path("", include("hotline.chat.urls")),
]

handler500 = views.broken
