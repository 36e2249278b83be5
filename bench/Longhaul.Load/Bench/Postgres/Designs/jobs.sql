-- The facts of a job, never changed.
CREATE TABLE job (
  id bigint PRIMARY KEY, nonce bigint NOT NULL, created bigint NOT NULL, delay bigint NOT NULL, lane int NOT NULL, payload_version int NOT NULL,
  priority smallint NOT NULL, payload text NOT NULL
);

CREATE FUNCTION fill_jobs(jobs int, payload text) RETURNS void LANGUAGE sql AS $$
  INSERT INTO job SELECT i, hashint8extended(i, 7), i, 0, 1, 1, 100, payload FROM generate_series(1, jobs) i
$$;
