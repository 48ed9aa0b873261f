"""Material for a demonstration: an evening that looks real, and people who talk through real sockets."""
