"""What the sandbox needs of the machine: processes that end with it, folders, Node."""
