"""Archives, pictures, bundles and splits: what lies between two stages."""
