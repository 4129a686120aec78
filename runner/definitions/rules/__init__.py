"""Rules that span entries and files, such as unique ids and the catalog. Definitions come in; problems go out."""
