-- Permits that processes took of the limits of API keys.

-- upgrade
CREATE TABLE IF NOT EXISTS api_usage (
    name TEXT NOT NULL,                 -- of a key, or of WhatsApp's number
    seconds DOUBLE PRECISION NOT NULL,  -- of a limit
    since DOUBLE PRECISION NOT NULL,    -- when its window opened
    count BIGINT NOT NULL,              -- permits that processes took
    PRIMARY KEY (name, seconds)
) $by_key;
