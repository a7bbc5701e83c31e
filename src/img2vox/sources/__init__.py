"""Where meshes come from: each source ends as one archive a category in data/raw. Stage `fetch`."""
