"""Numbers, baselines and figures from stored predictions. Stage `evaluate`; starts no TensorFlow."""
