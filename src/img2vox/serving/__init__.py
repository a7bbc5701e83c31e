"""What the browser demo and `img2vox predict` share: networks on offer, kept in memory, their answers as files."""
