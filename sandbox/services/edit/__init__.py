"""Edit: opens customers' workspaces, carries out their instructions and serves the live previews."""
