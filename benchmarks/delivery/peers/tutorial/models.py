"""A table of messages."""

from django.db import models


class Message(models.Model):
    """One message, in the clear."""

    room = models.CharField(max_length=40, db_index=True)
    client_id = models.CharField(max_length=40)
    text = models.TextField()
    urgency = models.IntegerField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "tutorial"
