"""Many categories at once: their chains of stages in parallel DVC processes, on this machine or on several."""
