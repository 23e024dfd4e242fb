// Run in the page by verification_page.py: milliseconds of each run of each step.
async ([text, runs, jpeg]) => {
  const base = document.querySelector("script[type=module]").src.replace("main.js", "");
  const load = (name) => import(base + name);
  const [{ openSign1 }, { verifyEd25519 }, { keptKeyring }, { readLink }, verdict, status, picture] =
    await Promise.all(
      ["cose.js", "ed25519.js", "keyring.js", "link.js", "verdict.js", "status.js", "picture.js"].map(
        load,
      ),
    );
  const noble = await load("../vendor/noble/ed25519.js");
  const { settings } = await (await fetch(`${base}../data.json`)).json();
  const keyring = keptKeyring();
  const link = readLink(text, location.origin, settings.longest_credential);
  const message = openSign1(link.credential);
  const { raw } = keyring.find(message.keyId);
  const bytes = Uint8Array.from(atob(jpeg), (letter) => letter.charCodeAt(0));
  const file = new File([bytes], "forwarded.jpg", { type: "image/jpeg" });
  const strict = { zip215: false };
  const steps = {
    signature: () => verifyEd25519(raw, message.signature, message.signed),
    library: () => noble.verifyAsync(message.signature, message.signed, raw, strict),
    offline: async () => {
      const again = readLink(text, location.origin, settings.longest_credential);
      return (await verdict.judgeCredential(again, keyring, settings)).state === "signed_only";
    },
    status: async () => (await status.askStatus(link.id, link.credential, 10)).logged,
    picture: async () => (await picture.codesInFile(file, settings))[0] === text,
  };
  const taken = {};
  for (const [name, step] of Object.entries(steps)) {
    await step(); // loads and compiles what it needs
    taken[name] = [];
    for (let run = 0; run < runs; run++) {
      const begun = performance.now();
      if ((await step()) !== true) throw new Error(`${name} failed`);
      taken[name].push(performance.now() - begun);
    }
  }
  return taken;
};
