-- E with a row for each finished job.
CREATE FUNCTION settle(ids bigint[], tokens bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM end_runs(ids, tokens);
  INSERT INTO done SELECT s.id, s.token, us(), us() + 86400000000, 0, 1, 4 FROM unnest(ids, tokens) s(id, token);
  INSERT INTO expiry (at, jobs) VALUES (us() + 86400000000, ids);
END $$;
