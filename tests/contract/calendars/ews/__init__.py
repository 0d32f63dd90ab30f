"""Exchange on premises through our adapter."""
