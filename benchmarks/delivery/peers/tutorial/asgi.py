"""The entry point."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.delivery.peers.tutorial.settings")
django_application = get_asgi_application()

# Models must be ready before these are imported.
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import path  # noqa: E402

from benchmarks.delivery.peers.tutorial.consumers import ChatConsumer  # noqa: E402

application = ProtocolTypeRouter(
    {"http": django_application, "websocket": URLRouter([path("", ChatConsumer.as_asgi())])}
)
