"""Archives, pictures, splits and bundles: all that happens to a mesh before training. Stage `prepare`."""
