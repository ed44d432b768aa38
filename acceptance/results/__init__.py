"""What a run leaves behind: its folder, its ledger, its tags, nothing secret in any of them."""
