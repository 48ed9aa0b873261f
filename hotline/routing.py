"""Which socket is answered by whom."""

from __future__ import annotations

from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from django.urls import path

from counselors.consumers import DeskSocket
from counselors.selectors import count_on_duty
from hotline.chat import consumers
from hotline.chat.consumers import ResidentSocket

# The chat knows nobody on the staff side; whoever puts the two together tells it how to count who is on duty.
consumers.count_on_duty = count_on_duty

websockets = URLRouter(
    [
        path("ws/resident/", ResidentSocket.as_asgi()),
        path("ws/desk/", AuthMiddlewareStack(DeskSocket.as_asgi())),
    ]
)
