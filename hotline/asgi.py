"""The entry point of the server."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hotline.settings")
django_application = get_asgi_application()

# Models must be ready before these are imported.
from channels.routing import ProtocolTypeRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator, OriginValidator  # noqa: E402
from django.conf import settings  # noqa: E402

from hotline.background import WithWatch  # noqa: E402
from hotline.routing import websockets  # noqa: E402
from hotline.tuning import tune  # noqa: E402
from triage import process, services  # noqa: E402

if settings.TRIAGE_PROCESS:
    process.read_in_a_process()
else:
    services.prepare()

# Cookies come along with a socket from any page: only our own pages may open one.
guarded = OriginValidator(websockets, settings.ORIGINS) if settings.ORIGINS else AllowedHostsOriginValidator(websockets)

application = WithWatch(ProtocolTypeRouter({"http": django_application, "websocket": guarded}))
tune()
