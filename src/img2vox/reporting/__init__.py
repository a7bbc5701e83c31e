"""Tables, charts and the report over all categories. Stage `compare`; starts no TensorFlow."""
