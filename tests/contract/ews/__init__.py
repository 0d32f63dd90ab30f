"""The simulated Exchange on premises."""
