"""The same service as tutorials of Django, Channels and scikit-learn build it, put together from their chapters."""
