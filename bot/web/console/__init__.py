"""The console: one module a page, each filling that page's view from what is stored."""
