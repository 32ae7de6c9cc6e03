"""Who we are: the ministry, its posts and whom they serve, their accounts, and the verified numbers and links."""
