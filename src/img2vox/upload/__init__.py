"""Anybody's picture to the pixels that a network gets: checked, upright, cut out, centred and scaled as in training."""

from img2vox.upload.prepare import Prepared, prepare_upload
from img2vox.upload.reading import Limits

__all__ = ["Limits", "Prepared", "prepare_upload"]
