"""What the bot, the automatic answers and the pages say by themselves: as shipped, or as headquarters words it now."""
