"""`make pictures`: every page as pictures, at night and by day, on phones and desks, in both languages.

Starts the real server with the demo's evening in a folder of its own, lets people write to each other through real
pages, and writes build/pictures; the few that the READMEs show go to docs/pictures.

    python -m tools.pictures             all of them
    python -m tools.pictures board       only those whose name holds "board"
"""

from tools.pictures.camera import FLAGS

__all__ = ["FLAGS"]
