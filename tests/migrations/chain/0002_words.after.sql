-- `text` goes: nobody calls it so any more.

-- upgrade sqlite
DROP TRIGGER notes_words;
DROP TRIGGER notes_text;

-- upgrade postgresql
DROP TRIGGER notes_words ON notes;
DROP FUNCTION notes_words;

-- upgrade
ALTER TABLE notes DROP COLUMN text;

-- downgrade
ALTER TABLE notes ADD COLUMN text TEXT NOT NULL DEFAULT '';
UPDATE notes SET text = words;

-- downgrade sqlite
CREATE TRIGGER notes_words AFTER INSERT ON notes WHEN NEW.words IS NULL BEGIN
    UPDATE notes SET words = NEW.text WHERE id = NEW.id;
END;
CREATE TRIGGER notes_text AFTER INSERT ON notes WHEN NEW.words IS NOT NULL BEGIN
    UPDATE notes SET text = NEW.words WHERE id = NEW.id;
END;

-- downgrade postgresql
CREATE FUNCTION notes_words() RETURNS trigger AS $$
BEGIN
    NEW.words := COALESCE(NEW.words, NEW.text);
    NEW.text := NEW.words;
    RETURN NEW;
END
$$ LANGUAGE plpgsql;
CREATE TRIGGER notes_words BEFORE INSERT ON notes FOR EACH ROW EXECUTE FUNCTION notes_words();
