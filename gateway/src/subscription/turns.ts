/** Hands messages on; the promise is that everything the message began has ended. */
type Handle = (text: string) => Promise<void>;

/** The operation that has an id at present. */
interface Holder {
  /** The client does not want it any more, but it has not ended yet. */
  completed: boolean;
  /** The `subscribe` that gets the id after it. */
  next?: string;
}

/**
 * Lets operations of one id have it one after the other. A client may use an id again as soon as it has completed it, but
 * graphql-ws forgets the former operation only when that has ended: it would take the one for the other, and both would
 * send events. `refuse` is called when an id is in use.
 */
export function inTurns(handle: Handle, refuse: () => void): Handle {
  const holders = new Map<string, Holder>();

  const begin = async (id: string, text: string): Promise<void> => {
    const holder: Holder = { completed: false };
    holders.set(id, holder);
    try {
      await handle(text);
    } finally {
      holders.delete(id);
      if (holder.next !== undefined) await begin(id, holder.next);
    }
  };

  return async (text) => {
    const message = messageIn(text);
    if (!message) return handle(text);
    const holder = holders.get(message.id);
    if (message.type === 'complete') {
      if (!holder) return handle(text);
      // who gives up what has not begun owes and gets nothing
      if (holder.completed) return void (holder.next = undefined);
      holder.completed = true;
      return handle(text);
    }
    if (!holder) return begin(message.id, text);
    if (!holder.completed || holder.next !== undefined) return refuse();
    holder.next = text;
  };
}

/** What a message says of an operation; undefined when it is another, or none of the protocol. */
function messageIn(text: string): { readonly type: 'subscribe' | 'complete'; readonly id: string } | undefined {
  let message: { readonly type?: unknown; readonly id?: unknown } | null;
  try {
    message = JSON.parse(text) as typeof message;
  } catch {
    return undefined;
  }
  const { type, id } = message ?? {};
  return (type === 'subscribe' || type === 'complete') && typeof id === 'string' ? { type, id } : undefined;
}
