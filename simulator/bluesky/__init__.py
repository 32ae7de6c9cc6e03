"""The double of the AT Protocol: a personal data server, the directory of accounts, and who gives access, all in one place."""
