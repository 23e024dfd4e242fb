// Ed25519 (RFC 8032): the browser's own where it has it, else the vendored noble-ed25519.

/** Whether the signature is the key's over these bytes. */
export async function verifyEd25519(publicKey, signature, bytes) {
  let key;
  try {
    key = await crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
  } catch {
    return verifyWithNoble(publicKey, signature, bytes);
  }
  return crypto.subtle.verify("Ed25519", key, signature, bytes);
}

async function verifyWithNoble(publicKey, signature, bytes) {
  const noble = await import("../vendor/noble/ed25519.js");
  try {
    return await noble.verifyAsync(signature, bytes, publicKey, { zip215: false });
  } catch {
    return false; // it throws where a point is not on the curve
  }
}
