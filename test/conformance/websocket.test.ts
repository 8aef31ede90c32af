import { once } from 'node:events';
import { createConnection } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { credentials, startEventGraph, type EventGraph } from '../harness/event-graph.ts';
import { frame, openRaw, type RawSocket } from '../harness/raw-socket.ts';
import { connectClient } from '../harness/subscriber.ts';
import { until } from '../harness/until.ts';

/** Bad inputs on the socket, by the numbers of the catalogue of bad inputs; 94 (never reads) is tested beside the code. */

let graph: EventGraph;
beforeAll(async () => {
  graph = await startEventGraph({ development: false, settings: { HUBGRAPH_WS_INIT_TIMEOUT: '300', HUBGRAPH_WS_ORIGINS: 'https://board.example' } });
});
afterAll(() => graph.stop());

const init = { type: 'connection_init', payload: { authorization: credentials() } };
const subscribe = (id: unknown, payload: unknown = { query: '{ __typename }' }) => ({ id, type: 'subscribe', payload });
const text = (message: unknown): Buffer => frame(typeof message === 'string' ? message : JSON.stringify(message));

async function raw(headers: Record<string, string> = {}): Promise<RawSocket> {
  const socket = await openRaw(graph.url, headers);
  onTestFinished(() => void socket.tcp.destroy());
  return socket;
}

async function acknowledged(): Promise<RawSocket> {
  const socket = await raw();
  socket.write(text(init));
  await until('connection_ack', () => socket.texts.length > 0);
  return socket;
}

describe('upgrade', () => {
  it.each([
    ['76a', 'no subprotocol', { 'Sec-WebSocket-Protocol': '' }, 4406],
    ['76b', 'the legacy subprotocol', { 'Sec-WebSocket-Protocol': 'graphql-ws' }, 4406],
    ['77', 'no connection_init', {}, 4408],
  ])('%s %s', async (_, __, headers, code) => {
    const socket = await raw(headers);
    expect(socket.status).toBe(101);
    expect(await socket.closeCode).toBe(code);
  });

  it.each([
    ['97a', 'a page of another origin', '/graphql', { Origin: 'https://evil.example' }, 403],
    ['97b', 'an origin that is none', '/graphql', { Origin: 'null' }, 403],
    ['97c', 'a page of an allowed origin', '/graphql', { Origin: 'https://board.example' }, 101],
    ['97d', 'another path', '/other', {}, 404],
    ['97e', 'another version of the protocol', '/graphql', { 'Sec-WebSocket-Version': '8' }, 426],
    ['97f', 'no key', '/graphql', { 'Sec-WebSocket-Key': '' }, 400],
    ['97g', 'two tokens', '/graphql', { Authorization: 'Bearer a\r\nAuthorization: Bearer b' }, 400],
  ])('%s %s', async (_, __, path, headers, status) => {
    const socket = await openRaw(new URL(path, graph.url).href, headers as Record<string, string>);
    socket.tcp.destroy();
    expect(socket.status).toBe(status);
  });

  it('97h the gateway\'s own page', async () => {
    expect((await raw({ Origin: `http://${new URL(graph.url).host}` })).status).toBe(101);
  });
});

describe('the protocol, before connection_ack', () => {
  it.each([
    ['78', 'two connection_init', [init, init], 4429],
    ['79', 'subscribe too early', [subscribe('1')], 4401],
    ['111', 'no token', [{ type: 'connection_init' }], 4401],
    ['112', 'a token that is none', [{ type: 'connection_init', payload: { authorization: 'Bearer !' } }], 4403],
    ['124', 'a token in a place where none is looked for', [{ type: 'connection_init', payload: { token: credentials() } }], 4401],
  ])('%s %s', async (_, __, messages, code) => {
    const socket = await raw();
    for (const message of messages) socket.write(text(message));
    expect(await socket.closeCode).toBe(code);
  });

  it('takes the token of the upgrade request', async () => {
    const socket = await raw({ Authorization: credentials() });
    socket.write(text({ type: 'connection_init' }));
    await until('connection_ack', () => socket.texts.some((message) => message.includes('connection_ack')));
  });
});

