"""The console: pages for the people behind the bot."""
