"""The hotline: settings, entry points, and the conversation itself (``hotline.chat``)."""
