
-- What a person should read of a turn, written with its end; api/review files it as cards, and takes
-- it away. A row without words tells that a citizen wants nothing kept, and which cards lose words.
CREATE TABLE IF NOT EXISTS review_arrivals (
    seq $number,
    id TEXT NOT NULL UNIQUE,                -- of the message, or of the feedback
    who TEXT NOT NULL,                      -- keyed hash of the lane
    day TEXT NOT NULL,                      -- ISO
    reason TEXT NOT NULL,
    payload TEXT NOT NULL,                  -- masked and sealed
    cards TEXT NOT NULL DEFAULT ''          -- numbers, commas between
);
CREATE INDEX IF NOT EXISTS review_arrivals_who ON review_arrivals (who);
CREATE INDEX IF NOT EXISTS review_arrivals_day ON review_arrivals (day);

-- The tables below are used in the first of several databases only. Who changes them locks the one
-- row of this table first.
CREATE TABLE IF NOT EXISTS review_lock (one INTEGER PRIMARY KEY);

CREATE TABLE IF NOT EXISTS review_items (
    id TEXT PRIMARY KEY, card BIGINT NOT NULL, who TEXT NOT NULL, day TEXT NOT NULL, reason TEXT NOT NULL,
    payload TEXT NOT NULL                   -- masked and sealed
) $by_key;
CREATE INDEX IF NOT EXISTS review_items_card ON review_items (card);
CREATE INDEX IF NOT EXISTS review_items_who ON review_items (who);
CREATE INDEX IF NOT EXISTS review_items_day ON review_items (day);

-- A card stands for messages that are almost the same.
CREATE TABLE IF NOT EXISTS review_cards (
    card $number,
    sound TEXT NOT NULL UNIQUE,             -- keyed hash of the folded words
    shown TEXT NOT NULL,                    -- the item whose words are shown
    language TEXT NOT NULL,                 -- a key, such as te-Latn
    topic TEXT NOT NULL,                    -- the likeliest intent
    count INTEGER NOT NULL,                 -- of messages
    weight DOUBLE PRECISION NOT NULL,       -- doubt x what the reason is worth
    priority DOUBLE PRECISION NOT NULL,
    reasons TEXT NOT NULL,                  -- JSON: how many for each reason
    twice INTEGER NOT NULL,                 -- 1 where two people read it
    state INTEGER NOT NULL DEFAULT 0,       -- 0 open, 1 for a second reader, 2 disputed, 3 done, 4 handed in
    day TEXT NOT NULL                       -- of the last message
);
CREATE INDEX IF NOT EXISTS review_cards_queue ON review_cards (state, language, topic, priority);
CREATE INDEX IF NOT EXISTS review_cards_order ON review_cards (state, priority, card);

-- How many cards there are, and the highest priority among them.
CREATE TABLE IF NOT EXISTS review_topics (
    state INTEGER NOT NULL, language TEXT NOT NULL, topic TEXT NOT NULL,
    cards INTEGER NOT NULL, top DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (state, language, topic)
) $by_key;

-- Keyed hashes of a card's words without one of them: almost the same messages share one.
CREATE TABLE IF NOT EXISTS review_near (
    near TEXT NOT NULL, card BIGINT NOT NULL, PRIMARY KEY (near, card)
) $by_key;
CREATE INDEX IF NOT EXISTS review_near_card ON review_near (card);

CREATE TABLE IF NOT EXISTS review_decisions (
    seq $number,
    card BIGINT NOT NULL,
    account TEXT NOT NULL,
    at DOUBLE PRECISION NOT NULL,
    part TEXT NOT NULL,                     -- reader or adjudicator
    label TEXT NOT NULL,                    -- what was decided, without words of the message
    payload TEXT NOT NULL,                  -- sealed
    undone INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS review_decisions_card ON review_decisions (card, account);
CREATE INDEX IF NOT EXISTS review_decisions_account ON review_decisions (account, seq);

-- Sentences of decisions that were handed in for the catalogue, so that nobody does it twice. Where
-- the change proposal is discarded its rows go, and the sentences are offered again.
CREATE TABLE IF NOT EXISTS review_handed (
    card BIGINT NOT NULL, decision BIGINT NOT NULL,
    part INTEGER NOT NULL,                  -- 0; of a split 0 and 1
    proposal TEXT NOT NULL,                 -- its name; empty where the sentence is left out for good
    settled INTEGER NOT NULL DEFAULT 0,     -- 1 where the proposal was merged
    PRIMARY KEY (card, decision, part)
) $by_key;
CREATE INDEX IF NOT EXISTS review_handed_proposal ON review_handed (settled, proposal);
