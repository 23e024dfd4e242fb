-- Which reviewed sentences were handed in for the catalogue (api/review). Sevas of before neither
-- write nor read it; a card that is handed in counts for them as one in no state that they know.

-- upgrade
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

-- downgrade
-- loses sentences that were handed in: SELECT COUNT(*) FROM review_handed
INSERT INTO review_topics (state, language, topic, cards, top)
    SELECT 3, language, topic, cards, top FROM review_topics WHERE state = 4
    ON CONFLICT (state, language, topic) DO UPDATE SET
    cards = review_topics.cards + excluded.cards;
DELETE FROM review_topics WHERE state = 4;
UPDATE review_cards SET state = 3 WHERE state = 4;
DROP TABLE review_handed;
