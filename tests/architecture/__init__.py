"""What holds the house up: walls, floors, and documents that say what the code does."""
