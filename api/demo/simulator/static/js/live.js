/** Live events; reconnects for ever and says when it may have missed some. */

const KINDS = ["message", "state", "typing", "reaction", "media", "citizen", "webhook", "wire", "reset"];
const AGAIN_MS = 1500;

/**
 * @param {string} cursor where the page stands
 * @param {(kind: string, citizen: string, data: any) => void} onEvent
 * @param {(online: boolean) => void} onLine
 */
export function listen(cursor, onEvent, onLine) {
  const source = new EventSource(`/chat/events?after=${encodeURIComponent(cursor)}`);
  let last = cursor;
  source.onopen = () => onLine(true);
  source.onerror = () => {
    onLine(false);
    if (source.readyState === EventSource.CLOSED) {
      setTimeout(() => listen(last, onEvent, onLine), AGAIN_MS);
    }
  };
  for (const kind of KINDS) {
    source.addEventListener(kind, (event) => {
      last = event.lastEventId || last;
      const { citizen, data } = JSON.parse(event.data);
      onEvent(kind, citizen, data);
    });
  }
}
