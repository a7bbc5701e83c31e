"""MLflow: runs, registered networks, the store they live in; the only package that imports it. Stage `register`."""