describe('messages that close the socket', () => {
  it.each([
    ['81a', 'no JSON', '{"id', 4400],
    ['81b', 'null', 'null', 4400],
    ['81c', 'a list', '[]', 4400],
    ['81d', 'no type', { id: '1' }, 4400],
    ['81e', 'an unknown type', { id: '1', type: 'start' }, 4400],
    ['81f', 'no id', { type: 'subscribe', payload: { query: '{ __typename }' } }, 4400],
    ['81g', 'a number as id', subscribe(7), 4400],
    ['81h', 'an empty id', subscribe(''), 4400],
    ['81i', 'no payload', { id: '1', type: 'subscribe' }, 4400],
    ['81j', 'a query that is no text', subscribe('1', { query: 1 }), 4400],
    ['81k', 'variables in a list', subscribe('1', { query: '{ __typename }', variables: [] }), 4400],
    ['81l', 'an operation name that is no text', subscribe('1', { query: '{ __typename }', operationName: {} }), 4400],
    ['81m', 'extensions that are no object', subscribe('1', { query: '{ __typename }', extensions: 'x' }), 4400],
    ['81n', 'an empty message', '', 4400],
    ['84', 'an id of 60 kB', subscribe('x'.repeat(60_000)), 4400],
    ['84b', 'an id of 129 characters', subscribe('x'.repeat(129)), 4400],
    ['87a', 'next from the client', { id: '1', type: 'next', payload: { data: {} } }, 4400],
    ['87b', 'error from the client', { id: '1', type: 'error', payload: [{ message: 'x' }] }, 4400],
    ['87c', 'connection_ack from the client', { type: 'connection_ack' }, 4400],
    ['78b', 'connection_init again', init, 4429],
    ['81o', 'extensions in a list', subscribe('1', { query: '{ __typename }', extensions: [] }), 4400],
    ['81p', 'text behind the message', `${JSON.stringify(subscribe('1'))} x`, 4400],
    ['81q', 'two messages in one', `${JSON.stringify({ type: 'ping' })}${JSON.stringify({ type: 'ping' })}`, 4400],
    ['88a', 'more than 64 KiB', subscribe('1', { query: `#${'x'.repeat(70_000)}` }), 1009],
  ])('%s %s', async (_, __, message, code) => {
    const socket = await acknowledged();
    socket.write(text(message));
    expect(await socket.closeCode).toBe(code);
  });

  it.each([['80', 'an id', '1'], ['80b', 'an id as long as may be', '1'.repeat(128)]])('%s %s that is in use', async (_, __, id) => {
    let open = (): void => undefined;
    graph.hubs.gate = new Promise((resolve) => (open = resolve));
    const socket = await acknowledged();
    const slow = subscribe(id, { query: '{ workstream(id: "w1") { openAlerts } }' });
    socket.write(text(slow));
    socket.write(text(slow));
    expect(await socket.closeCode).toBe(4409);
    open();
    graph.hubs.gate = undefined;
  });

  it.each([
    ['86a', 'a flood of ping messages', () => text({ type: 'ping' }), 4429],
    // ws itself cuts who does not take 60 pongs
    ['86b', 'a flood of ping frames', () => frame('', { opcode: 9 }), 1006],
    ['86c', 'a flood of pong frames', () => frame('', { opcode: 10 }), 4429],
    ['86d', 'a flood of operations', (index: number) => text(subscribe(`${index}`, { query: '{' })), 4429],
  ])('%s %s', async (_, __, one, code) => {
    const socket = await acknowledged();
    socket.write(Buffer.concat(Array.from({ length: 20_000 }, (_, index) => one(index))));
    expect(await socket.closeCode).toBe(code);
  });
});

