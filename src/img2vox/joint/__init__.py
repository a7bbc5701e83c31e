"""One network for all categories: what it trains on, its training, and the stage that ships it."""
