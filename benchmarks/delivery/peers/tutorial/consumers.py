"""The consumer of the Channels tutorial, which saves and classifies each message."""

import json
import os
from typing import Any

import joblib
from channels.generic.websocket import AsyncWebsocketConsumer

from benchmarks.delivery.peers.tutorial.models import Message

model = joblib.load(os.environ["MODEL"])


class ChatConsumer(AsyncWebsocketConsumer):
    """One page."""

    async def connect(self) -> None:
        """Accept."""
        self.rooms: list[str] = []
        await self.accept()

    async def disconnect(self, code: int) -> None:
        """Leave the groups."""
        for room in self.rooms:
            await self.channel_layer.group_discard(room, self.channel_name)

    async def receive(self, text_data: str = "", bytes_data: bytes | None = None) -> None:
        """Join, or save, classify and pass on."""
        frame = json.loads(text_data)
        if "join" in frame:
            self.rooms = frame["join"]
            for room in self.rooms:
                await self.channel_layer.group_add(room, self.channel_name)
            await self.send(text_data=json.dumps({"ready": True}))
            return
        urgency = int(model.predict([frame["text"]])[0])
        await Message.objects.acreate(room=frame["room"], client_id=frame["id"], text=frame["text"], urgency=urgency)
        await self.channel_layer.group_send(frame["room"], {"type": "chat.message", "frame": frame})

    async def chat_message(self, event: dict[str, Any]) -> None:
        """Pass on."""
        await self.send(text_data=json.dumps(event["frame"]))