describe('frames against RFC 6455', () => {
  it.each([
    ['88b', 'an announcement of 2^40 bytes', [frame('', { announce: 2n ** 40n })], 1009],
    ['89a', 'an unmasked frame', [frame('x', { masked: false })], 1002],
    ['89b', 'RSV1 without an extension', [frame('x', { rsv: 4 })], 1002],
    ['89c', 'opcode 3', [frame('x', { opcode: 3 })], 1002],
    ['89d', 'a control frame in fragments', [frame('x', { opcode: 9, fin: false })], 1002],
    ['89e', 'a ping of 126 bytes', [frame('x'.repeat(126), { opcode: 9 })], 1002],
    ['89f', 'a continuation of nothing', [frame('x', { opcode: 0 })], 1002],
    ['89g', 'a close with the code 1005', [frame(Buffer.from([0x03, 0xed]), { opcode: 8 })], 1002],
    ['89h', 'a close of one byte', [frame('x', { opcode: 8 })], 1002],
    ['89i', 'a message begun within a message', [frame('x', { fin: false }), frame('y')], 1002],
    ['89j', 'a message in bytes', [frame(JSON.stringify({ type: 'ping' }), { opcode: 2 })], 4400],
    ['88c', 'a message of 70 kB in fragments', [frame('x'.repeat(40_000), { fin: false }), frame('x'.repeat(30_000), { opcode: 0 })], 1009],
    ['90b', 'bytes that are no UTF-8, as the reason of a close', [frame(Buffer.from([0x03, 0xe8, 0xc3, 0x28]), { opcode: 8 })], 1007],
    ['90', 'bytes that are no UTF-8', [frame(Buffer.from([0xc3, 0x28]))], 1007],
    ['91', '100,000 empty fragments', [frame('{', { fin: false }), Buffer.concat(Array.from({ length: 100_000 }, () => frame('', { opcode: 0, fin: false })))], 1008],
    ['93', 'HTTP after the upgrade', ['GET / HTTP/1.1\r\nHost: x\r\n\r\n'], 1002],
  ])('%s %s', async (_, __, bytes, code) => {
    const socket = await acknowledged();
    for (const chunk of bytes) socket.write(chunk);
    expect(await socket.closeCode).toBe(code);
  });
});

describe('what a socket survives', () => {
  it.each([
    ['82a', 'a syntax error', { query: '{' }, 'GRAPHQL_PARSE_FAILED'],
    ['82b', 'an empty document', { query: '' }, 'GRAPHQL_PARSE_FAILED'],
    ['82c', 'an unknown field', { query: '{ nothing }' }, 'GRAPHQL_VALIDATION_FAILED'],
    ['82d', 'two root fields in a subscription', { query: 'subscription { workstreamChanged { id } alertChanged { id } }' }, 'GRAPHQL_VALIDATION_FAILED'],
    ['82e', 'an unknown operation name', { query: '{ __typename }', operationName: 'x' }, 'GRAPHQL_VALIDATION_FAILED'],
    ['82f', 'two operations and no name', { query: 'query A { __typename } query B { __typename }' }, 'GRAPHQL_VALIDATION_FAILED'],
    ['92b', 'a deeply nested document', { query: '{a'.repeat(3_000) }, 'OPERATION_TOO_LARGE'],
    ['110', 'a subscription over the limits', { query: `subscription { workstreamChanged { ${Array.from({ length: 400 }, (_, index) => `a${index}: id`).join(' ')} } }` }, 'OPERATION_TOO_LARGE'],
  ])('%s %s', async (_, __, payload, code) => {
    await using client = await connectClient(graph.url, { authorization: credentials() });
    const { query, variables, operationName } = payload as { query: string; variables?: object; operationName?: string };
    const [error] = await client.subscribe(query, variables, { operationName }).error();
    expect(error.extensions.code).toBe(code);
    expect(await client.subscribe('{ __typename }').next()).toEqual({ data: { __typename: 'Query' } });
  });

  it('92a deeply nested variables', async () => {
    await using client = await connectClient(graph.url, { authorization: credentials() });
    const query = 'subscription($f: WorkstreamEventFilter) { workstreamChanged(filter: $f) { id } }';
    client.send(`{"id":"deep","type":"subscribe","payload":{"query":${JSON.stringify(query)},"variables":{"f":${'['.repeat(30_000)}${']'.repeat(30_000)}}}}`);
    const refused = await client.message();
    expect(refused).toMatchObject({ id: 'deep', type: 'error', payload: [{ extensions: { code: 'OPERATION_TOO_LARGE' } }] });
  });

  it.each(['__proto__', 'constructor', 'toString', '"\\\u0000\u{1f600}'])('83 the id %j', async (id) => {
    await using client = await connectClient(graph.url, { authorization: credentials() });
    const operation = client.subscribe('{ __typename }', {}, { id });
    expect(await operation.next()).toEqual({ data: { __typename: 'Query' } });
    expect((await operation.message()).type).toBe('complete');
  });

  it('complete for an id that is not in use, ping with and without a payload', async () => {
    await using client = await connectClient(graph.url, { authorization: credentials() });
    client.send({ type: 'complete', id: 'nobody' });
    client.send({ type: 'ping', payload: { a: 1 } });
    client.send({ type: 'ping' });
    client.send({ type: 'pong' });
    expect(await client.message()).toEqual({ type: 'pong', payload: { a: 1 } });
    expect(await client.message()).toEqual({ type: 'pong' });
  });

  it('85 more than 100 operations: the one too many is refused', async () => {
    let open = (): void => undefined;
    graph.hubs.gate = new Promise((resolve) => (open = resolve));
    await using client = await connectClient(graph.url, { authorization: credentials() });
    const slow = Array.from({ length: 100 }, () => client.subscribe('{ workstream(id: "w1") { openAlerts } }'));
    expect((await client.subscribe('{ __typename }').error())[0].extensions.code).toBe('RATE_LIMITED');
    open();
    graph.hubs.gate = undefined;
    for (const one of slow) await one.next();
  });
});

