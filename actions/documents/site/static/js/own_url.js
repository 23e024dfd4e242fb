// Addresses of our own scripts, for the calls that the content policy lets only this one fill.

const policy = globalThis.trustedTypes?.createPolicy("seva", {
  createScriptURL(url) {
    if (new URL(url, location.href).origin !== location.origin) throw new TypeError("not ours");
    return url;
  },
});

/** The address as the browser demands it for workers. Throws for another origin's. */
export const scriptUrl = (url) => policy?.createScriptURL(url) ?? url;
