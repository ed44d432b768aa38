"""The session API: a Lambda function behind the load balancer and the mail topic, awake while all else sleeps."""