describe('clients that are slow or silent', () => {
  it('get an answer however slowly their message comes', async () => {
    const socket = await acknowledged();
    const bytes = text(subscribe('slow'));
    for (let index = 0; index < bytes.length; index++) {
      socket.write(bytes.subarray(index, index + 1));
      await new Promise((resolve) => void setImmediate(resolve));
    }
    await until('the answer', () => socket.texts.some((message) => message.includes('"complete"')));
  });

  it('95b are cut when they stop in the middle of a message', async () => {
    const quick = await startEventGraph({ settings: { HUBGRAPH_WS_KEEPALIVE: '150' } });
    onTestFinished(() => quick.stop());
    const socket = await openRaw(quick.url);
    socket.write(text(init));
    socket.write(text(subscribe('half')).subarray(0, 20));
    expect(await socket.closeCode).toBe(1006);
  });

  it('95c are cut when they never get through the upgrade', async () => {
    const { hostname, port } = new URL(graph.url);
    const tcp = createConnection(Number(port), hostname);
    onTestFinished(() => void tcp.destroy());
    tcp.write('GET /graphql HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n');
    const [answer] = await once(tcp, 'data') as [Buffer];
    expect(String(answer)).toMatch(/^HTTP\/1\.1 408 /);
  });
});

describe('clients that go away', () => {
  it('95 without a word are cut within two ping periods', async () => {
    const quick = await startEventGraph({ settings: { HUBGRAPH_WS_KEEPALIVE: '150' } });
    onTestFinished(() => quick.stop());
    const socket = await openRaw(quick.url);
    socket.write(text(init));
    expect(await socket.closeCode).toBe(1006);
    // the one that was not answered; the second period ended it
    expect(socket.pings).toBe(1);
  });

  it('96 right after they came leave nothing behind', async () => {
    for (let round = 0; round < 10; round++) {
      const sockets = await Promise.all(Array.from({ length: 100 }, () => openRaw(graph.url)));
      for (const [index, { tcp, write }] of sockets.entries()) {
        if (index % 2 === 0) write(text(init));
        tcp.destroy();
      }
    }
    await until('all sockets to be gone', () => graph.subscriptions.sockets === 0);
    await using client = await connectClient(graph.url, { authorization: credentials() });
    expect(await client.subscribe('{ __typename }').next()).toEqual({ data: { __typename: 'Query' } });
  });
});
