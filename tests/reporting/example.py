"""What the tests of reports share: the settings of a comparison, and the categories of the fixtures."""

from img2vox.evaluation.leaks import Leak

CATEGORIES = {"table": "04379243", "bag": "02773838"}
HOW = {"high_capacity_min_objects": 2000, "seed": 3, "bootstrap_samples": 100}
LEAKS = [Leak("bag", "object-4", "table", "object-2", "test", 0.91)]
