"""What is claimed about what drivers saw, with words for what was found instead."""
