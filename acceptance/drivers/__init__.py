"""Protocol drivers: the only code of the suite that knows boto3, HTTP, WebSocket, ECS Exec and mail."""
