/** The gateways of one graph, each as good as any other. */
export interface Endpoints {
  /** How many there are. */
  readonly count: number;
  /** Where to go now, for HTTP. */
  http(): string;
  /** The same for WebSocket. */
  socket(): string;
  /** `url`, as either of the two gave it, did not serve: goes on to the next, unless somebody else did so already. */
  failed(url: string): void;
}

/** Begins with any of `urls`, so that many clients spread over them. They may be `http`, `https`, `ws`, `wss` or relative to the page. */
export function createEndpoints(urls: string | readonly string[], random: () => number): Endpoints {
  const page = (globalThis as { location?: { href: string } }).location?.href;
  const all = [urls].flat().map((url) => new URL(url, page));
  if (all.length === 0) throw new TypeError('A client needs the URL of a gateway.');
  let at = Math.floor(random() * all.length);
  const as = (protocol: 'http' | 'ws'): string => {
    const url = new URL(all[at] as URL);
    url.protocol = protocol + (url.protocol === 'https:' || url.protocol === 'wss:' ? 's' : '');
    return url.href;
  };
  return {
    count: all.length,
    http: () => as('http'),
    socket: () => as('ws'),
    failed(url) {
      if (url === as('http') || url === as('ws')) at = (at + 1) % all.length;
    },
  };
}
