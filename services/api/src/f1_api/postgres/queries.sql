-- count_changes: changed rows in the tables of answers, and a sum that changes with a truncate or
-- rewrite, since these change a table's file
SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::text,
       (SELECT coalesce(sum(relfilenode::bigint), 0)::text FROM pg_class
         WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace)
  FROM pg_stat_user_tables
 WHERE relname NOT IN ('captures', 'slice_captures', 'budgets', 'budget_requests',
                       'budget_claims', 'fetch_leases', 'ingest_runs', 'expectations',
                       'api_keys', 'api_quotas', 'decisions')
