-- snapshot: the files of a season that the worker wrote to S3
SELECT files, written_at FROM snapshots WHERE season = %(season)s
