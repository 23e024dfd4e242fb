"""Reports for officials: figures of a period, without anybody in them."""
