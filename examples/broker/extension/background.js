// Adds the broker's cookie, as a header, to requests of pages and frames to the broker's authority, and to no other origin.
//
// Firefox asks for a cookie for each request. Chromium lets an extension set headers by a fixed rule only, so the rule has a cookie with
// its time of issue, which is replaced before the authority stops accepting it.
"use strict";

const HOST = "certificate_broker";
const HEADER = "x-ms-refreshtokencredential";
const IS_FIREFOX = chrome.runtime.getURL("").startsWith("moz-extension:");
const RULE = 1;
const ALARM = "cookie";
const RETRY = "retry";
// How long Entra accepts a cookie is not published. `local-authority` refuses one after 45 minutes by default.
const MINUTES = 20;
// Longest URL that the broker accepts. The native host accepts messages twice as long.
const MAX_URL = 32_768;
// A sign-in page is not kept waiting for longer.
const PATIENCE = 3_000;
const FRAMES = ["main_frame", "sub_frame"];
const HOSTS = chrome.runtime.getManifest().host_permissions;

// The connection to the native host, its questions without an answer, and the origin that it has a token for.
let port = null;
let state = null;
let lastId = 0;
const waiting = new Map();

function connect() {
  if (port) return;
  state = later();
  port = chrome.runtime.connectNative(HOST);
  port.onMessage.addListener(receive);
  port.onDisconnect.addListener(() => {
    // Reading the error keeps the browser from logging it.
    void chrome.runtime.lastError;
    port = null;
    state.resolve(null);
    for (const answer of waiting.values()) answer.resolve(null);
    waiting.clear();
    update(null);
  });
}

// A promise that is resolved from outside, with null after the time that a page waits.
function later() {
  const result = {};
  result.promise = new Promise((resolve) => (result.resolve = resolve));
  setTimeout(() => result.resolve(null), PATIENCE);
  return result;
}

function receive(message) {
  // The native host answers a question that it could not read with the id null, which no question has.
  if (message.id !== undefined) {
    waiting.get(message.id)?.resolve(message.header ?? null);
    waiting.delete(message.id);
    return;
  }
  const origin = originOf(message.authority);
  state.resolve(origin);
  state = { promise: Promise.resolve(origin), resolve() {} };
  update(origin);
}

// The origin of the authority if the broker has a token, and if this extension may act there.
function originOf(authority) {
  if (typeof authority !== "string" || !URL.canParse(authority)) return null;
  const url = new URL(authority);
  return url.protocol === "https:" && url.pathname === "/" ? url.origin : null;
}

// The parts of a URL that the broker needs. The rest can be long, and every program of the user can read a question to the broker.
function shortened(url) {
  const { origin, searchParams } = new URL(url);
  const short = new URL(origin);
  for (const nonce of searchParams.getAll("sso_nonce")) short.searchParams.append("sso_nonce", nonce);
  return short.href;
}

// A header with a cookie for a URL, or null.
async function ask(address) {
  const url = shortened(address);
  if (url.length > MAX_URL) {
    console.warn(`no cookie for a nonce of ${url.length} bytes`);
    return null;
  }
  connect();
  const id = ++lastId;
  const answer = later();
  waiting.set(id, answer);
  port.postMessage({ id, url });
  const header = await answer.promise;
  waiting.delete(id);
  const isUsable = header?.name?.toLowerCase() === HEADER && /^[\x21-\x7e]+$/.test(header.value ?? "");
  return isUsable ? { name: header.name, value: header.value } : null;
}

// Firefox: a cookie for each request.
async function addHeader(details) {
  connect();
  const origin = await state.promise;
  if (origin === null || new URL(details.url).origin !== origin) return {};
  const header = await ask(details.url);
  if (header === null) return {};
  const others = details.requestHeaders.filter((one) => one.name.toLowerCase() !== HEADER);
  return { requestHeaders: [...others, header] };
}

// Chromium: a rule with a cookie. The updates run one after the other. Of those that wait, only the last one counts: redirects can come
// faster than cookies for their nonces.
let next = null;
let isUpdating = false;

async function update(origin, url = `${origin}/`) {
  if (IS_FIREFOX) return;
  next = { origin, url };
  if (isUpdating) return;
  isUpdating = true;
  while (next !== null) {
    const { origin, url } = next;
    next = null;
    await setRule(origin, url).catch((error) => console.error(error));
  }
  isUpdating = false;
}

let failures = 0;

async function setRule(origin, url) {
  const header = origin === null ? null : await ask(url);
  if (header !== null) failures = 0;
  // Without a cookie, the page of the sign-in is shown. With the last one, an authority that requires its nonce would redirect forever.
  else if (origin !== null) {
    chrome.alarms.create(RETRY, { delayInMinutes: Math.min(2 ** failures, MINUTES) });
    failures += 1;
  }
  const rule = {
    id: RULE,
    condition: { urlFilter: `|${origin}/`, isUrlFilterCaseSensitive: true, resourceTypes: FRAMES },
    action: {
      type: "modifyHeaders",
      requestHeaders: [{ header: header?.name, operation: "set", value: header?.value }],
    },
  };
  await chrome.declarativeNetRequest.updateSessionRules({
    removeRuleIds: [RULE],
    addRules: header === null ? [] : [rule],
  });
}

// Chromium: an authority that requires its nonce redirects with one. The next redirect brings the cookie for it.
function answerNonce(details) {
  const url = URL.canParse(details.redirectUrl) ? new URL(details.redirectUrl) : null;
  state?.promise.then((origin) => {
    if (url !== null && url.origin === origin && url.searchParams.has("sso_nonce")) update(origin, url.href);
  });
}

if (IS_FIREFOX) {
  const filter = { urls: HOSTS, types: FRAMES };
  chrome.webRequest.onBeforeSendHeaders.addListener(addHeader, filter, ["blocking", "requestHeaders"]);
} else {
  chrome.webRequest.onBeforeRedirect.addListener(answerNonce, { urls: HOSTS, types: FRAMES });
  chrome.alarms.create(ALARM, { periodInMinutes: MINUTES });
}

// Also if the native host or the browser's worker has ended, since these events start this script again.
async function refresh() {
  connect();
  update(await state.promise);
}

chrome.alarms.onAlarm.addListener(refresh);
chrome.runtime.onStartup.addListener(connect);
chrome.runtime.onInstalled.addListener(connect);
connect();
