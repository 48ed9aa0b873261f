"""`make bench`: what a delivered message costs this product, beside others that do less or do it otherwise."""
