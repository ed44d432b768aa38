"""Lambda's part that moto lacks: a function that answers the load balancer and mail."""
