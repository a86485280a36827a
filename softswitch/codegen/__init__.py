"""From a `Pipeline` to C; `generate` is the way in."""
