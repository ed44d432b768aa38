"""The platform on one machine: AWS's control plane, load balancer and task scheduler, and the three services."""
