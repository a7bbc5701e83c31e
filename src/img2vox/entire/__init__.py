"""The paper's last experiment: one network for the entire data set. Stages `train-joint`, `evaluate-joint`."""
