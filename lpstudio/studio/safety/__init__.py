"""What keeps work safe, as the window shows it: conflicts, recovery, a second studio, backups, the end of a session."""
