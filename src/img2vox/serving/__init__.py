"""What the browser demo and `img2vox predict` share: networks on offer, kept in memory, their answers as files."""

import os

# On processors with AVX-512 TensorFlow takes Intel's kernels unasked, and says so on standard error whatever its log
# level is, among the lines of JSON too. One picture at a time gains nothing by them; see learning/onednn.py.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
