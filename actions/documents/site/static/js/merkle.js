// Inclusion proofs of a Merkle tree (RFC 9162 section 2.1.3.2).

import { sha256 } from "./bytes.js";

/** Root of the tree of `size` entries whose entry `index` is `data`; null where the proof has a wrong length. */
export async function rootFromProof(data, index, size, proof) {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size)) return null;
  if (index < 0 || index >= size) return null;
  let hash = await sha256([0], data);
  let [node, last] = [index, size - 1];
  for (const sibling of proof) {
    if (last === 0) return null;
    if (node % 2 === 1 || node === last) {
      hash = await sha256([1], sibling, hash);
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      hash = await sha256([1], hash, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 ? hash : null;
}

const half = (number) => Math.floor(number / 2); // >> would cut numbers to 32 bits
