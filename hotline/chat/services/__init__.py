"""The verbs of the conversation. Synchronous, each in one transaction; hints go out after commit."""
