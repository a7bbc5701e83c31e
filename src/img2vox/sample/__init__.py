"""The meshes that come with the project: provenance, and the parametric shapes among them."""
