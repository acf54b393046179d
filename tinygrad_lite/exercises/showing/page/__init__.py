"""The script of an exported page that judges its answers."""
