"""What is true of each platform, without its SDK: cheap to import anywhere."""
