"""The load balancer: Envoy, configured from what the ELBv2 API was told."""
