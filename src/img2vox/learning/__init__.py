"""Networks and their training; the only package that imports Keras. Stage `train`."""

import os

# TensorFlow reads it once, when it is imported: without it, every process opens with lines about its own instructions.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
