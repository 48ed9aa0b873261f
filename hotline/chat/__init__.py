"""Conversations and messages: their states, their protocol, their delivery, and the resident's side."""
