-- Every file that was met, by its place in the folder it came from.
CREATE TABLE IF NOT EXISTS files (
    folder   TEXT NOT NULL,
    path     TEXT NOT NULL,
    bytes    INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    uuid     TEXT REFERENCES photos (uuid), -- null: it is no photo, for this reason
    reason   TEXT,
    PRIMARY KEY (folder, path),
    CHECK ((uuid IS NULL) <> (reason IS NULL))
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS files_by_photo ON files (uuid);

-- Every photo, by its content: two files with the same content are one.
CREATE TABLE IF NOT EXISTS photos (
    uuid         TEXT PRIMARY KEY,
    hash         TEXT NOT NULL UNIQUE,
    extension    TEXT NOT NULL,
    name         TEXT NOT NULL,
    bytes        INTEGER NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('Uploaded', 'Previewed', 'Ingested', 'Failed')),
    confirmed    INTEGER NOT NULL DEFAULT 0,
    preview_size INTEGER, -- long side in pixels
    reason       TEXT,
    taken_in_by  INTEGER  -- the photos.folder job that brought it, or tried it again, last
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS photos_by_state ON photos (state);

-- The library: one row for each photo in its permanent place.
CREATE TABLE IF NOT EXISTS images (
    id           INTEGER PRIMARY KEY,
    uuid         TEXT NOT NULL UNIQUE REFERENCES photos (uuid),
    content_hash TEXT NOT NULL UNIQUE,
    path         TEXT NOT NULL UNIQUE, -- relative to the library's root
    name         TEXT NOT NULL,
    bytes        INTEGER NOT NULL,
    format       TEXT,
    width        INTEGER,
    height       INTEGER,
    camera       TEXT,
    lens         TEXT,
    taken_at     TEXT, -- by the camera's clock
    latitude     REAL,
    longitude    REAL,
    ingested_at  TEXT NOT NULL
);

-- When somebody sat before ./demo, so that it can tell how long it all took, however often it was stopped or killed.
CREATE TABLE IF NOT EXISTS sittings (
    id       INTEGER PRIMARY KEY,
    folder   TEXT NOT NULL,
    began_at REAL NOT NULL,
    seen_at  REAL NOT NULL
);
