"""The browser demo: layout and handlers. What they call is the package's (img2vox.serving, img2vox.upload)."""
