"""How a deployment is set up, as the doctor asks for it: its table, its mail, its services."""
