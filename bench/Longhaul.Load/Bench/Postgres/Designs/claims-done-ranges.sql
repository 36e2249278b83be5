-- E with one row for all jobs that a call has ended: a bit for each from the first on, or their ids. It is what expires, too.
CREATE TABLE done (
  first bigint PRIMARY KEY, secret bigint NOT NULL, finished bigint NOT NULL, expires bigint NOT NULL, flags int NOT NULL, run_number int NOT NULL,
  state smallint NOT NULL, ids bigint[], jobs int NOT NULL
);
CREATE INDEX done_expires ON done (expires);

CREATE FUNCTION settle(ids bigint[], tokens bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE c claim;
BEGIN
  c := end_runs(ids, tokens);
  INSERT INTO done VALUES (ids[1], c.secret, us(), us() + 86400000000, 0, 1, 4,
    CASE WHEN ids[cardinality(ids)] - ids[1] + 1 <> cardinality(ids) THEN ids END, cardinality(ids));
END $$;
