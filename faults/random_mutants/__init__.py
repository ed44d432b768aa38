"""Platforms broken at random: one place of their sources changed."""
