// Chromium as a client for the interop checks, led by way of its DevTools protocol:
//
//     client_chromium.js PLACE ADDRESS-OF-DEVTOOLS
//
// Each line of stdin is a job of jobs.py, each line of stdout an answer. A job is done in the page at `page`: either
// `steps` are done there as by a person, and the answer is what the page shows; or a script there converses.
"use strict";
const readline = require("readline");
const { converse } = require("./converse.js");
const [place, address] = process.argv.slice(2);
const WebSocket = require(require.resolve("ws", { paths: [place] }));

const devtools = new WebSocket(address, { perMessageDeflate: false });
const waiting = new Map();
let session, refusal;
let loaded = () => {};

devtools.on("message", (data) => {
  const { id, method, params, result, error } = JSON.parse(data);
  if (id !== undefined) {
    const [resolve, reject] = waiting.get(id);
    waiting.delete(id);
    if (error) reject(new Error(error.message));
    else resolve(result);
  } else if (method === "Page.loadEventFired") {
    loaded();
  } else if (method === "Network.webSocketFrameError") {
    // Scripts are not told why.
    refusal = params.errorMessage;
  }
});

let last = 0;
function call(method, params = {}) {
  devtools.send(JSON.stringify({ id: ++last, sessionId: session, method, params }));
  return new Promise((resolve, reject) => waiting.set(last, [resolve, reject]));
}

async function evaluate(expression) {
  const { result, exceptionDetails: thrown } = await call("Runtime.evaluate", {
    expression,
    awaitPromise: true,
    returnByValue: true,
  });
  if (thrown) throw new Error(thrown.exception.description);
  return result.value;
}

async function visit(page, anyServer) {
  // The page of --web may connect to its own server alone.
  await call("Page.setBypassCSP", { enabled: anyServer });
  const ready = new Promise((resolve) => (loaded = resolve));
  const { errorText } = await call("Page.navigate", { url: page });
  if (errorText) throw new Error(errorText);
  await ready;
}

// What a person does.
const acts = {
  async click(id) {
    const place = `document.getElementById("${id}")`;
    const { x, y } = await evaluate(
      `${place}.scrollIntoView({ block: "center" }); (({ x, y, width, height }) =>
        ({ x: x + width / 2, y: y + height / 2 }))(${place}.getBoundingClientRect())`,
    );
    for (const type of ["mousePressed", "mouseReleased"]) {
      await call("Input.dispatchMouseEvent", { type, x, y, button: "left", clickCount: 1 });
    }
  },
  async type(id, text) {
    await evaluate(`document.getElementById("${id}").select()`);
    await call("Input.insertText", { text });
  },
  async enter() {
    const key = { key: "Enter", code: "Enter", windowsVirtualKeyCode: 13, text: "\r" };
    for (const type of ["keyDown", "keyUp"]) await call("Input.dispatchKeyEvent", { type, ...key });
  },
  // Waits until this is the last line; after a while the answer tells what is there instead.
  async see(text) {
    await evaluate(`new Promise((resolve) => {
      const end = Date.now() + 10000;
      const look = () => {
        const line = document.querySelector("#log li:last-child");
        if ((line && line.textContent === ${JSON.stringify(text)}) || Date.now() > end) resolve();
        else setTimeout(look, 10);
      };
      look();
    })`);
  },
};

async function answer(job) {
  refusal = null;
  await visit(job.page, "from" in job);
  if (!job.steps) {
    const open = "({ url, offers }) => new WebSocket(url, offers || [])";
    const told = await evaluate(`(${converse})({ open: ${open} }, ${JSON.stringify(job)})`);
    return refusal ? { ...told, failed: refusal } : told;
  }
  for (const [act, ...words] of job.steps) await acts[act](...words);
  return evaluate(`({
    log: Array.from(document.querySelectorAll("#log li"), (line) => line.textContent),
    state: document.getElementById("state").textContent,
  })`);
}

devtools.once("open", async () => {
  const { targetId } = await call("Target.createTarget", { url: "about:blank" });
  ({ sessionId: session } = await call("Target.attachToTarget", { targetId, flatten: true }));
  for (const domain of ["Page", "Runtime", "Network"]) await call(`${domain}.enable`);
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const told = await answer(JSON.parse(line)).catch((error) => ({ failed: String(error) }));
    console.log(JSON.stringify(told));
  }
  process.exit();
});
