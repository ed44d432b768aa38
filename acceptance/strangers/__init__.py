"""What strangers and programs try from outside, with any session or none; a matcher of it stands beside it."""
