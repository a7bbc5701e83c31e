"""Draws are derived from one seed, and never change: dvc.yaml does not name seeds.py as a dependency."""

from img2vox.seeds import derive_rng, derive_seed


def test_derived_seeds_stay_what_they_are():
    assert derive_seed(20240501, "split", "03001627") == 2211973608
    assert derive_rng(0, "views").integers(0, 1000, 3).tolist() == [369, 592, 384]


def test_every_key_has_a_seed_of_its_own():
    keys = [("split", "a"), ("split", "b"), ("spli", "ta"), ("split",), ("views", "a")]
    assert len({derive_seed(1, *key) for key in keys} | {derive_seed(2, "split", "a")}) == 6
