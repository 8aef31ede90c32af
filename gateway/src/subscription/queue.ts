/** How much may wait, whichever is reached first. */
export interface Bounds {
  readonly events: number;
  readonly bytes: number;
}

/** What waits for one client. Full, it refuses: whoever offers then lets the client read from the log instead. */
export interface Outlet<Item> {
  /** Items that wait. */
  readonly size: number;
  /** Bytes that they count with. */
  readonly bytes: number;
  /** Takes `item` in and answers true; answers false when full. Never waits. An empty outlet takes an item of any size. */
  offer(item: Item, bytes: number): boolean;
  /** Hands out the oldest item; undefined when there is none. */
  take(): Item | undefined;
  /** Resolves once there is an item, or the outlet is closed. */
  filled(): Promise<void>;
  /** Resolves once at least half is free, or the outlet is closed. */
  room(): Promise<void>;
  /** Lets those who wait for an item look again at why. */
  wake(): void;
  /** No more waiting for anybody; what is in can still be taken. */
  close(): void;
  readonly closed: boolean;
}

/** Makes an empty one. */
export function createOutlet<Item>(bounds: Bounds): Outlet<Item> {
  const items: { readonly item: Item; readonly bytes: number }[] = [];
  let taken = 0;
  let bytes = 0;
  let closed = false;
  let waitingForItems: (() => void)[] = [];
  let waitingForRoom: (() => void)[] = [];

  const size = (): number => items.length - taken;
  const roomy = (): boolean => size() <= bounds.events / 2 && bytes <= bounds.bytes / 2;
  const wake = (waiting: (() => void)[]): [] => {
    for (const resolve of waiting) resolve();
    return [];
  };

  return {
    get size() { return size(); },
    get bytes() { return bytes; },
    get closed() { return closed; },
    offer(item, itemBytes) {
      if (size() > 0 && (size() >= bounds.events || bytes + itemBytes > bounds.bytes)) return false;
      items.push({ item, bytes: itemBytes });
      bytes += itemBytes;
      waitingForItems = wake(waitingForItems);
      return true;
    },
    take() {
      const next = items[taken];
      if (!next) return undefined;
      taken++;
      bytes -= next.bytes;
      // shifting an array costs its length, so the taken ones go together
      if (taken > 64 || taken === items.length) {
        items.splice(0, taken);
        taken = 0;
      }
      if (waitingForRoom.length > 0 && roomy()) waitingForRoom = wake(waitingForRoom);
      return next.item;
    },
    filled() {
      return size() > 0 || closed ? Promise.resolve() : new Promise((resolve) => waitingForItems.push(resolve));
    },
    room() {
      return roomy() || closed ? Promise.resolve() : new Promise((resolve) => waitingForRoom.push(resolve));
    },
    wake() {
      waitingForItems = wake(waitingForItems);
    },
    close() {
      closed = true;
      waitingForItems = wake(waitingForItems);
      waitingForRoom = wake(waitingForRoom);
    },
  };
}
