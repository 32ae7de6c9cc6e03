"""Our adapters against doubles that others have written: what we and our own simulator may have misread alike shows here."""
