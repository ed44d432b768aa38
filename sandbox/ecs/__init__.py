"""ECS's part that moto lacks: tasks that really run, services that keep their number, ECS Exec."""
