"""Which socket is answered by whom."""

from __future__ import annotations

from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from django.urls import path

from counselors.consumers import DeskSocket
from counselors.selectors import count_on_duty
from hotline.chat.consumers import ResidentSocket

websockets = URLRouter(
    [
        # The chat knows nobody on the staff side: it is told here how to count who is on duty.
        path("ws/resident/", ResidentSocket.as_asgi(count_on_duty=count_on_duty)),
        path("ws/desk/", AuthMiddlewareStack(DeskSocket.as_asgi())),
    ]
)
