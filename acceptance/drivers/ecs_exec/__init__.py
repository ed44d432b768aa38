"""A command in a container by ECS Exec: its session, and the protocol that it speaks."""
