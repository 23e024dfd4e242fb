-- Who asked for records that are not there.

-- upgrade sqlite
CREATE TABLE IF NOT EXISTS department_misses (
    id INTEGER NOT NULL,
    department TEXT NOT NULL,
    citizen VARCHAR(64) NOT NULL,
    request VARCHAR(64) NOT NULL,
    at FLOAT NOT NULL,
    PRIMARY KEY (id)
);

-- upgrade postgresql
CREATE TABLE IF NOT EXISTS department_misses (
    id SERIAL NOT NULL,
    department TEXT NOT NULL,
    citizen VARCHAR(64) NOT NULL,
    request VARCHAR(64) NOT NULL,
    at FLOAT NOT NULL,
    PRIMARY KEY (id)
);

-- upgrade
CREATE INDEX IF NOT EXISTS department_misses_at ON department_misses (department, at);
CREATE INDEX IF NOT EXISTS department_misses_citizen ON department_misses (department, citizen, at);
