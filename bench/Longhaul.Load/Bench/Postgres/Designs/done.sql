-- A row for each finished job.
CREATE TABLE done (
  id bigint PRIMARY KEY, token bigint, finished bigint NOT NULL, expires bigint NOT NULL, flags int NOT NULL, run_number int NOT NULL, state smallint NOT NULL
);
