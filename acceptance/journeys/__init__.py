"""What customers and operators do, out of several driver calls; a matcher of it stands beside it."""
