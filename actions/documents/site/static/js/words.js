// The page's data and the language it speaks.

import { plain } from "./plain.js";

const KEPT = "seva.language";

/** Words, forms and settings, in the language of the reader. */
export class Words {
  constructor(data) {
    this.data = data;
    this.language = chosen(data);
  }

  use(tag) {
    this.language = tag;
    try {
      localStorage.setItem(KEPT, tag);
    } catch {
      // a private window may refuse: then the choice lasts as long as the page
    }
  }

  /** The text of a mapping by language, with its {places} filled. */
  of(words, facts = {}) {
    const text = words?.[this.language] ?? words?.[this.data.default] ?? "";
    return text.replace(/\{(\w+)\}/g, (_, name) => this.fact(name, facts[name]));
  }

  page(name, facts) {
    return this.of(this.data.words.page[name], facts);
  }

  result(name) {
    return this.of(this.data.words.result[name]);
  }

  /** A fact as it is read: dates from seconds, numbers in groups, words by language, plain text. */
  fact(name, value) {
    if (name === "date") return this.date(value);
    if (name === "id") return grouped(String(value));
    if (value && typeof value === "object") return plain(this.of(value));
    return plain(String(value ?? "-"));
  }

  /** A day in India, whatever the phone's time zone. */
  date(seconds) {
    if (!Number.isFinite(seconds)) return "-";
    const format = new Intl.DateTimeFormat(`${this.language}-IN-u-nu-latn`, {
      dateStyle: "long",
      timeZone: "Asia/Kolkata",
    });
    return format.format(new Date(seconds * 1000));
  }
}

/** A document's number as it is printed: in fours. */
export const grouped = (id) => plain(id).replace(/(.{4})(?=.)/g, "$1-");

function chosen({ languages, default: usual }) {
  const known = languages.map(({ tag }) => tag);
  let kept = null;
  try {
    kept = localStorage.getItem(KEPT);
  } catch {
    // as above
  }
  const wanted = [kept, ...navigator.languages.map((tag) => tag.split("-")[0])];
  return wanted.find((tag) => known.includes(tag)) ?? usual;
}
