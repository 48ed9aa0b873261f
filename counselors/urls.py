"""The staff's pages, under /staff/."""

from __future__ import annotations

from django.urls import path

from counselors import views

app_name = "counselors"
urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in/", views.SignIn.as_view(), name="sign_in"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("join/", views.join, name="join"),
    path("me/", views.me, name="me"),
    path("desk/", views.desk, name="desk"),
    path("board/", views.board, name="board"),
    path("conversations/<str:conversation_hex>/", views.conversation, name="conversation"),
    path("reviews/", views.reviews, name="reviews"),
    path("reviews/<str:conversation_hex>/", views.review, name="review"),
    path("triage/", views.triage, name="triage"),
    path("people/", views.people, name="people"),
    path("people/<int:member_id>/<str:what>/", views.change_person, name="change_person"),
]
