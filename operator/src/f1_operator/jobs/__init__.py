"""The Jobs of a Season: how they are built, how they are read, why their pods failed."""
