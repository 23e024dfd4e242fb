// Text of a document made harmless to look at. (The page never writes HTML: only text nodes.)

// Control characters, marks that turn the direction of writing, line separators, invisible tags.
// ZWJ and ZWNJ stay: Telugu and Hindi need them.
const UNSEEN =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** The text with a visible sign in place of everything that hides or turns. */
export const plain = (text) => text.replace(UNSEEN, "\ufffd");
