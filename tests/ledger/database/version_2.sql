-- A ledger of version 2 in use, for SQLite and PostgreSQL alike. Kept as it was made; never to be changed.
CREATE TABLE ledger (
  id VARCHAR(26) NOT NULL,
  version INTEGER NOT NULL,
  created_at VARCHAR(27) NOT NULL,
  created_by TEXT NOT NULL,
  PRIMARY KEY (id)
);
CREATE TABLE runs (
  id VARCHAR(26) NOT NULL,
  command TEXT NOT NULL,
  started_at VARCHAR(27) NOT NULL,
  finished_at VARCHAR(27),
  lease_until VARCHAR(27) NOT NULL,
  exit_code INTEGER,
  interrupted BOOLEAN NOT NULL,
  who TEXT NOT NULL,
  host TEXT NOT NULL,
  pid INTEGER NOT NULL,
  process TEXT NOT NULL,
  version TEXT NOT NULL,
  git_commit TEXT,
  git_dirty BOOLEAN,
  PRIMARY KEY (id)
);
CREATE INDEX runs_unfinished ON runs (lease_until) WHERE finished_at IS NULL;
CREATE TABLE firings (
  id VARCHAR(26) NOT NULL,
  account TEXT NOT NULL,
  bulletin TEXT NOT NULL,
  occurrence TEXT NOT NULL,
  state VARCHAR(16) NOT NULL,
  run VARCHAR(26) NOT NULL,
  claimed_at VARCHAR(27) NOT NULL,
  settled_at VARCHAR(27),
  due_at VARCHAR(27),
  expires_at VARCHAR(27),
  file TEXT NOT NULL,
  line INTEGER NOT NULL,
  payload TEXT NOT NULL,
  payload_hash TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  reason TEXT,
  http_status INTEGER,
  error TEXT,
  bulletins_sent INTEGER,
  swept_by VARCHAR(26),
  PRIMARY KEY (id),
  FOREIGN KEY(run) REFERENCES runs (id)
);
CREATE UNIQUE INDEX firings_at_most_once ON firings (account, bulletin, occurrence) WHERE state IN ('claimed', 'fired', 'in_doubt');
CREATE INDEX firings_by_bulletin ON firings (bulletin, occurrence, account);
CREATE INDEX firings_by_payload ON firings (payload_hash, account, claimed_at);
CREATE INDEX firings_by_run ON firings (run);
CREATE INDEX firings_by_state ON firings (state, claimed_at);
CREATE UNIQUE INDEX firings_expired_once ON firings (account, bulletin, occurrence, expires_at) WHERE state = 'expired';
CREATE TABLE attempts (
  firing VARCHAR(26) NOT NULL,
  number INTEGER NOT NULL,
  started_at VARCHAR(27) NOT NULL,
  latency_ms FLOAT NOT NULL,
  verdict TEXT NOT NULL,
  http_status INTEGER,
  answer TEXT,
  error TEXT,
  PRIMARY KEY (firing, number),
  FOREIGN KEY(firing) REFERENCES firings (id)
);
CREATE TABLE resolutions (
  id VARCHAR(26) NOT NULL,
  firing VARCHAR(26) NOT NULL,
  at VARCHAR(27) NOT NULL,
  who TEXT NOT NULL,
  host TEXT NOT NULL,
  sent BOOLEAN NOT NULL,
  note TEXT NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY(firing) REFERENCES firings (id)
);
CREATE INDEX resolutions_by_firing ON resolutions (firing);
CREATE TABLE slots (
  account TEXT NOT NULL,
  number INTEGER NOT NULL,
  run VARCHAR(26) NOT NULL,
  taken_at VARCHAR(27) NOT NULL,
  PRIMARY KEY (account, number),
  FOREIGN KEY(run) REFERENCES runs (id)
);
CREATE INDEX slots_by_run ON slots (run);
INSERT INTO ledger VALUES ('01M8000000000000000000LEDG', 2, '2026-11-01T09:00:00.000000Z', 'asha');
INSERT INTO runs VALUES ('01M80000000000000000000RUN', 'fire', '2026-12-01T12:00:00.000000Z', NULL,
  '2026-12-01T12:00:30.000000Z', NULL, false, 'asha', 'builder', 4321, 'boot 4321 77', '0.1.0', '0123abc', false);
INSERT INTO firings VALUES ('01M800000000000000000FIRED', 'india', 'fired', 'r1', 'fired', '01M80000000000000000000RUN',
  '2026-12-01T12:00:01.000000Z', '2026-12-01T12:00:02.000000Z', NULL, NULL, 'a.yaml', 4,
  '{"business_event":"Jagat \u0022सा\u0022","name":"सा"}', 'sha256:3ad8e2d3c5b4', 'sha256:f', NULL, 200, NULL, 1, NULL);
INSERT INTO firings VALUES ('01M8000000000000000CLAIMED', 'india', 'claimed', 'r1', 'claimed',
  '01M80000000000000000000RUN', '2026-12-01T12:00:01.000000Z', NULL, NULL, NULL, 'a.yaml', 5, '{}', 'sha256:0',
  'sha256:c', NULL, NULL, NULL, NULL, NULL);
INSERT INTO firings VALUES ('01M8000000000000000DAMAGED', 'india', 'damaged', 'r1', 'failed',
  '01M80000000000000000000RUN', '2026-12-01T12:00:01.000000Z', '2026-12-01T12:00:02.000000Z', NULL, NULL, 'a.yaml', 6,
  '{"business_event":', 'sha256:0', 'sha256:d', NULL, NULL, NULL, NULL, NULL);
INSERT INTO attempts VALUES ('01M800000000000000000FIRED', 1, '2026-12-01T12:00:01.500000Z', 212.4, 'yes', 200,
  '{"status": "success"}', NULL);
INSERT INTO resolutions VALUES ('01M80000000000000000000RES', '01M800000000000000000FIRED',
  '2026-12-01T12:05:00.000000Z', 'meera', 'laptop', true, 'in the log');
