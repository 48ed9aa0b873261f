"""Those that are measured: each is a server in a process of its own, and knows how its pages speak."""
