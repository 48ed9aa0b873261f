"""The Node relay: its server, what it needs, and how it is measured."""
