"""One seed for the project; every draw has its own generator derived from it."""

import hashlib

import numpy as np


def derive_seed(seed: int, *keys: str) -> int:
    """A seed of its own for one purpose.

    Args:
        seed: `seed` of params.yaml.
        keys: what is drawn and for whom, such as "split", "03001627".

    Returns:
        Integer in [0, 2**32), the same on every platform and in every version.
    """
    digest = hashlib.sha256("\0".join([str(seed), *keys]).encode()).digest()
    return int.from_bytes(digest[:4], "little")


def derive_rng(seed: int, *keys: str) -> np.random.Generator:
    """A generator of its own for one purpose; see derive_seed."""
    return np.random.default_rng(derive_seed(seed, *keys))
