"""Hermes, the orchestrator: brings sessions up, routes them, keeps Edit's capacity, and ends what is idle."""
