"""Learning the weights from the corpus, and measuring them. Never imported where people are served."""
