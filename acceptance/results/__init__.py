"""What a run may be asked for, what it leaves behind, and the verdict on it.

All of it is read and written here alone, and nothing in it is secret.
"""
