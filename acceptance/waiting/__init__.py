"""The one wait and what it tells: claims, their failures, series of looks. Imports nothing of ours."""
