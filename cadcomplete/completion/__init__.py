"""The heart: from what is given and shown to answers, ranked and checked by the kernel."""
