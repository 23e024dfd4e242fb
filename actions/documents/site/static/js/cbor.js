// Strict decoder of the CBOR (RFC 8949) that a credential uses, and nothing more: integers, byte and
// text strings, arrays, maps with integer keys, tags. Definite lengths in their shortest form, no
// key twice, no bytes left over, bounded depth. Whatever breaks a rule throws MalformedCbor.

const DEEPEST = 6;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class MalformedCbor extends Error {}

export class Tagged {
  constructor(tag, value) {
    this.tag = tag;
    this.value = value;
  }
}

/** Maps become Map, byte strings Uint8Array. */
export function decodeCbor(bytes) {
  const reader = new Reader(bytes);
  const value = reader.item(0);
  if (reader.at !== bytes.length) throw new MalformedCbor("bytes after the end");
  return value;
}

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  item(depth) {
    if (depth > DEEPEST) throw new MalformedCbor("too deep");
    const [kind, count] = this.head();
    switch (kind) {
      case 0:
        return count;
      case 1:
        return -1 - count;
      case 2:
        return this.take(count).slice();
      case 3:
        return text(this.take(count));
      case 4:
        return Array.from(this.room(count), () => this.item(depth + 1));
      case 5:
        return this.map(count, depth);
      case 6:
        return new Tagged(count, this.item(depth + 1));
      default:
        throw new MalformedCbor("a kind that no credential has");
    }
  }

  /** Major type and argument. */
  head() {
    const first = this.take(1)[0];
    const short = first & 31;
    if (short < 24) return [first >> 5, short];
    if (short > 27) throw new MalformedCbor("indefinite or reserved length");
    const width = 1 << (short - 24);
    const count = this.take(width).reduce((sum, byte) => sum * 256 + byte, 0);
    const least = width === 1 ? 24 : 2 ** (4 * width);
    if (count < least) throw new MalformedCbor("not the shortest form");
    if (!Number.isSafeInteger(count)) throw new MalformedCbor("number too large");
    return [first >> 5, count];
  }

  map(count, depth) {
    const found = new Map();
    this.room(2 * count);
    for (let left = count; left > 0; left--) {
      const key = this.item(depth + 1);
      if (typeof key !== "number" || found.has(key)) throw new MalformedCbor("key wrong or twice");
      found.set(key, this.item(depth + 1));
    }
    return found;
  }

  /** Each item takes a byte at least: a count beyond that is a lie, found before memory is taken. */
  room(count) {
    if (count > this.bytes.length - this.at) throw new MalformedCbor("cut off");
    return { length: count };
  }

  take(count) {
    this.room(count);
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }
}

function text(bytes) {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new MalformedCbor("not UTF-8");
  }
}
