-- A row for each running job.
CREATE TABLE run (
  id bigint PRIMARY KEY, token bigint NOT NULL, session bigint NOT NULL, claim bigint NOT NULL, claimed bigint NOT NULL, fence bigint NOT NULL,
  due bigint NOT NULL, lane int NOT NULL, flags int NOT NULL, run_number int NOT NULL, place int NOT NULL, priority smallint NOT NULL,
  begun boolean NOT NULL, headway boolean NOT NULL DEFAULT false
);
CREATE INDEX run_session ON run (session, claim);

CREATE FUNCTION settle(ids bigint[], tokens bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE ended bigint[];
BEGIN
  WITH gone AS (
    DELETE FROM run r USING unnest(ids, tokens) s(id, token) WHERE r.id = s.id AND r.token = s.token RETURNING r.id, r.token, r.flags, r.run_number
  ), put AS (
    INSERT INTO done SELECT id, token, us(), us() + 86400000000, flags, run_number, 4 FROM gone
  )
  SELECT array_agg(id) INTO ended FROM gone;
  IF cardinality(ended) IS DISTINCT FROM cardinality(ids) THEN RAISE EXCEPTION 'lost runs'; END IF;
  INSERT INTO expiry (at, jobs) VALUES (us() + 86400000000, ended);
  INSERT INTO tally VALUES (1, 0, -cardinality(ended), cardinality(ended));
END $$;

CREATE FUNCTION beat() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM run WHERE session = 1 $$;
