// Parts that are fetched only when they are needed.

/** A part is not on this phone and could not be fetched. */
export class ReaderMissing extends Error {}

/** A module of ours by its path below the version. Throws ReaderMissing. */
export async function load(path) {
  try {
    return await import(address(path));
  } catch (cause) {
    throw new ReaderMissing(path, { cause });
  }
}

/** The whole address of a file of ours. */
export const address = (path) => new URL(`../${path}`, import.meta.url).href;
