"""How urgent, and in what order. Knows texts and levels, never conversations or people."""
