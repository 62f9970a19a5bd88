// What the clients in JavaScript do: one conversation, as a job of jobs.py asks for it. It uses nothing but the
// WebSocket interface of browsers, which npm `ws` has as well, so that the same function runs in both; it refers to
// nothing outside itself, so that its text can be handed to a browser.
//
// `open` makes the WebSocket of a job; `ping` sends a ping and waits for the pong, where the client can.
"use strict";

async function converse({ open, ping }, job) {
  const expand = ({ text, hex, times = 1 }) => {
    if (text !== undefined) return text.repeat(times);
    const once = Uint8Array.from(hex.match(/../g) || [], (pair) => parseInt(pair, 16));
    const all = new Uint8Array(once.length * times);
    for (let at = 0; at < all.length; at += once.length) all.set(once, at);
    return all;
  };
  const isSame = (a, b) => {
    if (typeof a === "string" || typeof b === "string") return a === b;
    return a.length === b.length && a.every((byte, at) => byte === b[at]);
  };
  const words = (message) => {
    if (typeof message === "string") return `text of ${message.length}: ${JSON.stringify(message.slice(0, 60))}`;
    return `binary of ${message.length}: ${Array.from(message.subarray(0, 20))}`;
  };

  // Connects, and keeps what comes: messages, the end, and errors.
  const connect = async () => {
    const socket = open(job);
    const link = { socket, received: [], closed: null, failed: null, wake: () => {} };
    link.until = async (holds) => {
      while (!holds()) await new Promise((resolve) => (link.wake = resolve));
    };
    socket.binaryType = "arraybuffer";
    socket.onopen = () => link.wake();
    socket.onmessage = ({ data }) => {
      link.received.push(typeof data === "string" ? data : new Uint8Array(data));
      link.wake();
    };
    socket.onerror = ({ message }) => (link.failed = message || "error");
    socket.onclose = ({ code, reason }) => {
      link.closed = [code, reason];
      link.wake();
    };
    await link.until(() => socket.readyState !== 0);
    return link;
  };
  // What is wrong with what a link receives, or nothing.
  const wrong = async (link, expected) => {
    await link.until(() => link.closed || link.received.length >= expected.length);
    const at = expected.findIndex((message, at) => at >= link.received.length || !isSame(message, link.received[at]));
    if (at < 0) return null;
    const got = at < link.received.length ? words(link.received[at]) : `the end, ${link.closed}`;
    return `message ${at} is ${got}, not ${words(expected[at])}`;
  };

  const listeners = [];
  for (let count = 0; count < (job.listeners || 0); count++) listeners.push(await connect());
  const main = await connect();
  const answer = { protocol: main.socket.protocol, extensions: main.socket.extensions };
  for (const message of job.send || []) main.socket.send(expand(message));
  const expected = (job.expect || []).map(expand);
  answer.wrong = await wrong(main, expected);
  const heard = (job.heard || []).map(expand);
  for (const listener of listeners) answer.wrong = answer.wrong || (await wrong(listener, heard));
  if (job.ping !== undefined) answer.pong = await ping(main.socket, job.ping);
  if (job.close) main.socket.close(...job.close);
  if (job.leave || answer.wrong) main.socket.close();
  await main.until(() => main.closed);
  if (!answer.wrong && main.received.length > expected.length) {
    answer.wrong = `one more message: ${words(main.received[expected.length])}`;
  }
  for (const listener of listeners) {
    listener.socket.close();
    await listener.until(() => listener.closed);
  }
  return { ...answer, closed: main.closed, failed: main.failed };
}

if (typeof module !== "undefined") module.exports = { converse };
