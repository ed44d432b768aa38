"""What a run leaves behind, read and written here alone, and the verdict on it; nothing secret in any of it."""
