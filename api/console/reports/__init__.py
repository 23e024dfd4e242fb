"""Reports for officials: what citizens ask for and how it goes, without anybody in it."""
