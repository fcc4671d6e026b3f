"""The fictional pilot district: its data, where it is kept, how it is loaded."""
