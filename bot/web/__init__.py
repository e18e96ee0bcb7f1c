"""What is served over HTTP: hooks, health, the API and the console."""
