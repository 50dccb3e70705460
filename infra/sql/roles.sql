-- One database role for each program, with the rights that the program uses. For psql, as the database's administrator (on RDS the
-- master user), after the first migration. You can run it again at any time: it revokes rights that are not listed here.
-- infra/README.md has the command; it sets the psql variables migration, api, worker and ingest to the passwords.
-- The operator has no role: it calls the API and never connects to the database.
\set ON_ERROR_STOP on
BEGIN;
SET LOCAL lock_timeout = '10s'; -- waiting for a busy table must not block all programs: run the file again

DO $$
BEGIN
    IF to_regclass('public.alembic_version') IS NULL THEN
        RAISE EXCEPTION 'the database % has no schema yet', current_database()
            USING HINT = 'Install the chart first: its migration creates the tables.';
    END IF;
END
$$;

SELECT format('CREATE ROLE %I LOGIN', role)
  FROM unnest(ARRAY['f1_migration', 'f1_api', 'f1_worker', 'f1_ingest']) AS role
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role)
\gexec
ALTER ROLE f1_migration PASSWORD :'migration';
ALTER ROLE f1_api PASSWORD :'api';
ALTER ROLE f1_worker PASSWORD :'worker';
ALTER ROLE f1_ingest PASSWORD :'ingest';

-- Migration: owns the database and all tables, so that it can change them. The administrator stays a member.
GRANT f1_migration TO CURRENT_USER;
SELECT format('ALTER DATABASE %I OWNER TO f1_migration', current_database())
\gexec
SELECT format('ALTER %s public.%I OWNER TO f1_migration', CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, relname)
  FROM pg_class AS c
 WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S')
   AND relowner <> (SELECT oid FROM pg_roles WHERE rolname = 'f1_migration')
   AND NOT EXISTS ( -- the sequence of an identity column changes with its table
       SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'i'
   )
\gexec

-- No other role connects, and no role creates temporary tables.
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database())
\gexec
SELECT format('GRANT CONNECT ON DATABASE %I TO f1_api, f1_worker, f1_ingest', current_database())
\gexec
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, f1_api, f1_worker, f1_ingest;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM PUBLIC, f1_api, f1_worker, f1_ingest;

-- API: reads everything; writes API keys (`f1-api keys`) and the requests that count against their limits.
GRANT SELECT ON ALL TABLES IN SCHEMA public TO f1_api;
GRANT INSERT, UPDATE ON api_keys TO f1_api;
GRANT INSERT, UPDATE, DELETE ON api_quotas TO f1_api;

-- Worker: reads and writes the ledger, the rows of races, and data derived from them: all tables but those that are listed here.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO f1_worker;
REVOKE ALL ON api_keys, api_quotas FROM f1_worker;
REVOKE INSERT, UPDATE, DELETE ON
    alembic_version, decisions, budgets, budget_requests, budget_claims, fetch_leases, ingest_runs, expectations
    FROM f1_worker;
GRANT INSERT ON decisions TO f1_worker;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO f1_worker;
GRANT UPDATE ON SEQUENCE capture_order TO f1_worker;

-- Ingest: plans, shares the request budget, announces captures. A sweep, which it runs first on a new database, also enters decisions: it
-- reopens captures, and a purge deletes a season's races. It adds and changes no row of a race.
GRANT SELECT ON alembic_version, captures, slice_captures, slices, decisions, races, seasons TO f1_ingest;
GRANT INSERT, SELECT, UPDATE, DELETE ON
    budgets, budget_requests, budget_claims, fetch_leases, ingest_runs, expectations, unreadable_objects
    TO f1_ingest;
GRANT SELECT, INSERT, UPDATE ON installation TO f1_ingest;
GRANT INSERT ON captures, decisions TO f1_ingest;
GRANT UPDATE (state, reason, refused, attempts, not_before, lease_owner, lease_expires_at) ON captures TO f1_ingest;
GRANT DELETE ON slices, slice_captures, races TO f1_ingest;
GRANT USAGE, SELECT, UPDATE ON SEQUENCE capture_order TO f1_ingest;

-- Tables of later migrations: readable by all three, writable by the worker. One that needs more is listed above, and the changelog of
-- that release says to run this file again.
ALTER DEFAULT PRIVILEGES FOR ROLE f1_migration IN SCHEMA public GRANT SELECT ON TABLES TO f1_api, f1_ingest;
ALTER DEFAULT PRIVILEGES FOR ROLE f1_migration IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO f1_worker;
ALTER DEFAULT PRIVILEGES FOR ROLE f1_migration IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO f1_worker;
COMMIT;
