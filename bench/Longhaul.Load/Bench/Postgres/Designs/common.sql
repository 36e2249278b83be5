-- What all designs share: a job is told once and for all here (except in one-table.sql), all jobs are alike in lane and priority, and are due
-- in the order of their ids. "step" ends the runs that are named and claims more, in one transaction: one round trip of a worker.
CREATE FUNCTION us() RETURNS bigint LANGUAGE sql AS $$ SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint $$;

CREATE TABLE tally (lane int NOT NULL, pending int NOT NULL, running int NOT NULL, completed int NOT NULL);

-- What expires when, for pruning: one row for all jobs that a call ended.
CREATE TABLE expiry (at bigint NOT NULL, number bigint GENERATED ALWAYS AS IDENTITY, jobs bigint[] NOT NULL, PRIMARY KEY (at, number));
