"""The demo: one command starts the whole house on this machine, furnishes it, and runs drills. Live operation has no demo."""
