"""The editors' door: a link from headquarters, the platform's own consent screen, and back; nobody pastes a secret."""
